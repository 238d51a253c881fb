//! Genesys Cloud CX.

pub mod guide;
