//! How to ask politely: one request in, one answer out, through token, pace and retry.
//! This room knows no word of quality management and imports nothing of ours.
//! What holds: only `live` names the HTTP library, only `clock` asks for the time, and no token, secret
//! or query string has a way into a message.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

// In the order in which a newcomer should read.
pub mod http;

pub mod client;

pub mod error;

pub mod verdict;

pub mod headers;

pub mod backoff;

pub mod pace;

pub mod token;

pub mod clock;

pub mod secret;

pub mod pages;

pub mod live;

pub mod testing;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A lock that a panicking holder cannot take away: every state behind it is whole between two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
