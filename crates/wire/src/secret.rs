//! Secrets: text that cannot be printed by accident.
//! No `Display`, a masked `Debug`, no serialisation; whoever needs the text says [`Secret::expose`].
//! An empty secret is refused by whoever reads it from the outside, not here.

use std::fmt;

/// A client id, client secret or access token.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_is_masked_in_debug() {
        assert_eq!(format!("{:?}", Some(Secret::from("hunter2"))), "Some(Secret(***))");
    }
}
