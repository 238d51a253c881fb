//! The log of what was asked, so that tests can count. It keeps lines up to a limit, and counts beyond it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::platform::Platform;

/// Lines kept at most.
const LINES_MAX: usize = 500_000;

/// One request as it was served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestLine {
    /// Which side was asked.
    pub platform: Platform,
    /// `GET` or `POST`.
    pub method: String,
    /// The path as it was sent.
    pub path: String,
    /// The query as it was sent.
    pub query: String,
    /// The status of the answer; 0 if the connection was reset instead.
    pub status: u16,
    /// Rows in the page.
    pub n_rows: usize,
    /// The fault that hit the request, if one did.
    pub fault: Option<&'static str>,
}

/// All requests since the start or the last reset.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Requests {
    /// The first requests, in the order of their arrival.
    pub lines: Vec<RequestLine>,
    /// How many requests came for each `platform kind`, where kind is `token`, `assessments`, `feedback`, `forms`, `scopes`,
    /// `external-metrics` or `other`.
    pub counts: BTreeMap<String, u64>,
}

impl Requests {
    pub(crate) fn add(&mut self, line: RequestLine) {
        let name = format!("{} {}", line.platform.name(), kind(&line.path));
        *self.counts.entry(name).or_default() += 1;
        if self.lines.len() < LINES_MAX {
            self.lines.push(line);
        }
    }

    /// How many requests of this kind came to this platform.
    pub fn count(&self, platform: Platform, kind: &str) -> u64 {
        self.counts.get(&format!("{} {kind}", platform.name())).copied().unwrap_or(0)
    }

    /// How many requests asked for data, of both platforms: all but those for tokens.
    pub fn n_data(&self) -> u64 {
        self.counts.iter().filter(|(name, _)| !name.ends_with(" token")).map(|(_, count)| count).sum()
    }
}

fn kind(path: &str) -> &'static str {
    match path {
        "/oauth/token" => "token",
        "/api/v2/quality/assessments" => "assessments",
        "/api/v2/employeeperformance/externalmetrics/data" => "external-metrics",
        "/api/v2/divisions" | "/api/v2/sites" | "/api/v2/queues" => "scopes",
        path if path.starts_with("/api/v2/quality/feedback") || path.starts_with("/api/v2/agent-performance/feedback") => "feedback",
        path if path.starts_with("/api/v2/quality/forms") || path.starts_with("/api/v2/quality/rubrics") => "forms",
        _ => "other",
    }
}
