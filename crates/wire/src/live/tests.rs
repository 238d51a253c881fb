//! The real network against loopback servers: what comes back, and into which kind each failure is sorted.
//! Waits are bounded by the short timeouts of the options; nothing here looks at a clock.

use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, Version};
use axum::routing::get;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Options whose timeouts no healthy loopback server comes near.
fn patient() -> LiveOptions {
    LiveOptions::default()
}

fn get_of(url: &str) -> Outgoing {
    Outgoing { method: Method::Get, url: Url::parse(url).unwrap(), headers: Vec::new(), body: None }
}

async fn send(options: LiveOptions, url: &str) -> Result<Answer, HttpError> {
    LiveHttp::new(options).unwrap().send(get_of(url)).await
}

/// A server that reads each request's head and then does as told with the connection.
async fn raw_server<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// A server that writes these bytes and closes.
async fn writing_server(bytes: Vec<u8>) -> SocketAddr {
    let bytes = Arc::new(bytes);
    raw_server(move |mut stream| {
        let bytes = Arc::clone(&bytes);
        async move {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
    })
    .await
}

/// A server that writes these bytes and then neither writes nor closes.
async fn hanging_server(bytes: &'static [u8]) -> SocketAddr {
    raw_server(move |mut stream| async move {
        let _ = stream.write_all(bytes).await;
        std::future::pending::<()>().await;
    })
    .await
}

async fn axum_server(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[track_caller]
fn check_failure(outcome: Result<Answer, HttpError>, address: SocketAddr, expected: &str) {
    let error = outcome.unwrap_err();
    let shown = format!("{:?}: {error}", error.kind).replace(&address.to_string(), "[host]");
    assert_eq!(shown, expected);
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn gzip_answer(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn answer_comes_back_whole_with_its_headers_in_lower_case() {
    let bytes = b"HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nX-Odd: caf\xe9\r\nContent-Length: 2\r\n\r\n{}";
    let address = writing_server(bytes.to_vec()).await;
    let answer = send(patient(), &format!("http://{address}/")).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (429, b"{}".as_slice()));
    assert_eq!(answer.headers[0], ("retry-after".to_owned(), "7".to_owned()));
    assert_eq!(answer.header("x-odd"), Some("caf\u{fffd}"));
}

#[tokio::test]
async fn request_is_sent_as_it_was_given() {
    let echo = |headers: HeaderMap, uri: axum::http::Uri, body: String| async move {
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        format!("{uri} {} {} {} {body}", header("authorization"), header("user-agent"), header("accept-encoding"))
    };
    let address = axum_server(Router::new().route("/x", axum::routing::post(echo))).await;
    let mut outgoing = get_of(&format!("http://{address}/x?token=a%2Bb%20c"));
    outgoing.method = Method::Post;
    outgoing.headers.push(("authorization".to_owned(), "Bearer t".to_owned()));
    outgoing.body = Some(b"body".to_vec());
    let options = LiveOptions { user_agent: "tester/1".to_owned(), ..patient() };
    let answer = LiveHttp::new(options).unwrap().send(outgoing).await.unwrap();
    assert_eq!(String::from_utf8(answer.body).unwrap(), "/x?token=a%2Bb%20c Bearer t tester/1 gzip body");
}

#[tokio::test]
async fn gzip_is_asked_for_and_taken_off() {
    let text = "{\"entities\":[]}".repeat(1000);
    let address = writing_server(gzip_answer(&gzipped(&text))).await;
    let answer = send(patient(), &format!("http://{address}/")).await.unwrap();
    assert_eq!(answer.body, text.as_bytes());
}

#[tokio::test]
async fn broken_gzip_is_an_error_of_its_own() {
    let address = writing_server(gzip_answer(b"this is no gzip at all")).await;
    let error = send(patient(), &format!("http://{address}/")).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Encoding);
    let whole = gzipped(&"abc".repeat(100_000));
    let address = writing_server(gzip_answer(&whole[..whole.len() / 2])).await;
    let error = send(patient(), &format!("http://{address}/")).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Truncated);
}

#[tokio::test]
async fn cut_off_answer_tells_how_far_it_came() {
    let address = writing_server(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"entities\":".to_vec()).await;
    let outcome = send(patient(), &format!("http://{address}/?nextPageToken=CURSOR")).await;
    check_failure(outcome, address, "Truncated: answer cut off at 12 of 100 bytes: end of file before message length reached");
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n".to_vec();
    let address = writing_server(chunked).await;
    let error = send(patient(), &format!("http://{address}/")).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Truncated);
}

#[tokio::test]
async fn closed_and_reset_connections_are_told_from_refused_ones() {
    let address = writing_server(Vec::new()).await;
    let outcome = send(patient(), &format!("http://{address}/?nextPageToken=CURSOR")).await;
    check_failure(
        outcome,
        address,
        "Reset: connection to `http://[host]` ended before the answer: connection closed before message completed",
    );
    let address = raw_server(|stream| async move { stream.set_zero_linger().unwrap() }).await;
    assert_eq!(send(patient(), &format!("http://{address}/")).await.unwrap_err().kind, HttpErrorKind::Reset);
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let error = send(patient(), &format!("http://{address}/")).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Connect);
    assert!(error.message.contains("Connection refused"), "{error}");
}

#[tokio::test]
async fn unknown_host_is_told() {
    let error = send(patient(), "https://no-such-host.invalid/?nextPageToken=CURSOR").await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Resolve);
    assert!(error.message.starts_with("`https://no-such-host.invalid` has no address: "), "{error}");
}

#[tokio::test]
async fn hanging_server_is_given_up() {
    let short = Duration::from_millis(50);
    let address = hanging_server(b"").await;
    let options = LiveOptions { connect_timeout: Duration::from_secs(1), first_byte_timeout: short, ..patient() };
    let outcome = send(options, &format!("http://{address}/")).await;
    check_failure(outcome, address, "FirstByteTimeout: no answer from `http://[host]` within 0.1 s");
    let address = hanging_server(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc").await;
    let outcome = send(LiveOptions { body_timeout: short, ..patient() }, &format!("http://{address}/")).await;
    check_failure(outcome, address, "BodyTimeout: answer not whole within 0.1 s: 3 bytes came");
    // A listener that accepts nothing: TCP connects, the TLS handshake never begins.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let outcome = send(LiveOptions { connect_timeout: short, ..patient() }, &format!("https://{address}/")).await;
    check_failure(outcome, address, "ConnectTimeout: no connection to `https://[host]` within 0.1 s");
}

#[tokio::test]
async fn answer_without_end_is_refused() {
    let options = || LiveOptions { body_max_bytes: 1000, ..patient() };
    let address = writing_server(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n".to_vec()).await;
    let outcome = send(options(), &format!("http://{address}/")).await;
    check_failure(outcome, address, "TooLarge: answer is longer than 1000 bytes");
    let address = writing_server(gzip_answer(&gzipped(&"a".repeat(1_000_000)))).await;
    let outcome = send(options(), &format!("http://{address}/")).await;
    check_failure(outcome, address, "TooLarge: answer is longer than 1000 bytes");
}

#[tokio::test]
async fn redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = axum_server(Router::new().fallback(|| async { "the token went here" })).await;
    let moved = format!("HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\n\r\n");
    let address = writing_server(moved.into_bytes()).await;
    let answer = send(patient(), &format!("http://{address}/")).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (302, 0));
}

#[tokio::test]
async fn plain_http_is_for_loopback_alone() {
    let error = send(patient(), "http://source.test/x").await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Tls);
    assert_eq!(error.message, "plain http is for loopback alone, and `source.test` is not: use https");
}

#[test]
fn base_urls_are_checked() {
    let check = |url: &str| check_base_url(&Url::parse(url).unwrap()).err().unwrap_or_default();
    for fine in
        ["https://s.test", "https://s.test/prefix/", "http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:80", "http://LocalHost"]
    {
        assert_eq!(check(fine), "", "{fine}");
    }
    for host in ["s.test", "10.0.0.1", "[::2]", "127.0.0.1.evil.test", "localhost.evil.test", "0.0.0.0"] {
        assert_eq!(check(&format!("http://{host}")), format!("plain http is for loopback alone, and `{host}` is not: use https"));
    }
    assert_eq!(check("ftp://s.test"), "`ftp` is not https");
    assert_eq!(check("data:text/plain,x"), "the URL names no host");
    assert_eq!(check("https://u:p@s.test"), "a base URL holds no user and no password");
    assert_eq!(check("https://s.test?a=b"), "a base URL holds no query and no fragment");
    assert_eq!(check("https://s.test#a"), "a base URL holds no query and no fragment");
}

/// A TLS server for the axum router below, offering HTTP/2 and HTTP/1.1.
struct TlsListener {
    tcp: TcpListener,
    acceptor: tokio_rustls::TlsAcceptor,
}

impl axum::serve::Listener for TlsListener {
    type Io = tokio_rustls::server::TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((tcp, address)) = self.tcp.accept().await else { continue };
            if let Ok(tls) = self.acceptor.accept(tcp).await {
                return (tls, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

/// Starts a server whose certificate is signed by an authority made for it; gives the address and the authority's PEM.
async fn tls_server(protocols: &[&str]) -> (SocketAddr, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = vec!["127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let router = Router::new().route("/", get(|version: Version| async move { format!("{version:?}") }));
    tokio::spawn(async move { axum::serve(TlsListener { tcp, acceptor }, router).await.map(|()| Infallible::clone) });
    (address, authority.pem())
}

async fn send_trusting(authority: &str, url: &str) -> Result<Answer, HttpError> {
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, authority).unwrap();
    send(LiveOptions { ca_file: Some(ca_file), ..patient() }, url).await
}

async fn https_version(protocols: &[&str]) -> String {
    let (address, authority) = tls_server(protocols).await;
    let answer = send_trusting(&authority, &format!("https://{address}/")).await.unwrap();
    String::from_utf8(answer.body).unwrap()
}

#[tokio::test]
async fn http2_is_spoken_where_it_is_offered() {
    assert_eq!(https_version(&["h2", "http/1.1"]).await, "HTTP/2.0");
    assert_eq!(https_version(&["http/1.1"]).await, "HTTP/1.1");
    assert_eq!(https_version(&[]).await, "HTTP/1.1");
}

#[tokio::test]
async fn certificate_of_an_unknown_authority_is_refused() {
    let (address, _) = tls_server(&["h2"]).await;
    let outcome = send(patient(), &format!("https://{address}/")).await;
    check_failure(outcome, address, "Tls: cannot trust `https://[host]`: its certificate is signed by an authority that is not known here");
}

#[tokio::test]
async fn certificate_of_another_host_is_refused() {
    let (address, authority) = tls_server(&["h2"]).await;
    let error = send_trusting(&authority, &format!("https://localhost:{}/", address.port())).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Tls);
    assert!(error.message.contains("certificate not valid for name \"localhost\""), "{error}");
}

#[tokio::test]
async fn https_to_a_plain_server_is_told() {
    let address = axum_server(Router::new()).await;
    let outcome = send(patient(), &format!("https://{address}/")).await;
    check_failure(outcome, address, "Tls: cannot trust `https://[host]`: it does not speak TLS");
}

#[test]
fn unusable_ca_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let why = || {
        let options = LiveOptions { ca_file: Some(path.clone()), ..patient() };
        let error = LiveHttp::new(options).err().unwrap();
        error.to_string().replace(&path.display().to_string(), "[path]")
    };
    assert_eq!(why(), "ca_file `[path]`: No such file or directory (os error 2)");
    for text in ["", "not a certificate", "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(why(), "ca_file `[path]`: holds no certificate in PEM");
    }
}

/// The head of the first request that a listener gets.
async fn first_line(listener: TcpListener) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        line.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(line).unwrap().trim_end().to_owned()
}

const CHILD: &str = "WIRE_TEST_LOOPBACK_URL";

/// Variables of the environment can be set only for another process: this test is run again there.
#[tokio::test]
async fn proxy_is_asked_for_others_and_never_for_loopback() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy_url = format!("http://{}", proxy.local_addr().unwrap());
    let loopback = axum_server(Router::new().route("/", get(|| async { "direct" }))).await;
    let child = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "live::tests::child_asks_with_proxy_variables_and_without_system_roots"])
        .env(CHILD, format!("http://{loopback}/"))
        .envs([("HTTP_PROXY", &proxy_url), ("HTTPS_PROXY", &proxy_url)])
        .envs([("http_proxy", &proxy_url), ("https_proxy", &proxy_url)])
        .env("NO_PROXY", "spared.invalid")
        .env("no_proxy", "spared.invalid")
        .envs([("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")])
        .output();
    let (line, output) = tokio::join!(first_line(proxy), child);
    assert_eq!(line, "CONNECT source.invalid:443 HTTP/1.1");
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Does nothing unless the test above runs it.
#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "how the other process is told what to ask")]
async fn child_asks_with_proxy_variables_and_without_system_roots() {
    let Ok(loopback) = std::env::var(CHILD) else { return };
    assert_eq!(send(patient(), &loopback).await.unwrap().body, b"direct");
    assert_eq!(send(patient(), "https://source.invalid/").await.unwrap_err().kind, HttpErrorKind::Connect);
    assert_eq!(send(patient(), "https://spared.invalid/").await.unwrap_err().kind, HttpErrorKind::Resolve);
}

#[tokio::test]
async fn client_logs_in_and_asks_over_the_real_network() {
    let token = || async { r#"{"access_token":"t","expires_in":3600,"scope":"quality:read"}"# };
    let pages = |headers: HeaderMap, uri: axum::http::Uri| async move {
        let signed_by = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        serde_json::json!([uri.to_string(), signed_by]).to_string()
    };
    let router = Router::new().route("/base/oauth/token", axum::routing::post(token)).route("/base/pages", get(pages));
    let address = axum_server(router).await;
    let base_url = Url::parse(&format!("http://{address}/base")).unwrap();
    let grant = crate::token::Grant::new("id".into(), "secret".into());
    let client = crate::client::Client::new(
        crate::client::ClientOptions::new(base_url, grant),
        Arc::new(LiveHttp::new(patient()).unwrap()),
        Arc::new(crate::clock::SystemClock::new()),
        None,
    );
    assert_eq!(client.login().await.unwrap().scope, Some(vec!["quality:read".to_owned()]));
    let request = crate::http::Request::get("/pages", "pages").with("nextPageToken", "+/=&% é");
    let answers = futures_util::future::join_all((0..20).map(|_| client.ask(&request))).await;
    for answer in answers {
        let heard = String::from_utf8(answer.unwrap().body).unwrap();
        assert_eq!(heard, r#"["/base/pages?nextPageToken=%2B%2F%3D%26%25%20%C3%A9","Bearer t"]"#);
    }
    assert_eq!((client.counters().requests, client.counters().token_requests), (20, 1));
    assert!(client.source_time().is_some());
}
