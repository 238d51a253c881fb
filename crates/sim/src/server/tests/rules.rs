//! Each rule of the contract, asked over HTTP.

use std::collections::BTreeMap;

use super::client::{FROM, Got, Reader, TO, builder, visible};
use super::{ASSESSMENTS, RANGE, options, sim};
use crate::server::*;

/// One request with its query as it stands in the URL, and the expected status and code.
async fn check(reader: &Reader, path: &str, query: &str, expected: &str) {
    let mut url = reader.url(path, &[]);
    url.set_query(Some(query).filter(|query| !query.is_empty()));
    let header = format!("Bearer {}", reader.token);
    let got = reader.once_with(url, ("authorization", &header)).await.unwrap();
    assert_eq!(got.code(), expected, "{path}?{query}: {}", got.text);
}

#[tokio::test]
async fn genesys_parameters_are_held_to_the_contract() {
    let sim = sim(41).await;
    let reader = Reader::new(&sim, Platform::Genesys).await;
    let range = "dateFrom=2024-01-01T00:00:00.000Z&dateTo=2024-02-01T00:00:00.000Z";
    let modified = "dateModifiedFrom=2024-01-01T00:00:00.000Z&dateModifiedTo=2024-02-01T00:00:00.000Z";
    let feedback = "/api/v2/quality/feedback";
    check(&reader, ASSESSMENTS, range, "200").await;
    check(&reader, ASSESSMENTS, &format!("{range}&status=submitted&divisionId=all&agentId=x&pageSize=500"), "200").await;
    check(&reader, ASSESSMENTS, "", "400 invalid.parameter").await;
    check(&reader, ASSESSMENTS, modified, "400 invalid.parameter").await;
    check(&reader, ASSESSMENTS, &format!("{range}&status=done"), "400 invalid.parameter").await;
    check(&reader, ASSESSMENTS, &format!("{range}&status=submitted,released"), "400 invalid.parameter").await;
    check(&reader, ASSESSMENTS, &format!("{range}&siteId=x"), "400 invalid.parameter").await;
    check(&reader, ASSESSMENTS, &format!("{range}&pageSize=501"), "400 invalid.parameter").await;
    check(&reader, ASSESSMENTS, &format!("{range}&page=2"), "400 invalid.cursor").await;
    check(&reader, ASSESSMENTS, "dateFrom=2024-01-01&dateTo=2024-02-01", "400 invalid.parameter").await;
    check(&reader, ASSESSMENTS, "dateFrom=2024-01-01T00:00:00+00:00&dateTo=2024-02-01T00:00:00Z", "400 invalid.parameter").await;
    check(&reader, feedback, range, "200").await;
    check(&reader, feedback, modified, "200").await;
    check(&reader, feedback, &format!("{range}&{modified}"), "400 invalid.parameter").await;
    check(&reader, feedback, &format!("{range}&status=published"), "400 invalid.parameter").await;
    check(&reader, "/api/v2/quality/forms/versions", "pageSize=2", "200").await;
    check(&reader, "/api/v2/quality/forms/versions/none", "", "404 not.found").await;
    check(&reader, "/api/v2/divisions", "", "200").await;
    check(&reader, "/api/v2/quality/rubrics/none", "", "404 not.found").await;
    check(&reader, "/api/v2/quality", "", "404 not.found").await;
}

#[tokio::test]
async fn cxone_parameters_are_held_to_the_contract() {
    let sim = sim(42).await;
    let reader = Reader::new(&sim, Platform::Cxone).await;
    let range = "dateFrom=2024-01-01T00:00:00.000Z&dateTo=2024-02-01T00:00:00.000Z";
    let updated = "updatedFrom=2024-01-01T00:00:00.000Z&updatedTo=2024-02-01T00:00:00.000Z";
    let genesys_names = "dateModifiedFrom=2024-01-01T00:00:00Z&dateModifiedTo=2024-02-01T00:00:00Z";
    let feedback = "/api/v2/agent-performance/feedback";
    check(&reader, ASSESSMENTS, &format!("{range}&status=submitted&siteId=x&queueId=y"), "200").await;
    check(&reader, ASSESSMENTS, &format!("{range}&divisionId=all"), "400 invalid.parameter").await;
    check(&reader, ASSESSMENTS, &format!("{range}&agentId=x"), "400 invalid.parameter").await;
    check(&reader, feedback, range, "200").await;
    check(&reader, feedback, updated, "200").await;
    check(&reader, feedback, genesys_names, "400 invalid.parameter").await;
    check(&reader, "/api/v2/agent-performance/feedback/none", "", "404 not.found").await;
    check(&reader, "/api/v2/quality/rubrics/none", "", "404 not.found").await;
    check(&reader, "/api/v2/sites", "pageSize=1", "200").await;
    check(&reader, "/api/v2/queues", "", "200").await;
    check(&reader, "/api/v2/divisions", "", "404 not.found").await;
}

#[tokio::test]
async fn token_endpoint_takes_client_credentials_only() {
    let sim = sim(43).await;
    let good = r#"{"grant_type":"client_credentials","client_id":"demo-client","client_secret":"demo-secret"}"#;
    let with = |field: &str| good.replace('}', &format!(",{field}}}"));
    let (genesys, cxone) = (Platform::Genesys, Platform::Cxone);
    let checks = [
        (genesys, good.to_owned(), "200 quality:assessment:read quality:feedback:read openid offline_access"),
        (genesys, with(r#""scope":"quality:feedback:read""#), "200 quality:feedback:read"),
        (genesys, with(r#""scope":"quality:all""#), "400 invalid_scope"),
        (genesys, good.replace("demo-secret", "wrong"), "401 invalid_client"),
        (genesys, good.replace("demo-client", "wrong"), "401 invalid_client"),
        (genesys, good.replace("client_credentials", "password"), "400 unsupported_grant_type"),
        (genesys, good.replace("client_credentials", "refresh_token"), "400 unsupported_grant_type"),
        (genesys, "grant_type=client_credentials".to_owned(), "400 invalid_request"),
        (cxone, with(r#""scope":"quality:read""#), "200 quality:read"),
        (cxone, with(r#""scope":"quality:assessment:read""#), "400 invalid_scope"),
    ];
    for (platform, body, expected) in checks {
        let reader = Reader::new(&sim, platform).await;
        let got = reader.post("/oauth/token", "application/json", body.clone()).await.unwrap();
        let told = got.json();
        let word = told["error"].as_str().or(told["scope"].as_str()).unwrap_or_default();
        assert_eq!(format!("{} {word}", got.status), expected, "{body}");
        assert_eq!(got.status == 200, told["error_description"].is_null());
        let form = reader.post("/oauth/token", "application/x-www-form-urlencoded", good.to_owned()).await.unwrap();
        assert_eq!(form.status, 400);
    }
}

#[tokio::test]
async fn credentials_other_than_a_living_bearer_token_are_refused() {
    let sim = sim(44).await;
    let reader = Reader::new(&sim, Platform::Genesys).await;
    let bearer = format!("Bearer {}", reader.token);
    let basic = "Basic ZGVtby1jbGllbnQ6ZGVtby1zZWNyZXQ=";
    for (name, value, expected) in [
        ("authorization", bearer.as_str(), 200),
        ("authorization", basic, 401),
        ("authorization", "Bearer nonsense", 401),
        ("cookie", "sid=1", 401),
        ("accept", "*/*", 401),
    ] {
        let got = reader.once_with(reader.url("/api/v2/divisions", &[]), (name, value)).await.unwrap();
        assert_eq!(got.status, expected, "{name}: {value}");
        let told = got.json()["correlationId"].as_str().unwrap_or_default().to_owned();
        assert!(got.status == 200 || told == got.header("inin-correlation-id"));
    }
    let other = Reader::new(&sim, Platform::Cxone).await;
    let got = other.once_with(other.url("/api/v2/sites", &[]), ("authorization", &bearer)).await.unwrap();
    assert_eq!(got.status, 401, "a token of the other platform");
}

#[tokio::test]
async fn missing_scope_is_named() {
    let options = SimOptions { scopes_genesys: "quality:assessment:read".to_owned(), ..options(45) };
    let sim = Sim::start(options).await.unwrap();
    let reader = Reader::new(&sim, Platform::Genesys).await;
    assert_eq!(reader.once(ASSESSMENTS, &RANGE).await.unwrap().status, 200);
    let got = reader.once("/api/v2/quality/feedback", &RANGE).await.unwrap();
    assert_eq!(got.status, 403);
    assert!(got.text.contains("quality:feedback:read"), "{}", got.text);
}

#[tokio::test]
async fn cursor_belongs_to_its_own_request() {
    let sim = sim(46).await;
    let reader = Reader::new(&sim, Platform::Genesys).await;
    let ask = async |params: &[(&str, &str)]| reader.once(ASSESSMENTS, params).await.unwrap();
    let first = [RANGE[0], RANGE[1], ("pageSize", "10")];
    let token = ask(&first).await.json()["nextPageToken"].as_str().unwrap().to_owned();
    let next = ("nextPageToken", token.as_str());
    let [from, to, size] = first;
    assert_eq!(ask(&[from, to, size, next]).await.code(), "200");
    assert_eq!(ask(&[next, size, to, from]).await.code(), "200", "the order of parameters is free");
    assert_eq!(ask(&[from, to, ("pageSize", "11"), next]).await.code(), "400 invalid.cursor");
    assert_eq!(ask(&[from, to, next]).await.code(), "400 invalid.cursor");
    assert_eq!(ask(&[from, to, size, next, ("page", "2")]).await.code(), "400 invalid.cursor");
    assert_eq!(ask(&[from, to, size, next, ("status", "submitted")]).await.code(), "400 invalid.cursor");
    let edited = token.replace('A', "B");
    assert_eq!(ask(&[from, to, size, ("nextPageToken", &edited)]).await.code(), "400 invalid.cursor");
    let twice = percent_encoding::utf8_percent_encode(&token, percent_encoding::NON_ALPHANUMERIC).to_string();
    assert_eq!(ask(&[from, to, size, ("nextPageToken", &twice)]).await.code(), "400 invalid.cursor");
}

#[tokio::test]
async fn pages_make_up_the_whole_whatever_their_size() {
    let sim = sim(47).await;
    for platform in Platform::ALL {
        let mut reader = Reader::new(&sim, platform).await;
        let expected = visible(&sim.truth(platform), "assessments");
        for page_size in ["7", "100", "500"] {
            let rows = reader.listing(ASSESSMENTS, &[RANGE[0], RANGE[1], ("pageSize", page_size)]).await;
            assert_eq!(rows.len(), expected.len(), "a clean listing gives no row twice");
            let rows: BTreeMap<_, _> = rows.into_iter().map(|row| (row["id"].as_str().unwrap().to_owned(), row)).collect();
            assert!(rows == expected);
        }
    }
}

#[tokio::test]
async fn ranges_are_half_open() {
    let sim = sim(48).await;
    let mut reader = Reader::new(&sim, Platform::Genesys).await;
    let all = reader.all(ASSESSMENTS, "500").await;
    let time = |row: &Value| row["dateSubmitted"].as_str().unwrap().to_owned();
    let on_border = all.values().find(|row| time(row).ends_with("T00:00:00.000Z")).expect("a record on a border of days");
    let midnight = time(on_border);
    for (from, to, expected) in [(midnight.as_str(), TO, true), (FROM, midnight.as_str(), false)] {
        let rows = reader.listing(ASSESSMENTS, &[("dateFrom", from), ("dateTo", to)]).await;
        assert_eq!(rows.contains(on_border), expected);
        assert_eq!(rows.len(), all.values().filter(|row| (from..to).contains(&time(row).as_str())).count());
    }
}

#[tokio::test]
async fn divisions_add_up_and_the_hidden_one_is_silent() {
    let sim = sim(49).await;
    let mut reader = Reader::new(&sim, Platform::Genesys).await;
    let truth = sim.truth(Platform::Genesys);
    let all = reader.listing(ASSESSMENTS, &RANGE).await.len();
    let with_all = [RANGE[0], RANGE[1], ("divisionId", "all")];
    assert_eq!(reader.listing(ASSESSMENTS, &with_all).await.len(), all);
    let (mut sum, mut n_hidden) = (0, 0);
    for division in reader.listing("/api/v2/divisions", &[("pageSize", "2")]).await {
        let params = [RANGE[0], RANGE[1], ("divisionId", division["id"].as_str().unwrap())];
        let n_rows = reader.listing(ASSESSMENTS, &params).await.len();
        let known = truth["scopes"].as_array().unwrap().iter().find(|scope| scope["id"] == division["id"]).unwrap();
        if known["visible"] == false {
            n_hidden += 1;
            assert_eq!(n_rows, 0);
            assert!(known["assessments"].as_u64().unwrap() > 0);
        }
        sum += n_rows;
    }
    assert_eq!((n_hidden, sum + 1), (1, all), "one record has no division");
}

#[tokio::test]
async fn status_and_agent_filters_hold() {
    let sim = sim(50).await;
    let mut reader = Reader::new(&sim, Platform::Genesys).await;
    let all = reader.all(ASSESSMENTS, "500").await;
    let mut n_rows = 0;
    for status in ["pending", "inProgress", "submitted", "released", "disputed", "deleted"] {
        let rows = reader.listing(ASSESSMENTS, &[RANGE[0], RANGE[1], ("status", status)]).await;
        assert!(rows.iter().all(|row| row["status"] == status));
        n_rows += rows.len();
    }
    assert_eq!(n_rows, all.len());
    let agent = all.values().next().unwrap()["agentId"].as_str().unwrap();
    let rows = reader.listing(ASSESSMENTS, &[RANGE[0], RANGE[1], ("agentId", agent)]).await;
    assert_eq!(rows.len(), all.values().filter(|row| row["agentId"] == agent).count());
}

#[tokio::test]
async fn sites_and_queues_filter_together() {
    let sim = sim(51).await;
    let mut reader = Reader::new(&sim, Platform::Cxone).await;
    let all = reader.all(ASSESSMENTS, "500").await;
    let row = all.values().find(|row| row["siteId"].is_string() && row["queueId"].is_string()).unwrap();
    let (site, queue) = (row["siteId"].as_str().unwrap(), row["queueId"].as_str().unwrap());
    let rows = reader.listing(ASSESSMENTS, &[RANGE[0], RANGE[1], ("siteId", site), ("queueId", queue)]).await;
    assert_eq!(rows.len(), all.values().filter(|row| row["siteId"] == site && row["queueId"] == queue).count());
    assert!(all.values().any(|row| row["siteId"].is_null() || row["queueId"].is_null()), "some belong nowhere");
}

#[tokio::test]
async fn modified_range_gives_what_was_changed_in_it() {
    let sim = sim(52).await;
    let genesys = ["dateModifiedFrom", "dateModifiedTo", "dateModified", "dateCreated"];
    let cxone = ["updatedFrom", "updatedTo", "updatedAt", "createdAt"];
    for (platform, [from_name, to_name, modified, created]) in [(Platform::Genesys, genesys), (Platform::Cxone, cxone)] {
        let mut reader = Reader::new(&sim, platform).await;
        let all = reader.all(reader.feedback_path(), "500").await;
        let (from, to) = ("2024-02-01T00:00:00.000Z", "2024-02-11T00:00:00.000Z");
        let rows = reader.listing(reader.feedback_path(), &[(from_name, from), (to_name, to), ("pageSize", "9")]).await;
        let inside = |row: &&Value| (from..to).contains(&row[modified].as_str().or(row[created].as_str()).unwrap());
        assert_eq!(rows.len(), all.values().filter(inside).count());
    }
}

#[tokio::test]
async fn deleted_feedback_is_a_status_on_genesys_and_a_404_on_cxone() {
    let sim = sim(53).await;
    for platform in Platform::ALL {
        let mut reader = Reader::new(&sim, platform).await;
        let truth = sim.truth(platform);
        let rows = reader.all(reader.feedback_path(), "500").await;
        let entries = truth["feedback"].as_object().unwrap().iter();
        let deleted: Vec<_> = entries.filter(|(_, entry)| entry["deleted"] == true && entry["visible"] == true).collect();
        assert!(!deleted.is_empty());
        for (id, _) in deleted {
            match platform {
                Platform::Genesys => assert_eq!(rows[id]["status"], "deleted"),
                Platform::Cxone => {
                    assert!(!rows.contains_key(id));
                    assert_eq!(entry_of(&reader, id).await.status, 404);
                }
            }
        }
        if platform == Platform::Cxone {
            for (id, row) in rows.iter().take(60) {
                assert_eq!(entry_of(&reader, id).await.json(), *row);
            }
        }
    }
}

async fn entry_of(reader: &Reader, id: &str) -> Got {
    let id = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC);
    reader.once(&format!("/api/v2/agent-performance/feedback/{id}"), &[]).await.unwrap()
}

#[tokio::test]
async fn answers_bear_the_worlds_date_and_come_compressed_if_asked() {
    let sim = sim(54).await;
    let reader = Reader::new(&sim, Platform::Genesys).await;
    let got = reader.once(ASSESSMENTS, &RANGE).await.unwrap();
    assert_eq!(got.header("date"), "Mon, 01 Apr 2024 00:00:00 GMT");
    assert_eq!(got.headers.get_all("date").iter().count(), 1);
    assert!(!got.header("inin-correlation-id").is_empty());
    let bearer = format!("Bearer {}", reader.token);
    let plain = builder().no_gzip().build().unwrap();
    let request = plain.get(reader.url(ASSESSMENTS, &RANGE)).header("authorization", bearer);
    let packed = request.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert!(packed.bytes().await.unwrap().starts_with(&[0x1f, 0x8b]));
}

#[tokio::test]
async fn other_methods_are_refused() {
    let sim = sim(55).await;
    let reader = Reader::new(&sim, Platform::Genesys).await;
    let http = builder().build().unwrap();
    let bearer = format!("Bearer {}", reader.token);
    for method in [reqwest::Method::POST, reqwest::Method::DELETE, reqwest::Method::PUT] {
        let request = http.request(method, reader.url("/api/v2/divisions", &[])).header("authorization", &bearer);
        assert_eq!(request.send().await.unwrap().status().as_u16(), 405);
    }
    let status = http.get(reader.url("/oauth/token", &[])).send().await.unwrap().status();
    assert_eq!(status.as_u16(), 405);
}
