//! Why a request has no answer that a dialect could read.
//! The program asks the kind, the operator reads the one line, and the next step, if there is one, is a hint apart.
//! No text here holds a token, a secret or a query string; `client` sees to that.

use std::time::Duration;

use jiff::Timestamp;

use crate::clock;

/// The request could not be brought to an end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// No usable answer within the bounds on attempts and time.
    #[error("{what}: {last} ({}, {})", attempts_text(*attempts), clock::seconds(*elapsed))]
    Unavailable {
        /// What was asked for.
        what: String,
        /// How often it was sent.
        attempts: u32,
        /// From the first attempt to the end.
        elapsed: Duration,
        /// The last problem.
        last: String,
    },
    /// The source named a time to come back that lies past the bounds.
    #[error("{what}: told to wait until `{}`: {last} ({}, {})", clock::text(*until), attempts_text(*attempts), clock::seconds(*elapsed))]
    RateLimited {
        /// What was asked for.
        what: String,
        /// When the source will answer again, by our clock.
        until: Timestamp,
        /// How often it was sent; none if an earlier request was told.
        attempts: u32,
        /// From the first attempt to the end.
        elapsed: Duration,
        /// The last problem.
        last: String,
    },
    /// The token endpoint refused the client id or the client secret, or gave no token for them.
    #[error("{what}: no token for these client credentials: {detail}")]
    Credentials {
        /// What was asked for.
        what: String,
        /// What the endpoint said.
        detail: String,
    },
    /// A token that had just been renewed was refused.
    #[error("{what}: a renewed token is refused too: {detail}")]
    Unauthorized {
        /// What was asked for.
        what: String,
        /// What the source said.
        detail: String,
    },
    /// Base URL, certificates or token endpoint are not what they should be.
    #[error("{what}: {detail}")]
    Setup {
        /// What was asked for.
        what: String,
        /// What is wrong.
        detail: String,
    },
}

fn attempts_text(attempts: u32) -> String {
    format!("{attempts} attempt{}", if attempts == 1 { "" } else { "s" })
}

impl WireError {
    /// Whether the same request may succeed later with nothing changed on our side.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::RateLimited { .. })
    }

    /// The next step, if there is one that is surely right.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unavailable { .. } => Some("run again later".to_owned()),
            Self::RateLimited { until, .. } => Some(format!("run again after {}", clock::text(*until))),
            Self::Credentials { .. } => Some("check client_id, client_secret and base_url of the tenant".to_owned()),
            Self::Unauthorized { .. } => Some("ask the platform's administrator whether the OAuth client is still active".to_owned()),
            Self::Setup { .. } => Some("check base_url and ca_file of the tenant".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_one_line_with_the_facts() {
        let what = || "genesys feedback, division `APAC`, 2024-01-01..2024-01-02".to_owned();
        let errors = [
            WireError::Unavailable {
                what: what(),
                attempts: 5,
                elapsed: Duration::from_secs(41),
                last: "answer cut off at 8192 of 20310 bytes".to_owned(),
            },
            WireError::RateLimited {
                what: what(),
                until: "2024-01-31T02:00:00Z".parse().unwrap(),
                attempts: 1,
                elapsed: Duration::from_millis(400),
                last: "429 `too.many.requests`".to_owned(),
            },
            WireError::Credentials { what: "token".to_owned(), detail: "401 `invalid_client`: bad secret".to_owned() },
            WireError::Unauthorized { what: what(), detail: "401".to_owned() },
            WireError::Setup { what: what(), detail: "the certificate is not trusted".to_owned() },
        ];
        let lines: Vec<String> = errors
            .iter()
            .map(|error| format!("{error}\nhint: {} ({})\n", error.hint().unwrap_or_default(), error.is_transient()))
            .collect();
        assert_eq!(
            lines.concat(),
            "genesys feedback, division `APAC`, 2024-01-01..2024-01-02: answer cut off at 8192 of 20310 bytes (5 attempts, 41 s)\n\
             hint: run again later (true)\n\
             genesys feedback, division `APAC`, 2024-01-01..2024-01-02: told to wait until `2024-01-31T02:00:00.000Z`: 429 `too.many.requests` (1 attempt, 0.4 s)\n\
             hint: run again after 2024-01-31T02:00:00.000Z (true)\n\
             token: no token for these client credentials: 401 `invalid_client`: bad secret\n\
             hint: check client_id, client_secret and base_url of the tenant (false)\n\
             genesys feedback, division `APAC`, 2024-01-01..2024-01-02: a renewed token is refused too: 401\n\
             hint: ask the platform's administrator whether the OAuth client is still active (false)\n\
             genesys feedback, division `APAC`, 2024-01-01..2024-01-02: the certificate is not trusted\n\
             hint: check base_url and ca_file of the tenant (false)\n"
        );
    }
}
