//! Decides which request is hit by which transient fault. The decision follows from the seed, the request and how often it was
//! asked, never from the order of different requests, so that parallel clients meet the same faults each time.

use std::collections::{HashMap, HashSet};

use crate::faults::Faults;
use crate::metrics::ItemTricks;
use crate::platform::Platform;
use crate::rng::{hash_text, mix, share_of};

/// Requests between two revocations of tokens.
const REVOCATION_GAP: u32 = 10;

/// How the body of an error looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorShape {
    Json,
    Html,
    Empty,
    Cut,
}

/// What `Retry-After` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryAfter {
    None,
    Seconds,
    Date,
}

/// A transient fault that a request is hit by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Revoke,
    Refuse { status: u16, retry_after: RetryAfter, shape: ErrorShape },
    Reset,
    CutBody,
    BadGzip,
}

/// What befalls one page.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct PageTricks {
    pub(crate) empty: bool,
    /// The share of the page that is given.
    pub(crate) short: Option<f64>,
    pub(crate) duplicate: bool,
    pub(crate) expired: bool,
    pub(crate) looped: bool,
    pub(crate) endless: bool,
}

#[derive(Default)]
struct KeyState {
    n_asked: u64,
    failed_in_row: u32,
}

/// The faults and what they have done so far.
#[derive(Default)]
pub(crate) struct TroubleMaker {
    faults: Faults,
    keys: HashMap<u64, KeyState>,
    /// Requests that met 401 and have not come through since. Until they have, no other token is revoked: a client may
    /// renew its token once for a request.
    owed: HashSet<u64>,
    n_since_revoked: Option<u32>,
    expired_listings: HashSet<u64>,
    n_pages: u64,
    n_mutations: u32,
    n_data_requests: u32,
    windows: HashMap<Platform, Window>,
}

/// The rate window that is open.
struct Window {
    from_ms: u64,
    n_requests: u32,
}

/// What the rate window says of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) n_requests: u32,
    pub(crate) n_allowed: u32,
    pub(crate) reset_s: u64,
}

impl Rate {
    pub(crate) fn is_exceeded(&self) -> bool {
        self.n_requests > self.n_allowed
    }
}

impl TroubleMaker {
    pub(crate) fn new(faults: Faults) -> Self {
        Self { faults, ..Self::default() }
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    fn aims_at(&self, platform: Platform, path: &str) -> bool {
        self.faults.only_platform.is_none_or(|only| only == platform)
            && (self.faults.only_paths.is_empty() || self.faults.only_paths.iter().any(|only| path.contains(only.as_str())))
    }

    /// Counts the request into the rate window, if there is one.
    pub(crate) fn rate(&mut self, platform: Platform, now_ms: u64) -> Option<Rate> {
        let n_allowed = self.faults.requests_per_minute_max?;
        let length_ms = self.faults.rate_window_s.max(1) * 1000;
        let window = match self.windows.remove(&platform) {
            Some(window) if now_ms < window.from_ms + length_ms => Window { n_requests: window.n_requests + 1, ..window },
            _ => Window { from_ms: now_ms, n_requests: 1 },
        };
        let left_ms = (window.from_ms + length_ms).saturating_sub(now_ms);
        let rate = Rate { n_requests: window.n_requests, n_allowed, reset_s: left_ms.div_ceil(1000) };
        self.windows.insert(platform, window);
        Some(rate)
    }

    /// Whether the client has used up all that it gets for hours.
    pub(crate) fn is_blocked(&mut self) -> bool {
        self.n_data_requests = self.n_data_requests.saturating_add(1);
        self.faults.blocked_after_requests.is_some_and(|limit| self.n_data_requests > limit)
    }

    /// How long the answer to this request is held back.
    pub(crate) fn delay_ms(&self, platform: Platform, path: &str, key: u64) -> Option<u64> {
        let n_asked = self.keys.get(&key).map_or(0, |state| state.n_asked);
        let hit = share_of(self.roll(key, n_asked, "slow")) < self.faults.slow;
        (hit && self.aims_at(platform, path)).then_some(self.faults.delay_ms)
    }

    /// The fault that hits this request, if one does. Called once a request.
    pub(crate) fn trouble(&mut self, platform: Platform, path: &str, key: u64) -> Option<(&'static str, Trouble)> {
        if !self.aims_at(platform, path) || self.menu().iter().all(|(_, probability, _)| *probability <= 0.0) {
            return None;
        }
        self.n_since_revoked = self.n_since_revoked.map(|count| count.saturating_add(1));
        let state = self.keys.entry(key).or_default();
        let (n_asked, failed_in_row) = (state.n_asked, state.failed_in_row);
        state.n_asked += 1;
        let mut hit = None;
        if failed_in_row < self.faults.max_per_key {
            hit = self.menu().into_iter().find(|(name, probability, trouble)| {
                let may = *trouble != Trouble::Revoke || (path != "/oauth/token" && self.may_revoke());
                may && share_of(self.roll(key, n_asked, name)) < *probability
            });
        }
        if let Some(state) = self.keys.get_mut(&key) {
            state.failed_in_row = if hit.is_some() { failed_in_row + 1 } else { 0 };
        }
        hit.map(|(name, _, trouble)| (name, trouble))
    }

    /// Some requests must lie between two revocations, because a request may be on its way with an older token yet. A client that
    /// never comes back for its answer does not end the fault for good.
    fn may_revoke(&self) -> bool {
        self.n_since_revoked.is_none_or(|count| (self.owed.is_empty() && count > REVOCATION_GAP) || count > 1000)
    }

    /// A request met 401, by a revoked token or by one that expired.
    pub(crate) fn note_unauthorized(&mut self, key: u64) {
        if self.faults.unauthorized > 0.0 {
            self.n_since_revoked = Some(0);
            self.owed.insert(key);
        }
    }

    /// A request was let in with its token, whatever else becomes of it.
    pub(crate) fn note_authorized(&mut self, key: u64) {
        self.owed.remove(&key);
    }

    /// What befalls this page of a listing. `listing` is the request without its token.
    pub(crate) fn page_tricks(&mut self, platform: Platform, path: &str, key: u64, listing: u64, has_token: bool, hops: u32) -> PageTricks {
        let faults = &self.faults;
        let mut tricks = PageTricks {
            empty: faults.empty_pages_endless,
            looped: faults.token_loop,
            endless: faults.listing_endless,
            expired: faults.cursor_expired_always && has_token,
            ..PageTricks::default()
        };
        if !self.aims_at(platform, path) {
            return tricks;
        }
        let n_asked = self.keys.get(&key).map_or(0, |state| state.n_asked);
        let hit = |name, probability| share_of(self.roll(key, n_asked, name)) < probability;
        tricks.empty |= hops < faults.empty_pages_max && hit("empty_page", faults.empty_page);
        tricks.short = hit("short_page", faults.short_page).then(|| share_of(self.roll(key, n_asked, "short_share")));
        tricks.duplicate = hit("duplicate", faults.duplicate);
        let expires = has_token && hit("cursor_expired", faults.cursor_expired) && !self.expired_listings.contains(&listing);
        if expires {
            self.expired_listings.insert(listing);
            tricks.expired = true;
        }
        tricks
    }

    /// What befalls one item of a write. The same item suffers at most so often in a row as the same request does.
    pub(crate) fn item_tricks(&mut self, platform: Platform, path: &str, item: u64) -> ItemTricks {
        if !self.aims_at(platform, path) {
            return ItemTricks::default();
        }
        let state = self.keys.entry(item).or_default();
        let (n_asked, failed_in_row) = (state.n_asked, state.failed_in_row);
        state.n_asked += 1;
        let hit = |name, probability| failed_in_row < self.faults.max_per_key && share_of(self.roll(item, n_asked, name)) < probability;
        let unprocessed = hit("metric_unprocessed", self.faults.metric_unprocessed);
        let wrong_total = !unprocessed && hit("metric_total_wrong", self.faults.metric_total_wrong);
        if let Some(state) = self.keys.get_mut(&item) {
            state.failed_in_row = if unprocessed || wrong_total { failed_in_row + 1 } else { 0 };
        }
        ItemTricks { unprocessed, wrong_total }
    }

    /// Whether the world moves after this page.
    pub(crate) fn mutates_after_page(&mut self) -> bool {
        self.n_pages += 1;
        let every = u64::from(self.faults.mutate_every_pages);
        let mutates = every > 0 && self.n_pages.is_multiple_of(every) && self.n_mutations < self.faults.mutations_max;
        self.n_mutations += u32::from(mutates);
        mutates
    }

    fn roll(&self, key: u64, n_asked: u64, name: &str) -> u64 {
        mix(hash_text(self.faults.seed, name) ^ mix(key ^ mix(n_asked)))
    }

    fn menu(&self) -> [(&'static str, f64, Trouble); 15] {
        use ErrorShape::{Cut, Empty, Html, Json};
        let faults = &self.faults;
        let refuse = |status, retry_after, shape| Trouble::Refuse { status, retry_after, shape };
        [
            ("unauthorized", faults.unauthorized, Trouble::Revoke),
            ("http_408", faults.http_408, refuse(408, RetryAfter::None, Json)),
            ("http_429", faults.http_429, refuse(429, RetryAfter::Seconds, Json)),
            ("http_429_date", faults.http_429_date, refuse(429, RetryAfter::Date, Json)),
            ("http_500", faults.http_500, refuse(500, RetryAfter::None, Json)),
            ("http_502", faults.http_502, refuse(502, RetryAfter::None, Json)),
            ("http_503", faults.http_503, refuse(503, RetryAfter::None, Json)),
            ("http_503_retry_after", faults.http_503_retry_after, refuse(503, RetryAfter::Seconds, Json)),
            ("http_504", faults.http_504, refuse(504, RetryAfter::None, Json)),
            ("html_error", faults.html_error, refuse(502, RetryAfter::None, Html)),
            ("empty_error", faults.empty_error, refuse(503, RetryAfter::None, Empty)),
            ("cut_error", faults.cut_error, refuse(500, RetryAfter::None, Cut)),
            ("reset", faults.reset, Trouble::Reset),
            ("cut_body", faults.cut_body, Trouble::CutBody),
            ("bad_gzip", faults.bad_gzip, Trouble::BadGzip),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/api/v2/quality/assessments";

    fn maker(faults: Faults) -> TroubleMaker {
        TroubleMaker::new(faults)
    }

    #[test]
    fn same_request_fails_at_most_twice_in_a_row() {
        let mut maker = maker(Faults { http_500: 1.0, ..Faults::default() });
        let hits: Vec<bool> = (0..6).map(|_| maker.trouble(Platform::Genesys, PATH, 7).is_some()).collect();
        assert_eq!(hits, [true, true, false, true, true, false]);
    }

    #[test]
    fn order_of_requests_does_not_change_their_faults() {
        let faults = Faults::storm(4);
        let (mut forth, mut back) = (maker(faults.clone()), maker(faults));
        let one: Vec<_> = (0..200).map(|key| forth.trouble(Platform::Cxone, PATH, key)).collect();
        let mut other: Vec<_> = (0..200).rev().map(|key| back.trouble(Platform::Cxone, PATH, key)).collect();
        other.reverse();
        assert_eq!(one, other);
        assert!(one.iter().any(Option::is_some));
    }

    #[test]
    fn no_token_is_revoked_while_a_request_waits_for_its_renewal() {
        let mut maker = maker(Faults { unauthorized: 1.0, ..Faults::default() });
        assert_eq!(maker.trouble(Platform::Genesys, PATH, 1), Some(("unauthorized", Trouble::Revoke)));
        maker.note_unauthorized(1);
        for key in 2..40 {
            assert_eq!(maker.trouble(Platform::Genesys, PATH, key), None);
        }
        assert_eq!(maker.trouble(Platform::Genesys, PATH, 1), None);
        maker.note_authorized(1);
        assert_eq!(maker.trouble(Platform::Genesys, PATH, 50), Some(("unauthorized", Trouble::Revoke)));
    }

    #[test]
    fn rate_window_refuses_what_is_above_its_limit_until_it_turns() {
        let mut maker = maker(Faults { requests_per_minute_max: Some(2), ..Faults::default() });
        let mut exceeded = |now_ms| maker.rate(Platform::Genesys, now_ms).map(|rate| (rate.is_exceeded(), rate.reset_s));
        assert_eq!(exceeded(0), Some((false, 60)));
        assert_eq!(exceeded(10_000), Some((false, 50)));
        assert_eq!(exceeded(20_500), Some((true, 40)));
        assert_eq!(exceeded(60_000), Some((false, 60)));
    }

    #[test]
    fn faults_keep_to_their_paths_and_platform() {
        let faults =
            Faults { http_500: 1.0, only_paths: vec!["/rubrics/".to_owned()], only_platform: Some(Platform::Cxone), ..Faults::default() };
        let mut maker = maker(faults);
        assert_eq!(maker.trouble(Platform::Cxone, PATH, 1), None);
        assert_eq!(maker.trouble(Platform::Genesys, "/api/v2/quality/rubrics/a", 2), None);
        assert!(maker.trouble(Platform::Cxone, "/api/v2/quality/rubrics/a", 3).is_some());
    }

    #[test]
    fn listing_expires_once() {
        let mut maker = maker(Faults { cursor_expired: 1.0, ..Faults::default() });
        assert!(maker.page_tricks(Platform::Genesys, PATH, 1, 9, true, 0).expired);
        assert!(!maker.page_tricks(Platform::Genesys, PATH, 1, 9, true, 0).expired);
        assert!(!maker.page_tricks(Platform::Genesys, PATH, 2, 8, false, 0).expired);
    }
}
