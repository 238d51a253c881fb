//! Coverage: what a listing that ended has proved to be complete.
//! Absence from a listing means something only under coverage that says so.

use crate::window::Span;

/// What a finished conversation covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coverage {
    /// Every record of the scope whose own time lies in the span: absence is a fact.
    Whole(Span),
    /// Only records that were changed in the span: absence says nothing.
    Modified(Span),
    /// The server did not keep to the range that was asked for: absence says nothing, and rows outside it were left out.
    RangeIgnored(Span),
    /// Every record of the scope, but some of them without a readable id: whichever known record seems absent may be one.
    Nameless(Span),
    /// A listing without a time range: forms, scopes.
    Catalogue,
}
