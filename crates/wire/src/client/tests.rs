//! The client with canned answers and a manual clock: what is sent, how long is waited, what is said at the end.

use serde_json::json;

use super::*;
use crate::secret::Secret;
use crate::testing::{CannedHttp, ManualClock, json_answer, raw_answer, token_answer, with_header};

type Outcome = Result<Answer, HttpError>;

/// A client with a seed, its network and its clock.
struct Rig {
    client: Client,
    http: Arc<CannedHttp>,
    clock: Arc<ManualClock>,
}

fn options() -> ClientOptions {
    let grant = Grant::new(Secret::from("the-client-id"), Secret::from("the-client-secret"));
    ClientOptions::new(Url::parse("https://source.test").unwrap(), grant)
}

fn rig_with(options: ClientOptions, http: CannedHttp) -> Rig {
    let (http, clock) = (Arc::new(http), Arc::new(ManualClock::new()));
    let client = Client::new(options, http.clone(), clock.clone(), Some(1));
    Rig { client, http, clock }
}

/// Logs in by itself; data requests get these outcomes in order.
fn rig(outcomes: impl IntoIterator<Item = Outcome>) -> Rig {
    rig_with(options(), CannedHttp::with_token(outcomes))
}

fn request() -> Request {
    Request::get("/api/v2/quality/feedback", "genesys feedback").with("nextPageToken", "the-cursor")
}

fn page() -> Outcome {
    Ok(json_answer(200, &json!({"entities": []})))
}

fn status(status: u16) -> Outcome {
    Ok(raw_answer(status, ""))
}

fn failure(kind: HttpErrorKind) -> Outcome {
    Err(HttpError::new(kind, "no luck"))
}

fn told_to_wait(status: u16, retry_after: &str) -> Outcome {
    Ok(with_header(json_answer(status, &json!({"code": "too.many.requests"})), "retry-after", retry_after))
}

fn is_token_request(outgoing: &Outgoing) -> bool {
    outgoing.url.path().ends_with("/oauth/token")
}

impl Rig {
    async fn end(&self) -> String {
        match self.client.ask(&request()).await {
            Ok(answer) => format!("{} after {:?}", answer.status, self.clock.sleeps_ms()),
            Err(error) => format!("{error}; slept {:?}", self.clock.sleeps_ms()),
        }
    }

    fn n_token_requests(&self) -> usize {
        self.http.sent().iter().filter(|outgoing| is_token_request(outgoing)).count()
    }

    fn tokens_used(&self) -> Vec<String> {
        let sent = self.http.sent();
        sent.iter().filter_map(|outgoing| outgoing.header("authorization")).map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn request_is_signed_and_sent_under_the_base_url() {
    let rig = rig([page()]);
    assert_eq!(rig.end().await, "200 after []");
    let sent = rig.http.sent();
    let urls: Vec<&str> = sent.iter().map(|outgoing| outgoing.url.as_str()).collect();
    assert_eq!(urls, ["https://source.test/oauth/token", "https://source.test/api/v2/quality/feedback?nextPageToken=the-cursor"]);
    let body: serde_json::Value = serde_json::from_slice(sent[0].body.as_deref().unwrap()).unwrap();
    assert_eq!(body, json!({"grant_type": "client_credentials", "client_id": "the-client-id", "client_secret": "the-client-secret"}));
    assert_eq!((sent[0].method, sent[0].header("authorization")), (Method::Post, None));
    assert_eq!((sent[0].header("content-type"), sent[0].header("accept")), (Some("application/json"), Some("application/json")));
    assert_eq!((sent[1].method, sent[1].header("Authorization")), (Method::Get, Some("Bearer token-1")));
    assert!(sent.iter().all(|outgoing| outgoing.header("cookie").is_none()));
}

#[tokio::test]
async fn scope_is_asked_for_where_it_is_set() {
    let mut options = options();
    options.grant.scope = Some("quality:read".to_owned());
    let granted = json_answer(200, &json!({"access_token": "t", "expires_in": 3600, "scope": "quality:read quality:all"}));
    let rig = rig_with(options, CannedHttp::scripted([Ok(granted)]));
    let told = rig.client.login().await.unwrap();
    assert_eq!(told.scope, Some(vec!["quality:read".to_owned(), "quality:all".to_owned()]));
    assert_eq!(told.expires_in_s, Some(3600));
    assert_eq!(rig.client.login().await.unwrap(), told, "a valid token is not asked for again");
    let body: serde_json::Value = serde_json::from_slice(rig.http.sent()[0].body.as_deref().unwrap()).unwrap();
    assert_eq!(body["scope"], "quality:read");
}

#[tokio::test]
async fn statuses_that_are_not_retried_come_back_as_answers() {
    for code in [204, 302, 304, 400, 403, 404, 409, 410, 418, 422] {
        let rig = rig([status(code)]);
        assert_eq!(rig.end().await, format!("{code} after []"));
    }
}

#[tokio::test]
async fn retried_outcomes_wait_longer_and_longer() {
    let rig = rig([
        status(500),
        failure(HttpErrorKind::Reset),
        Ok(raw_answer(200, r#"{"entities":["#)),
        status(408),
        failure(HttpErrorKind::FirstByteTimeout),
        page(),
    ]);
    assert_eq!(rig.end().await, "200 after [346, 428, 351, 1018, 7701]");
    let counters = rig.client.counters();
    assert_eq!((counters.requests, counters.token_requests, counters.retries, counters.waited_ms), (6, 1, 5, 9844));
}

#[tokio::test]
async fn attempts_are_bounded() {
    let problem = json!({"code": "service.unavailable", "message": "come back", "correlationId": "c-9"});
    let rig = rig((0..20).map(|_| Ok(json_answer(503, &problem))));
    let error = rig.client.ask(&request()).await.unwrap_err();
    assert_eq!(rig.client.counters().requests, 6);
    let WireError::Unavailable { attempts: 6, elapsed, last, .. } = &error else { panic!("{error}") };
    assert_eq!(*elapsed, rig.clock.sleeps().iter().sum::<Duration>());
    assert_eq!(last, "503 `service.unavailable`: come back (correlation id `c-9`)");
}

#[tokio::test]
async fn time_is_bounded() {
    let mut options = options();
    options.retry.attempts_max = 1000;
    options.retry.budget = Duration::from_secs(60);
    let rig = rig_with(options, CannedHttp::with_token((0..1000).map(|_| failure(HttpErrorKind::Connect))));
    let error = rig.client.ask(&request()).await.unwrap_err();
    assert!(matches!(error, WireError::Unavailable { .. }), "{error}");
    let slept: Duration = rig.clock.sleeps().iter().sum();
    assert!(slept <= Duration::from_secs(60) && Duration::from_secs(30) <= slept, "{slept:?}");
}

#[tokio::test]
async fn retry_after_is_obeyed_to_the_second() {
    assert_eq!(rig([told_to_wait(429, "7"), page()]).end().await, "200 after [7000]");
    assert_eq!(rig([told_to_wait(503, "7"), page()]).end().await, "200 after [7000]");
    assert_eq!(rig([told_to_wait(429, "Mon, 01 Jan 2024 00:00:09 GMT"), page()]).end().await, "200 after [9000]");
    let by_its_own_date =
        told_to_wait(503, "Tue, 02 Jan 2024 00:00:05 GMT").map(|answer| with_header(answer, "date", "Tue, 02 Jan 2024 00:00:00 GMT"));
    assert_eq!(rig([by_its_own_date, page()]).end().await, "200 after [5000]");
    assert_eq!(rig([told_to_wait(429, "600"), page()]).end().await, "200 after [600000]");
}

#[tokio::test]
async fn retry_after_that_names_no_wait_gives_way_to_backoff() {
    for text in ["soon", "-5", "0", "", "1e3", "Sun, 31 Dec 2023 00:00:00 GMT"] {
        assert_eq!(rig([told_to_wait(429, text), page()]).end().await, "200 after [346]", "{text}");
        assert_eq!(rig([told_to_wait(503, text), page()]).end().await, "200 after [346]", "{text}");
    }
}

#[tokio::test]
async fn wait_past_the_budget_ends_at_once_and_names_the_time() {
    let expected = "genesys feedback: told to wait until `2024-01-01T02:00:00.000Z`: 429 `too.many.requests` (1 attempt, 0 s); slept []";
    assert_eq!(rig([told_to_wait(429, "7200")]).end().await, expected);
    assert_eq!(rig([told_to_wait(429, "Mon, 01 Jan 2024 02:00:00 GMT")]).end().await, expected);
    assert_eq!(rig([told_to_wait(503, "7200")]).end().await, expected.replace("429", "503"));
    let forever = rig([told_to_wait(429, "99999999999999999999")]).end().await;
    assert!(forever.starts_with("genesys feedback: told to wait until `2160-02-07T06:28:15.000Z`"), "{forever}");
    let second = rig([told_to_wait(429, "400"), told_to_wait(429, "400")]).end().await;
    assert_eq!(
        second,
        "genesys feedback: told to wait until `2024-01-01T00:13:20.000Z`: 429 `too.many.requests` (2 attempts, 400 s); slept [400000]"
    );
}

#[tokio::test]
async fn pause_for_hours_holds_every_request_and_sends_none() {
    let rig = rig([told_to_wait(429, "7200"), page()]);
    rig.end().await;
    rig.clock.advance(Duration::from_mins(30));
    assert_eq!(
        rig.end().await,
        "genesys feedback: told to wait until `2024-01-01T02:00:00.000Z`: an earlier answer asked every request to wait (0 attempts, 0 s); slept []"
    );
    assert_eq!(rig.client.counters().requests, 1);
    rig.clock.advance(Duration::from_mins(90));
    assert_eq!(rig.end().await, "200 after []");
}

#[tokio::test]
async fn pause_after_429_is_shared() {
    let rig = rig([told_to_wait(429, "30"), page(), page()]);
    let (first, request) = (rig.client.clone(), request());
    let (one, other) = tokio::join!(first.ask(&request), async {
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        rig.client.ask(&request).await
    });
    assert_eq!((one.unwrap().status, other.unwrap().status), (200, 200));
    assert_eq!(rig.clock.sleeps_ms(), [30_000]);
    assert_eq!(rig.client.counters().rate_limited, 1);
}

#[tokio::test]
async fn told_reset_stands_in_for_retry_after() {
    let limited = with_header(raw_answer(429, ""), "inin-ratelimit-reset", "12");
    assert_eq!(rig([Ok(limited), page()]).end().await, "200 after [12000]");
}

#[tokio::test]
async fn refused_token_is_renewed_once() {
    let rig = rig([status(401), page()]);
    assert_eq!(rig.end().await, "200 after []");
    assert_eq!(rig.tokens_used(), ["Bearer token-1", "Bearer token-2"]);
    assert_eq!(rig.client.counters().tokens_refused, 1);
}

#[tokio::test]
async fn renewed_token_that_is_refused_is_an_error() {
    let refused = || Ok(json_answer(401, &json!({"code": "bad.credentials", "correlationId": "c-1"})));
    let rig = rig([refused(), refused(), page()]);
    assert_eq!(rig.end().await, "genesys feedback: a renewed token is refused too: 401 `bad.credentials` (correlation id `c-1`); slept []");
    assert_eq!((rig.n_token_requests(), rig.client.counters().requests), (2, 2));
}

#[tokio::test]
async fn refusals_with_other_trouble_between_are_bounded() {
    let rig = rig((0..100).map(|n| status(if n % 2 == 0 { 401 } else { 503 })));
    let error = rig.client.ask(&request()).await.unwrap_err();
    assert!(matches!(error, WireError::Unavailable { attempts: 12, .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hundred_waiting_requests_cost_one_token() {
    let rig = rig((0..100).map(|_| page()));
    let asks: Vec<_> = (0..100)
        .map(|_| {
            let client = rig.client.clone();
            tokio::spawn(async move { client.ask(&request()).await })
        })
        .collect();
    for ask in asks {
        assert_eq!(ask.await.unwrap().unwrap().status, 200);
    }
    assert_eq!((rig.n_token_requests(), rig.client.counters().requests), (1, 100));
}

#[tokio::test]
async fn hundred_refused_requests_cost_one_renewal() {
    let mut n_tokens = 0;
    let http = CannedHttp::by(move |outgoing| {
        if is_token_request(outgoing) {
            n_tokens += 1;
            return Ok(token_answer(&format!("token-{n_tokens}"), 3600));
        }
        if outgoing.header("authorization") == Some("Bearer token-1") { status(401) } else { page() }
    });
    let rig = rig_with(options(), http);
    let request = request();
    let answers = futures_util::future::join_all((0..100).map(|_| rig.client.ask(&request))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(rig.n_token_requests(), 2);
}

#[tokio::test]
async fn hundred_requests_with_a_wrong_secret_ask_once() {
    let refusal = json!({"error": "invalid_client", "error_description": "client the-client-secret is unknown"});
    let rig = rig_with(options(), CannedHttp::by(move |_| Ok(json_answer(401, &refusal))));
    let request = request();
    let answers = futures_util::future::join_all((0..100).map(|_| rig.client.ask(&request))).await;
    for answer in answers {
        assert_eq!(
            answer.unwrap_err().to_string(),
            "access token from https://source.test/oauth/token: no token for these client credentials: \
             401 `invalid_client`: client *** is unknown"
        );
    }
    assert_eq!(rig.http.sent().len(), 1);
    assert!(rig.client.login().await.is_err());
    assert_eq!(rig.http.sent().len(), 2, "a later request asks again");
}

/// Asks every `step` over `span` of simulated time with tokens of that life; gives (token requests, data requests).
async fn storm(life_s: i64, step: Duration, span: Duration) -> (usize, usize) {
    let http = CannedHttp::by(move |outgoing| if is_token_request(outgoing) { Ok(token_answer("t", life_s)) } else { page() });
    let rig = rig_with(ClientOptions { requests_per_minute: 100_000, ..options() }, http);
    while rig.clock.elapsed() < span {
        rig.client.ask(&request()).await.unwrap();
        rig.clock.advance(step);
    }
    let n_token_requests = rig.n_token_requests();
    (n_token_requests, rig.http.sent().len() - n_token_requests)
}

#[tokio::test]
async fn short_lived_tokens_cause_no_storm() {
    let (second, hour) = (Duration::from_secs(1), Duration::from_hours(1));
    assert_eq!(storm(60, second, hour).await, (120, 3600));
    assert_eq!(storm(900, second, hour).await, (8, 3600));
    assert_eq!(storm(1, Duration::from_millis(100), Duration::from_mins(1)).await, (120, 600));
    for life_s in [0, -1] {
        assert_eq!(storm(life_s, second, hour).await, (24, 3600), "no sensible life is five minutes, half of it in use");
    }
}

#[tokio::test]
async fn every_attempt_is_signed_anew() {
    let mut n_tokens = 0;
    let mut data = [told_to_wait(503, "100"), page()].into_iter();
    let http = CannedHttp::by(move |outgoing| {
        if is_token_request(outgoing) {
            n_tokens += 1;
            return Ok(token_answer(&format!("token-{n_tokens}"), 60));
        }
        data.next().unwrap()
    });
    let rig = rig_with(options(), http);
    assert_eq!(rig.end().await, "200 after [100000]");
    assert_eq!(rig.tokens_used(), ["Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn token_that_ran_out_while_waiting_for_a_turn_is_not_sent() {
    let mut n_tokens = 0;
    let http = CannedHttp::by(move |outgoing| {
        if is_token_request(outgoing) {
            n_tokens += 1;
            return Ok(token_answer(&format!("token-{n_tokens}"), 40));
        }
        page()
    });
    let rig = rig_with(ClientOptions { requests_per_minute: 3, ..options() }, http);
    for _ in 0..3 {
        rig.client.ask(&request()).await.unwrap();
    }
    assert_eq!(rig.tokens_used(), ["Bearer token-1", "Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn token_endpoint_in_trouble_is_asked_again_within_the_same_bounds() {
    let token = || Ok(token_answer("t", 3600));
    let script = [status(503), told_to_wait(429, "7"), failure(HttpErrorKind::Reset), token(), page()];
    let rig = rig_with(options(), CannedHttp::scripted(script));
    assert_eq!(rig.end().await, "200 after [488, 7000, 1383]");
    assert_eq!((rig.client.counters().token_requests, rig.client.counters().requests), (4, 1));
    let rig = rig_with(options(), CannedHttp::by(|_| status(502)));
    let error = rig.client.ask(&request()).await.unwrap_err();
    assert!(error.to_string().starts_with("access token from https://source.test/oauth/token: 502 (6 attempts, "), "{error}");
}

#[tokio::test]
async fn token_endpoint_that_is_none_is_told() {
    let check = async |answer: Answer, expected: &str| {
        let rig = rig_with(options(), CannedHttp::by(move |_| Ok(answer.clone())));
        let error = rig.client.login().await.unwrap_err();
        assert!(!error.is_transient());
        assert_eq!(error.to_string(), format!("access token from https://source.test/oauth/token: {expected}"));
        assert_eq!(rig.http.sent().len(), 1);
    };
    let refused = "no token for these client credentials: ";
    check(json_answer(400, &json!({"error": "invalid_scope"})), &format!("{refused}400 `invalid_scope`")).await;
    check(raw_answer(403, ""), &format!("{refused}403")).await;
    check(json_answer(200, &json!({})), &format!("{refused}the answer has no `access_token`")).await;
    check(raw_answer(404, "<html><title>Not Found</title>"), "404: Not Found").await;
    check(raw_answer(302, ""), "302").await;
}

#[tokio::test]
async fn failures_that_cannot_heal_are_not_repeated() {
    assert_eq!(rig([failure(HttpErrorKind::Tls)]).end().await, "genesys feedback: no luck; slept []");
    assert_eq!(rig([failure(HttpErrorKind::TooLarge)]).end().await, "genesys feedback: no luck (1 attempt, 0 s); slept []");
}

#[tokio::test]
async fn id_that_no_url_can_hold_is_told_without_a_request() {
    let rig = rig([]);
    let error = rig.client.ask(&Request::get("/forms/..", "form version `..`")).await.unwrap_err();
    assert_eq!(error.to_string(), "form version `..`: `/forms/..` cannot stand in a URL");
    assert!(rig.http.sent().is_empty());
}

#[tokio::test]
async fn budget_holds_for_data_and_token_requests_together() {
    let times = Arc::new(Mutex::new(Vec::new()));
    let clock = Arc::new(ManualClock::new());
    let http = {
        let (times, clock) = (Arc::clone(&times), Arc::clone(&clock));
        CannedHttp::by(move |outgoing| {
            lock(&times).push(clock.elapsed());
            if is_token_request(outgoing) { Ok(token_answer("t", 60)) } else { page() }
        })
    };
    let client = Client::new(ClientOptions { requests_per_minute: 20, ..options() }, Arc::new(http), clock.clone(), Some(1));
    let request = request();
    futures_util::future::join_all((0..200).map(|_| client.ask(&request))).await;
    let times = lock(&times).clone();
    let minute = Duration::from_mins(1);
    let busiest = times.iter().map(|from| times.iter().filter(|at| *from <= **at && **at < *from + minute).count()).max();
    assert_eq!(busiest, Some(20));
    assert!(times.len() < 220, "{} requests for 200 answers", times.len());
    assert!(0 < client.counters().paced_ms);
}

#[tokio::test]
async fn source_tells_its_time_and_its_budget() {
    let answer = with_header(json_answer(200, &json!({})), "date", "Tue, 02 Jan 2024 03:04:05 GMT");
    let answer = with_header(with_header(answer, "inin-ratelimit-allowed", "300"), "inin-ratelimit-count", "300");
    let rig = rig([Ok(with_header(answer, "inin-ratelimit-reset", "21")), page()]);
    assert_eq!((rig.client.source_time(), rig.client.rate_limit()), (None, None));
    rig.end().await;
    rig.clock.advance(Duration::from_millis(1_500));
    assert_eq!(rig.client.source_time().map(crate::clock::text).as_deref(), Some("2024-01-02T03:04:06.500Z"));
    let told = rig.client.rate_limit().unwrap();
    assert_eq!((told.allowed, told.remaining, told.reset), (Some(300), Some(0), Some(Duration::from_secs(21))));
    assert_eq!(rig.end().await, "200 after [19500]");
}

#[tokio::test]
async fn counters_count() {
    let body = json!({"entities": []}).to_string().len() as u64;
    let rig = rig([told_to_wait(429, "2"), status(401), status(500), page()]);
    rig.client.ask(&request()).await.unwrap();
    let bytes = token_answer("token-1", 3600).body.len() as u64 * 2 + told_to_wait(429, "2").unwrap().body.len() as u64 + body;
    let backoff_ms = u64::try_from(rig.clock.sleeps_ms()[1]).unwrap();
    assert_eq!(
        rig.client.counters(),
        WireCounters {
            requests: 4,
            token_requests: 2,
            retries: 2,
            tokens_refused: 1,
            rate_limited: 1,
            waited_ms: 2_000 + backoff_ms,
            paced_ms: 0,
            bytes_received: bytes,
        }
    );
}

/// Everything that is logged on this thread, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        span.record(&mut self.clone());
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

impl tracing::field::Visit for Log {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
        lock(&self.0).push_str(&format!("{field}={value:?}\n"));
    }
}

#[tokio::test]
async fn secrets_and_queries_are_in_no_error_log_or_debug() {
    // With one subscriber alone, a log line that another thread reaches first would stay silent for everyone.
    let _another = tracing::Dispatch::new(Log::default());
    let log = Log::default();
    let _logging = tracing::subscriber::set_default(log.clone());
    // A source that repeats everything it was sent, as some gateways do.
    let repeat = |outgoing: &Outgoing, status: u16| {
        let heard = format!(
            "cannot serve {} for {} with {}",
            outgoing.url,
            outgoing.header("authorization").unwrap_or("nobody"),
            String::from_utf8_lossy(outgoing.body.as_deref().unwrap_or_default())
        );
        let spaced = heard.replace("Bearer ", "token=");
        Ok(json_answer(status, &json!({"code": "odd", "message": format!("{heard}; {spaced}")})))
    };
    let mut texts = Vec::new();
    for (token_status, data_status) in [(200, 503), (200, 401), (401, 200), (503, 200), (404, 200)] {
        let http = CannedHttp::by(move |outgoing| match is_token_request(outgoing) {
            true if token_status == 200 => Ok(token_answer("the-access-token", 3600)),
            true => repeat(outgoing, token_status),
            false => repeat(outgoing, data_status),
        });
        let rig = rig_with(options(), http);
        let error = rig.client.ask(&request()).await.unwrap_err();
        texts.push(format!("{error} {error:?} {:?} {:?} {:?}", error.hint(), rig.client, rig.http.sent()));
        texts.push(format!("{:?} {:?}", request(), options()));
    }
    texts.push(lock(&log.0).clone());
    assert!(texts.last().is_some_and(|log| log.contains("/api/v2/quality/feedback")), "requests are logged");
    for text in texts {
        for secret in ["the-client-secret", "the-access-token", "the-cursor"] {
            assert!(!text.contains(secret), "{secret} is in: {text}");
        }
    }
}
