//! `query`: read-only SQL on the store, row by row. What may be asked is decided by the store.

use std::cell::RefCell;
use std::fmt::Write as _;

use engine::store::QueryValue;
use serde_json::{Number, Value};

use crate::command::{Context, ground};
use crate::exit::{Exit, Failure, Outcome};
use crate::flags::QueryFlags;
use crate::output::StdoutListing;

/// Runs the command.
///
/// # Errors
/// Text that is no query; a store or stdout that fails.
pub(crate) fn run(flags: &QueryFlags, context: &Context) -> Outcome {
    let store = ground::open(context)?;
    // The store calls back twice, for the names and for each row; both need the listing.
    let listing: RefCell<Result<Option<StdoutListing>, Failure>> = RefCell::new(Ok(None));
    let mut on_columns = |columns: &[String]| {
        *listing.borrow_mut() = StdoutListing::begin(flags.shown.format, context.look, columns).map(Some);
    };
    let mut visit = |values: &[QueryValue]| {
        let values: Vec<Value> = values.iter().map(value).collect();
        let mut listing = listing.borrow_mut();
        let written = match &mut *listing {
            Ok(Some(listing)) => listing.row(&values),
            Ok(None) => Ok(()),
            Err(_) => return false,
        };
        match written {
            Ok(()) => true,
            Err(failure) => {
                *listing = Err(failure);
                false
            }
        }
    };
    store.query(&flags.sql, &mut on_columns, &mut visit).map_err(ground::failure)?;
    if let Some(listing) = listing.into_inner()? {
        listing.finish()?;
    }
    Ok(Exit::Done)
}

fn value(value: &QueryValue) -> Value {
    match value {
        QueryValue::Null => Value::Null,
        QueryValue::Int(number) => Value::from(*number),
        QueryValue::Real(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        QueryValue::Text(words) => Value::from(words.as_str()),
        QueryValue::Blob(bytes) => {
            let mut hex = String::with_capacity(bytes.len() * 2);
            for byte in bytes {
                let _infallible = write!(hex, "{byte:02x}");
            }
            Value::from(hex)
        }
    }
}
