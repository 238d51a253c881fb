//! The canonical source object and its hash: how an unchanged record is recognised.
//! Keys in byte order, no white space, numbers and text as the source wrote them.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The canonical text. Two objects that differ only in key order or white space give the same.
pub fn text(value: &Value) -> String {
    // `serde_json` keeps object keys in byte order (its `preserve_order` is off in this workspace).
    value.to_string()
}

/// SHA-256 of the canonical text, in hex.
pub fn source_hash(value: &Value) -> String {
    sha256_hex(text(value).as_bytes())
}

/// SHA-256 of any bytes, in hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _infallible = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_order_and_white_space_do_not_change_the_hash() {
        let one: Value = serde_json::from_str(r#"{"b": 1, "a": {"d": 2, "c": [1, 2]}}"#).unwrap();
        let two: Value = serde_json::from_str(r#"{"a":{"c":[1,2],"d":2},"b":1}"#).unwrap();
        assert_eq!(source_hash(&one), source_hash(&two));
        assert_eq!(text(&one), r#"{"a":{"c":[1,2],"d":2},"b":1}"#);
    }

    #[test]
    fn digits_stay_as_they_came() {
        let big: Value = serde_json::from_str(r#"{"n":123456789012345678901234567890.10}"#).unwrap();
        assert_eq!(text(&big), r#"{"n":123456789012345678901234567890.10}"#);
    }
}
