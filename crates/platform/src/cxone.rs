//! NICE CXone.

pub mod guide;
