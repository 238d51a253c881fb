//! The two false platforms by name. Everything else about them stands in their own files.

use serde::{Deserialize, Serialize};

/// One of the two false platforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Genesys Cloud CX.
    Genesys,
    /// NICE CXone.
    Cxone,
}

impl Platform {
    /// Both, in the order in which they are listed everywhere.
    pub const ALL: [Self; 2] = [Self::Genesys, Self::Cxone];

    /// `genesys` or `cxone`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Genesys => "genesys",
            Self::Cxone => "cxone",
        }
    }

    pub(crate) fn number(self) -> u64 {
        match self {
            Self::Genesys => 1,
            Self::Cxone => 2,
        }
    }
}
