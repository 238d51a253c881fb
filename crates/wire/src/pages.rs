//! The guard on a cursor: a listing must move forward, and it must end.
//! It knows no platform and sends nothing; the caller shows it every page's token, in order.
//! The token it gives back is the very text that came in.

use std::collections::HashMap;

/// Why a listing cannot be trusted. Its window stays open and is read again from its start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// A token came twice: the listing would never end.
    #[error("the same token came after page {first} and after page {again}")]
    Loop {
        /// The page that it came after first.
        first: u32,
        /// The page that it came after again.
        again: u32,
    },
    /// More pages than a listing may have.
    #[error("no end after {pages_max} pages")]
    Endless {
        /// The bound.
        pages_max: u32,
    },
    /// Page after page without a record, each with a token.
    #[error("no record and no end on {empty_pages_max} pages in a row, up to page {page}")]
    Empty {
        /// The bound.
        empty_pages_max: u32,
        /// The last of them.
        page: u32,
    },
}

/// A listing that goes on after so many pages has no end, unless its caller knows better.
pub const PAGES_MAX: u32 = 10_000;
/// So many pages without a record in a row, each with a token, are followed no further.
pub const EMPTY_PAGES_MAX: u32 = 50;

/// Watches one listing; the next listing gets a fresh one, and so does one that is begun anew.
#[derive(Debug, Clone)]
pub struct CursorGuard {
    pages_max: u32,
    empty_pages_max: u32,
    n_pages: u32,
    n_empty_in_a_row: u32,
    page_of_token: HashMap<Token, u32>,
}

/// A cursor, which no message may show.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl CursorGuard {
    /// A guard before the first page; pages without a record are bounded by [`EMPTY_PAGES_MAX`].
    #[must_use]
    pub fn new(pages_max: u32) -> Self {
        Self { pages_max, empty_pages_max: EMPTY_PAGES_MAX, n_pages: 0, n_empty_in_a_row: 0, page_of_token: HashMap::new() }
    }

    /// The same guard with another bound on pages without a record.
    #[must_use]
    pub fn with_empty_pages_max(mut self, empty_pages_max: u32) -> Self {
        self.empty_pages_max = empty_pages_max;
        self
    }

    /// Pages seen so far.
    #[must_use]
    pub fn n_pages(&self) -> u32 {
        self.n_pages
    }

    /// Takes in one page's token and gives it back to be passed on verbatim, or `None` at the end.
    ///
    /// A page without records counts like any other: platforms filter after they have cut the page.
    ///
    /// # Errors
    /// [`CursorError`] if a token comes twice, or the listing is longer or emptier than it may be.
    pub fn after_page(&mut self, token: Option<String>, n_records: usize) -> Result<Option<String>, CursorError> {
        let Self { pages_max, empty_pages_max, .. } = *self;
        self.n_pages += 1;
        self.n_empty_in_a_row = if n_records == 0 { self.n_empty_in_a_row + 1 } else { 0 };
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
        if let Some(first) = self.page_of_token.insert(Token(token.clone()), self.n_pages) {
            return Err(CursorError::Loop { first, again: self.n_pages });
        }
        if pages_max <= self.n_pages {
            return Err(CursorError::Endless { pages_max });
        }
        if empty_pages_max <= self.n_empty_in_a_row {
            return Err(CursorError::Empty { empty_pages_max, page: self.n_pages });
        }
        Ok(Some(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page for each letter; a capital is a page without records.
    #[track_caller]
    fn check(tokens: &[&str], expected: &str) {
        let mut guard = CursorGuard::new(6).with_empty_pages_max(2);
        let end = tokens.iter().try_fold(None, |_, token| {
            let n_records = usize::from(*token == token.to_lowercase());
            guard.after_page(Some((*token).to_owned()), n_records)
        });
        let seen = match end {
            Ok(next) => format!("next {next:?}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(seen, expected);
    }

    #[test]
    fn token_is_passed_on_verbatim() {
        check(&["a", " +/=&%é\u{7f}\" "], r#"next Some(" +/=&%é\u{7f}\" ")"#);
    }

    #[test]
    fn empty_or_absent_token_is_the_end() {
        check(&["a", ""], "next None");
        assert_eq!(CursorGuard::new(PAGES_MAX).after_page(None, 3), Ok(None));
    }

    #[test]
    fn repeated_token_is_an_error() {
        check(&["a", "b", "a"], "the same token came after page 1 and after page 3");
        check(&["a", "a"], "the same token came after page 1 and after page 2");
    }

    #[test]
    fn endless_listing_is_an_error() {
        check(&["a", "b", "c", "d", "e", "f"], "no end after 6 pages");
        check(&["a", "b", "c", "d", "e", ""], "next None");
    }

    #[test]
    fn empty_page_with_token_is_followed_but_not_for_ever() {
        check(&["A", "b", "C", "d"], "next Some(\"d\")");
        check(&["a", "B", "C"], "no record and no end on 2 pages in a row, up to page 3");
    }

    #[test]
    fn guard_does_not_print_its_tokens() {
        let mut guard = CursorGuard::new(PAGES_MAX);
        guard.after_page(Some("CURSOR".to_owned()), 1).unwrap();
        assert!(!format!("{guard:?}").contains("CURSOR"));
    }
}
