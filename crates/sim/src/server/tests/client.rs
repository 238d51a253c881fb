//! A reader as plain as can be: it retries at once, renews its token once, follows cursors and merges by the newest time.

use std::collections::BTreeMap;

use reqwest::{Client, Method, Url};
use serde_json::{Value, json};

use crate::{Platform, Sim};

pub(super) const FROM: &str = "2023-01-01T00:00:00Z";
pub(super) const TO: &str = "2026-01-01T00:00:00Z";

/// One answer, read whole.
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) text: String,
}

impl Got {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub(super) fn code(&self) -> String {
        format!("{} {}", self.status, self.json()["code"].as_str().unwrap_or_default()).trim().to_owned()
    }

    pub(super) fn header(&self, name: &str) -> String {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    }
}

/// The HTTP library wants a TLS provider though nothing here is encrypted.
pub(super) fn builder() -> reqwest::ClientBuilder {
    // An error here means that another test was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy()
}

pub(super) struct Reader {
    http: Client,
    pub(super) platform: Platform,
    base_url: String,
    pub(super) token: String,
}

impl Reader {
    pub(super) async fn new(sim: &Sim, platform: Platform) -> Self {
        let http = builder().build().unwrap();
        let mut reader = Self { http, platform, base_url: sim.base_url(platform), token: String::new() };
        reader.login().await;
        reader
    }

    pub(super) async fn post(&self, path: &str, content_type: &str, body: String) -> Result<Got, reqwest::Error> {
        let url = format!("{}{path}", self.base_url);
        Self::read(self.http.request(Method::POST, url).header("content-type", content_type).body(body)).await
    }

    pub(super) async fn login(&mut self) {
        let body = json!({"grant_type": "client_credentials", "client_id": "demo-client", "client_secret": "demo-secret"});
        for _ in 0..10 {
            if let Ok(got) = self.post("/oauth/token", "application/json", body.to_string()).await
                && got.status == 200
                && let Some(token) = got.json()["access_token"].as_str()
            {
                self.token = token.to_owned();
                return;
            }
        }
        panic!("no token after 10 attempts");
    }

    pub(super) fn url(&self, path: &str, params: &[(&str, &str)]) -> Url {
        let mut url: Url = format!("{}{path}", self.base_url).parse().unwrap();
        if !params.is_empty() {
            url.query_pairs_mut().extend_pairs(params);
        }
        url
    }

    /// One attempt with this header and no other.
    pub(super) async fn once_with(&self, url: Url, header: (&str, &str)) -> Result<Got, reqwest::Error> {
        Self::read(self.http.get(url).header(header.0, header.1)).await
    }

    /// One attempt.
    pub(super) async fn once(&self, path: &str, params: &[(&str, &str)]) -> Result<Got, reqwest::Error> {
        let header = format!("Bearer {}", self.token);
        self.once_with(self.url(path, params), ("authorization", &header)).await
    }

    async fn read(request: reqwest::RequestBuilder) -> Result<Got, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Got { status, headers, text: response.text().await? })
    }

    /// Attempts until the answer is one to keep.
    pub(super) async fn get(&mut self, path: &str, params: &[(&str, &str)]) -> Got {
        let mut renewed = false;
        for _ in 0..8 {
            let Ok(got) = self.once(path, params).await else { continue };
            match got.status {
                401 => {
                    assert!(!renewed, "second 401 for {path}");
                    renewed = true;
                    self.login().await;
                }
                408 | 429 | 500..=599 => {}
                _ => return got,
            }
        }
        panic!("no answer after 8 attempts: {path}");
    }

    /// All rows of a listing, as they came.
    pub(super) async fn listing(&mut self, path: &str, params: &[(&str, &str)]) -> Vec<Value> {
        'listing: for _ in 0..3 {
            let mut rows = Vec::new();
            let mut tokens: Vec<String> = Vec::new();
            for _ in 0..10_000 {
                let mut params = params.to_vec();
                params.extend(tokens.last().map(|token| ("nextPageToken", token.as_str())));
                let got = self.get(path, &params).await;
                if got.code() == "400 cursor.expired" {
                    continue 'listing;
                }
                assert_eq!(got.status, 200, "{}", got.text);
                let mut page = got.json();
                rows.append(page["entities"].as_array_mut().unwrap());
                let Some(token) = page["nextPageToken"].as_str().filter(|token| !token.is_empty()) else { return rows };
                assert!(!tokens.iter().any(|known| known == token), "token came twice");
                tokens.push(token.to_owned());
            }
            panic!("no end of {path}");
        }
        panic!("cursor expired three times: {path}");
    }

    pub(super) fn feedback_path(&self) -> &'static str {
        match self.platform {
            Platform::Genesys => "/api/v2/quality/feedback",
            Platform::Cxone => "/api/v2/agent-performance/feedback",
        }
    }

    /// All records of one path, merged by id: the newest modification wins, on a tie the later seen.
    pub(super) async fn all(&mut self, path: &str, page_size: &str) -> BTreeMap<String, Value> {
        let rows = self.listing(path, &[("dateFrom", FROM), ("dateTo", TO), ("pageSize", page_size)]).await;
        let name = if self.platform == Platform::Genesys { "dateModified" } else { "updatedAt" };
        let time = |row: &Value| row[name].as_str().unwrap_or_default().to_owned();
        let mut merged: BTreeMap<String, Value> = BTreeMap::new();
        for row in rows {
            let id = row["id"].as_str().unwrap().to_owned();
            if merged.get(&id).is_none_or(|known| time(known) <= time(&row)) {
                merged.insert(id, row);
            }
        }
        merged
    }
}

/// The records that a reader without gaps must hold.
pub(super) fn visible(truth: &Value, stream: &str) -> BTreeMap<String, Value> {
    let gone = |entry: &Value| entry["deleted"] == true && truth["platform"] == "cxone";
    let entries = truth[stream].as_object().unwrap().iter();
    let shown = entries.filter(|(_, entry)| entry["visible"] == true && !gone(entry));
    shown.map(|(id, entry)| (id.clone(), entry["record"].clone())).collect()
}
