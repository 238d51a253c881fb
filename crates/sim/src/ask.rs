//! What came in, taken apart: path, parameters, credentials. Strict where the contract is: every parameter is known, comes once
//! and makes sense, or the request is refused by name.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::answer::Refusal;
use crate::platform::Platform;
use crate::rng::hash_text;
use crate::stamp::read_stamp;

/// Rows of a page where the request names no number.
const PAGE_SIZE_DEFAULT: u32 = 100;

/// One request.
pub(crate) struct Ask {
    pub(crate) platform: Platform,
    pub(crate) method: String,
    /// The path as it was sent.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) authorization: Option<String>,
    pub(crate) has_cookie: bool,
    pub(crate) accepts_gzip: bool,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

impl Ask {
    pub(crate) fn new(platform: Platform, method: &str, path: &str, query: &str) -> Self {
        Self {
            platform,
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            params: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            authorization: None,
            has_cookie: false,
            accepts_gzip: false,
            content_type: String::new(),
            body: Vec::new(),
        }
    }

    /// The parts of the path between its slashes, decoded one by one: an id may hold a slash of its own.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path.split('/').skip(1).map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect()
    }

    /// What makes two requests the same request. One for a token is like the other.
    pub(crate) fn key(&self) -> u64 {
        let body = if self.path == "/oauth/token" { "".into() } else { String::from_utf8_lossy(&self.body) };
        hash_text(self.platform.number(), &format!("{} {}?{}{body}", self.method, self.path, self.query))
    }

    /// What makes two requests pages of the same listing: all but the token.
    pub(crate) fn listing(&self) -> u64 {
        let mut params: Vec<String> = self
            .params
            .iter()
            .filter(|(name, _)| name != "nextPageToken")
            .map(|(name, value)| format!("{}={name}={}={value}", name.len(), value.len()))
            .collect();
        params.sort_unstable();
        hash_text(self.platform.number(), &format!("{}?{}", self.path, params.join("&")))
    }
}

/// Which page of a listing is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageAsk {
    pub(crate) size: usize,
    pub(crate) token: Option<String>,
}

/// The parameters of one request, checked against the list of those that its path knows.
#[derive(Debug)]
pub(crate) struct Params<'a> {
    values: BTreeMap<&'a str, &'a str>,
}

impl<'a> Params<'a> {
    pub(crate) fn read(ask: &'a Ask, known: &[&str]) -> Result<Self, Refusal> {
        let mut values = BTreeMap::new();
        for (name, value) in &ask.params {
            if matches!(name.as_str(), "page" | "offset" | "pageNumber") {
                return Err(Refusal::cursor(&format!("`{name}` is no parameter of a cursor listing")));
            }
            if !known.contains(&name.as_str()) {
                return Err(Refusal::parameter(&format!("unknown parameter `{name}`")));
            }
            if values.insert(name.as_str(), value.as_str()).is_some() {
                return Err(Refusal::parameter(&format!("parameter `{name}` is given twice")));
            }
            if value.is_empty() {
                return Err(match name.as_str() {
                    "nextPageToken" => Refusal::cursor("`nextPageToken` is empty"),
                    _ => Refusal::parameter(&format!("parameter `{name}` is empty")),
                });
            }
        }
        Ok(Self { values })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.values.get(name).copied()
    }

    fn time(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let time = read_stamp(text).ok_or_else(|| Refusal::parameter(&format!("`{name}` is no RFC 3339 time: `{text}`")))?;
        Ok(Some(time))
    }

    /// A half-open range, of which both ends or none must be given.
    pub(crate) fn range(&self, from: &str, to: &str) -> Result<Option<(i64, i64)>, Refusal> {
        match (self.time(from)?, self.time(to)?) {
            (None, None) => Ok(None),
            (Some(from_ms), Some(to_ms)) if from_ms <= to_ms => Ok(Some((from_ms, to_ms))),
            (Some(_), Some(_)) => Err(Refusal::parameter(&format!("`{from}` is after `{to}`"))),
            (None, Some(_)) => Err(Refusal::parameter(&format!("`{from}` is missing"))),
            (Some(_), None) => Err(Refusal::parameter(&format!("`{to}` is missing"))),
        }
    }

    pub(crate) fn page(&self, page_size_max: u32) -> Result<PageAsk, Refusal> {
        let size = match self.get("pageSize") {
            None => PAGE_SIZE_DEFAULT.min(page_size_max),
            Some(text) => text
                .parse()
                .ok()
                .filter(|size| (1..=page_size_max).contains(size))
                .ok_or_else(|| Refusal::parameter(&format!("`pageSize` is not within 1..{page_size_max}: `{text}`")))?,
        };
        Ok(PageAsk { size: size as usize, token: self.get("nextPageToken").map(str::to_owned) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = ["dateFrom", "dateTo", "pageSize", "nextPageToken"];

    #[track_caller]
    fn check(query: &str, expected: &str) {
        let ask = Ask::new(Platform::Genesys, "GET", "/x", query);
        let seen = Params::read(&ask, &KNOWN)
            .and_then(|params| Ok((params.range("dateFrom", "dateTo")?, params.page(500)?)))
            .map_or_else(|refusal| format!("{} {}", refusal.code, refusal.message), |(_, page)| format!("{page:?}"));
        assert_eq!(seen, expected);
    }

    #[test]
    fn parameters_are_read() {
        check("pageSize=500", "PageAsk { size: 500, token: None }");
        check("nextPageToken=a%2Bb%26", "PageAsk { size: 100, token: Some(\"a+b&\") }");
        check("dateFrom=2024-01-01T00:00:00Z&dateTo=2024-01-01T00:00:00Z", "PageAsk { size: 100, token: None }");
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        check("pageSize=0", "invalid.parameter `pageSize` is not within 1..500: `0`");
        check("pageSize=501", "invalid.parameter `pageSize` is not within 1..500: `501`");
        check("pageSize=ten", "invalid.parameter `pageSize` is not within 1..500: `ten`");
        check("page=2", "invalid.cursor `page` is no parameter of a cursor listing");
        check("offset=2", "invalid.cursor `offset` is no parameter of a cursor listing");
        check("pageNumber=2", "invalid.cursor `pageNumber` is no parameter of a cursor listing");
        check("nextPageToken=", "invalid.cursor `nextPageToken` is empty");
        check("colour=red", "invalid.parameter unknown parameter `colour`");
        check("pageSize=5&pageSize=5", "invalid.parameter parameter `pageSize` is given twice");
        check("dateFrom=2024-01-01T00:00:00Z", "invalid.parameter `dateTo` is missing");
        check("dateFrom=today&dateTo=2024-01-01T00:00:00Z", "invalid.parameter `dateFrom` is no RFC 3339 time: `today`");
        check("dateFrom=2024-01-02T00:00:00Z&dateTo=2024-01-01T00:00:00Z", "invalid.parameter `dateFrom` is after `dateTo`");
    }

    #[test]
    fn order_of_parameters_does_not_make_another_listing() {
        let listing = |query| Ask::new(Platform::Genesys, "GET", "/x", query).listing();
        assert_eq!(listing("a=1&b=2"), listing("b=2&nextPageToken=z&a=1"));
        assert_ne!(listing("a=1&b=2"), listing("a=1&b=3"));
    }
}
