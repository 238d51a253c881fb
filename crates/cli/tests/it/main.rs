//! The built program from the outside: words in, exit code and whole output out, against the in-process simulator.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::disallowed_methods)]

mod bench;

mod bad_input;
mod crash;
mod demo;
mod exit_codes;
mod feeds;
mod join;
mod manual;
mod numbers;
mod report;
mod sync;
mod views;
