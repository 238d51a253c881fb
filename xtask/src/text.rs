//! Text by characters: what a Rust word is made of, and on which line a byte stands.

/// Whether a character can stand in a Rust word.
pub(crate) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The line, counted from 1, on which a byte stands.
pub(crate) fn line_at(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or(text).matches('\n').count() + 1
}
