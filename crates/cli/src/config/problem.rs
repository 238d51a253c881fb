//! Problems of a configuration: collected, never the first only, and told one line each.

use std::fmt;

use crate::words::shortened;

/// Where in the file something stands, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Place(Vec<String>);

impl Place {
    /// The place below this one.
    pub(crate) fn below(&self, word: impl Into<String>) -> Self {
        let mut words = self.0.clone();
        words.push(word.into());
        Self(words)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where.
    pub(crate) place: Place,
    /// Which key it is about, if one.
    pub(crate) key: Option<String>,
    /// What, in one line.
    pub(crate) text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.place.0.is_empty() { "" } else { ": " };
        write!(f, "{}{separator}{}", self.place, self.text)
    }
}

/// All that is wrong, in the order in which it was found.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    /// Notes one. Of one key only the first is kept: what follows from it is no news.
    pub(crate) fn note(&mut self, place: &Place, key: Option<&str>, text: impl Into<String>) {
        let known = self.0.iter().any(|problem| problem.place == *place && problem.key.is_some() && problem.key.as_deref() == key);
        if !known {
            self.0.push(Problem { place: place.clone(), key: key.map(ToOwned::to_owned), text: text.into() });
        }
    }

    /// Notes one about a key, whose name stands before the text.
    pub(crate) fn note_key(&mut self, place: &Place, key: &str, text: impl fmt::Display) {
        self.note(place, Some(key), format!("`{key}`: {text}"));
    }

    /// A line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

/// The known word nearest to an unknown one, as the end of a message.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let best = known.into_iter().map(|one| (strsim::damerau_levenshtein(word, one), one)).min();
    match best {
        Some((distance, one)) if distance <= word.len().div_ceil(3).max(2) => format!("; did you mean `{one}`?"),
        Some((_, one)) => format!("; the nearest known one is `{one}`"),
        None => String::new(),
    }
}

/// A word in back-ticks, cut when it is long.
pub(crate) fn quoted(word: &str) -> String {
    format!("`{}`", shortened(word).escape_debug())
}
