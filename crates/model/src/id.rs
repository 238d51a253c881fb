//! Ids: opaque words of the source, compared byte for byte and never parsed.

use std::fmt;

macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes the id as the source wrote it.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id as the source wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

opaque_id!(
    /// The name of a tenant as the configuration gives it; part of every key.
    TenantName
);
opaque_id!(
    /// The id of an assessment or a feedback entry, unique within tenant and stream.
    RecordId
);
opaque_id!(
    /// The id of one immutable form version; on CXone the rubric id.
    FormVersionId
);
opaque_id!(
    /// The id of a division, site or queue.
    ScopeId
);
