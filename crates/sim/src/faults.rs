//! Every fault that the simulator can be told to have, as one plain value with a seed.
//! Transient faults stop: the same request fails at most `max_per_key` times in a row, so a bounded retry gets through.
//! Faults that stay are named one by one and have no probability.

use serde::{Deserialize, Serialize};

use crate::platform::Platform;

/// What a lasting refusal or failure is aimed at; what is left out matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Target {
    /// Only this platform.
    pub platform: Option<Platform>,
    /// Only this stream: `assessments`, `feedback`, `forms` (form versions or rubrics), `scopes` or `external-metrics`.
    pub stream: Option<String>,
    /// Only requests that ask for this division, site or queue.
    pub scope: Option<String>,
}

impl Target {
    /// Everything of one stream.
    pub fn stream(name: &str) -> Self {
        Self { stream: Some(name.to_owned()), ..Self::default() }
    }

    /// Everything of one division, site or queue.
    pub fn scope(id: &str) -> Self {
        Self { scope: Some(id.to_owned()), ..Self::default() }
    }

    pub(crate) fn fits(&self, platform: Platform, stream: &str, scopes: &[&str]) -> bool {
        self.platform.is_none_or(|wanted| wanted == platform)
            && self.stream.as_deref().is_none_or(|wanted| wanted == stream)
            && self.scope.as_deref().is_none_or(|wanted| scopes.contains(&wanted))
    }
}

/// The faults of a simulator. Numbers between 0 and 1 are probabilities for each request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Which requests are hit follows from this and from the requests, not from their order.
    pub seed: u64,
    /// How often in a row the same request is hit at most.
    pub max_per_key: u32,
    /// Only this platform has the transient faults.
    pub only_platform: Option<Platform>,
    /// Only paths that contain one of these texts have the transient faults; empty means all.
    pub only_paths: Vec<String>,

    /// 401: the token is revoked from this moment on.
    pub unauthorized: f64,
    /// 408.
    pub http_408: f64,
    /// 429 with `Retry-After` in seconds.
    pub http_429: f64,
    /// 429 with `Retry-After` as an HTTP date, by the world's clock.
    pub http_429_date: f64,
    /// 500 with a JSON body.
    pub http_500: f64,
    /// 502 with a JSON body.
    pub http_502: f64,
    /// 503 without `Retry-After`.
    pub http_503: f64,
    /// 503 with `Retry-After` in seconds.
    pub http_503_retry_after: f64,
    /// 504 with a JSON body.
    pub http_504: f64,
    /// 502 with an HTML body.
    pub html_error: f64,
    /// 503 with an empty body.
    pub empty_error: f64,
    /// 500 with a JSON body that stops in the middle.
    pub cut_error: f64,
    /// The connection is reset before the answer.
    pub reset: f64,
    /// The body ends before its `Content-Length`.
    pub cut_body: f64,
    /// The body is gzip with a broken end (a cut body for clients that take no gzip).
    pub bad_gzip: f64,
    /// The first byte comes after `delay_ms`.
    pub slow: f64,
    /// See `slow`.
    pub delay_ms: u64,
    /// The `Retry-After` of 429 and 503.
    pub retry_after_s: u64,

    /// A page comes empty, with a token.
    pub empty_page: f64,
    /// Empty pages in a row at most.
    pub empty_pages_max: u32,
    /// A page has fewer rows than were asked for, though more follow.
    pub short_page: f64,
    /// A page repeats a row of the page before, or an older state of a row.
    pub duplicate: f64,
    /// 400 `cursor.expired`, once a listing at most.
    pub cursor_expired: f64,
    /// After every so many pages of records something in the world changes; 0 is never.
    pub mutate_every_pages: u32,
    /// Changes of this kind at most since the faults were set.
    pub mutations_max: u32,
    /// Life of tokens that are given out from here on, in seconds.
    pub token_life_s: Option<u64>,
    /// The limit of a rate window; more is 429, and headers tell the state of the window.
    pub requests_per_minute_max: Option<u32>,
    /// Length of the rate window.
    pub rate_window_s: u64,
    /// The parameters for a range of modification times are ignored.
    pub ignore_modified_range: bool,
    /// Share of records and pages with unknown fields added.
    pub extra_fields: f64,
    /// The list of form versions leaves out this many, which are found by their id.
    pub form_versions_unlisted: u32,

    /// Share of written external metrics that are given back unprocessed.
    pub metric_unprocessed: f64,
    /// Share of written external metrics that are answered with another total than the one held.
    pub metric_total_wrong: f64,

    /// After this many data requests all others are 429.
    pub blocked_after_requests: Option<u32>,
    /// The `Retry-After` of that.
    pub blocked_retry_after_s: u64,
    /// Every page is empty and has another token.
    pub empty_pages_endless: bool,
    /// Every page has the token of the page before.
    pub token_loop: bool,
    /// Listings begin again when they end.
    pub listing_endless: bool,
    /// No cursor is ever good.
    pub cursor_expired_always: bool,
    /// The first so many form versions or rubrics are 404.
    pub form_versions_missing: u32,
    /// All form versions and rubrics are 500.
    pub form_versions_failing: bool,
    /// Share of records that nobody can read.
    pub unreadable: f64,
    /// Scopes whose rows are silently left out though they are listed.
    pub hidden_scopes: Vec<String>,
    /// What is always 403.
    pub forbidden: Vec<Target>,
    /// What is always 500.
    pub failing: Vec<Target>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            seed: 1,
            max_per_key: 2,
            only_platform: None,
            only_paths: Vec::new(),
            unauthorized: 0.0,
            http_408: 0.0,
            http_429: 0.0,
            http_429_date: 0.0,
            http_500: 0.0,
            http_502: 0.0,
            http_503: 0.0,
            http_503_retry_after: 0.0,
            http_504: 0.0,
            html_error: 0.0,
            empty_error: 0.0,
            cut_error: 0.0,
            reset: 0.0,
            cut_body: 0.0,
            bad_gzip: 0.0,
            slow: 0.0,
            delay_ms: 20,
            retry_after_s: 1,
            empty_page: 0.0,
            empty_pages_max: 3,
            short_page: 0.0,
            duplicate: 0.0,
            cursor_expired: 0.0,
            mutate_every_pages: 0,
            mutations_max: 5,
            token_life_s: None,
            requests_per_minute_max: None,
            rate_window_s: 60,
            ignore_modified_range: false,
            extra_fields: 0.0,
            form_versions_unlisted: 0,
            metric_unprocessed: 0.0,
            metric_total_wrong: 0.0,
            blocked_after_requests: None,
            blocked_retry_after_s: 7200,
            empty_pages_endless: false,
            token_loop: false,
            listing_endless: false,
            cursor_expired_always: false,
            form_versions_missing: 0,
            form_versions_failing: false,
            unreadable: 0.0,
            hidden_scopes: Vec::new(),
            forbidden: Vec::new(),
            failing: Vec::new(),
        }
    }
}

impl Faults {
    /// Every fault under which a patient client still reaches the truth, alone, under its name.
    /// After `mutating` a further run is needed, because the world moves while it is read.
    pub fn each() -> Vec<(&'static str, Self)> {
        let none = Self::default;
        vec![
            ("unauthorized", Self { unauthorized: 0.2, ..none() }),
            ("http_408", Self { http_408: 0.2, ..none() }),
            ("http_429", Self { http_429: 0.2, ..none() }),
            ("http_429_date", Self { http_429_date: 0.2, ..none() }),
            ("http_500", Self { http_500: 0.2, ..none() }),
            ("http_502", Self { http_502: 0.2, ..none() }),
            ("http_503", Self { http_503: 0.2, ..none() }),
            ("http_503_retry_after", Self { http_503_retry_after: 0.2, ..none() }),
            ("http_504", Self { http_504: 0.2, ..none() }),
            ("html_error", Self { html_error: 0.2, ..none() }),
            ("empty_error", Self { empty_error: 0.2, ..none() }),
            ("cut_error", Self { cut_error: 0.2, ..none() }),
            ("reset", Self { reset: 0.2, ..none() }),
            ("cut_body", Self { cut_body: 0.2, ..none() }),
            ("bad_gzip", Self { bad_gzip: 0.2, ..none() }),
            ("slow", Self { slow: 0.2, ..none() }),
            ("empty_page", Self { empty_page: 0.4, ..none() }),
            ("short_page", Self { short_page: 0.6, ..none() }),
            ("duplicate", Self { duplicate: 0.6, ..none() }),
            ("cursor_expired", Self { cursor_expired: 0.2, ..none() }),
            ("mutating", Self { mutate_every_pages: 7, ..none() }),
            ("short_token_life", Self { token_life_s: Some(2), ..none() }),
            ("ignore_modified_range", Self { ignore_modified_range: true, ..none() }),
            ("extra_fields", Self { extra_fields: 0.3, ..none() }),
            ("form_versions_unlisted", Self { form_versions_unlisted: 2, ..none() }),
            ("rubric_500", Self { http_500: 0.6, only_paths: vec!["/rubrics/".to_owned(), "/versions/".to_owned()], ..none() }),
        ]
    }

    /// All transient faults at once. Parameters for modification times are heeded.
    pub fn storm(seed: u64) -> Self {
        let rare = 0.02;
        Self {
            seed,
            unauthorized: rare,
            http_408: rare,
            http_429: rare,
            http_429_date: rare,
            http_500: rare,
            http_502: rare,
            http_503: rare,
            http_503_retry_after: rare,
            http_504: rare,
            html_error: rare,
            empty_error: rare,
            cut_error: rare,
            reset: rare,
            cut_body: rare,
            bad_gzip: rare,
            slow: rare,
            empty_page: 0.1,
            short_page: 0.2,
            duplicate: 0.2,
            cursor_expired: rare,
            extra_fields: 0.1,
            form_versions_unlisted: 1,
            ..Self::default()
        }
    }

    /// Reads faults from JSON; what is not named is as in the default.
    ///
    /// # Errors
    /// What the JSON reader says of unknown names and wrong types.
    pub fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_from_json_with_defaults() {
        let faults = Faults::from_json(r#"{"http_500":0.5,"forbidden":[{"stream":"feedback"}],"token_life_s":3}"#).unwrap();
        let expected = Faults { http_500: 0.5, forbidden: vec![Target::stream("feedback")], token_life_s: Some(3), ..Faults::default() };
        assert_eq!(faults, expected);
    }

    #[test]
    fn unknown_fault_is_an_error_that_names_it() {
        let error = Faults::from_json(r#"{"http_418":1}"#).unwrap_err().to_string();
        assert!(error.contains("http_418"), "{error}");
    }

    #[test]
    fn faults_survive_the_way_through_json() {
        for (name, faults) in Faults::each().into_iter().chain([("storm", Faults::storm(3))]) {
            let json = serde_json::to_string(&faults).unwrap();
            assert_eq!(Faults::from_json(&json).unwrap(), faults, "{name}");
        }
    }
}
