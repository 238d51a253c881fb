//! The real network: the only file that names the HTTP library, and where its errors are sorted into kinds.
//! It repeats nothing, follows no redirect and knows no token cache; timeouts are its own.
//! What holds: nothing is sent in plain text except to loopback, and loopback is never asked through a proxy.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use url::{Host, Url};

use crate::clock::seconds;
use crate::error::WireError;
use crate::http::{Answer, BoxFuture, HttpError, HttpErrorKind, HttpService, Method, Outgoing};

/// Bounds on one request, and whom to trust.
#[derive(Debug, Clone)]
pub struct LiveOptions {
    /// Until there is a connection, TLS included.
    pub connect_timeout: Duration,
    /// From then until the answer begins.
    pub first_byte_timeout: Duration,
    /// From then until the answer ends.
    pub body_timeout: Duration,
    /// Certificates in PEM that are trusted besides the system's own.
    pub ca_file: Option<PathBuf>,
    /// Who we say we are.
    pub user_agent: String,
    /// Longer bodies, decompressed, are refused.
    pub body_max_bytes: usize,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(60),
            body_timeout: Duration::from_secs(120),
            ca_file: None,
            user_agent: concat!("scorelake/", env!("CARGO_PKG_VERSION")).to_owned(),
            body_max_bytes: 256 * 1024 * 1024,
        }
    }
}

/// Whether a source may be asked at that base URL.
///
/// # Errors
/// What is wrong with it, in words: no `https` (plain `http` is for loopback alone), no host, or a user, a query or a
/// fragment in it.
pub fn check_base_url(url: &Url) -> Result<(), String> {
    check_scheme(url)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a base URL holds no user and no password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("a base URL holds no query and no fragment".to_owned());
    }
    Ok(())
}

fn check_scheme(url: &Url) -> Result<(), String> {
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
        return Err("the URL names no host".to_owned());
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" => Err(format!("plain http is for loopback alone, and `{host}` is not: use https")),
        other => Err(format!("`{other}` is not https")),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// The network behind [`HttpService`]: TLS by the system's roots, HTTP/2 where offered, gzip, connections kept alive.
pub struct LiveHttp {
    /// For loopback, past any proxy.
    direct: reqwest::Client,
    /// For all others, by way of `HTTPS_PROXY` and `NO_PROXY`.
    proxied: reqwest::Client,
    options: LiveOptions,
}

impl LiveHttp {
    /// Reads certificates and proxy variables; opens no connection.
    ///
    /// # Errors
    /// [`WireError::Setup`] if `ca_file` cannot be read or holds no certificate, or a proxy variable is unreadable.
    pub fn new(options: LiveOptions) -> Result<Self, WireError> {
        // Whoever came first has set the same provider; a second time is refused and changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let roots = options.ca_file.as_deref().map_or(Ok(Vec::new()), read_roots)?;
        Ok(Self {
            direct: build(&options, &roots, reqwest::ClientBuilder::no_proxy)?,
            proxied: build(&options, &roots, |builder| builder)?,
            options,
        })
    }

    async fn exchange(&self, outgoing: Outgoing) -> Result<Answer, HttpError> {
        check_scheme(&outgoing.url).map_err(|why| HttpError::new(HttpErrorKind::Tls, why))?;
        let client = if is_loopback(&outgoing.url) { &self.direct } else { &self.proxied };
        let place = outgoing.url.origin().ascii_serialization();
        let request = request_of(outgoing)?;
        // The connection's own timeout is shorter and speaks first.
        let LiveOptions { connect_timeout, first_byte_timeout, body_timeout, .. } = self.options;
        let response = tokio::time::timeout(connect_timeout + first_byte_timeout, client.execute(request))
            .await
            .map_err(|_| {
                let message = format!("no answer from `{place}` within {}", seconds(first_byte_timeout));
                HttpError::new(HttpErrorKind::FirstByteTimeout, message)
            })?
            .map_err(|error| sorted(&error, &place, connect_timeout))?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut body = Vec::new();
        tokio::time::timeout(body_timeout, read_body(response, &mut body, self.options.body_max_bytes)).await.map_err(|_| {
            let message = format!("answer not whole within {}: {} bytes came", seconds(body_timeout), body.len());
            HttpError::new(HttpErrorKind::BodyTimeout, message)
        })??;
        Ok(Answer { status, headers, body })
    }
}

impl HttpService for LiveHttp {
    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Answer, HttpError>> {
        Box::pin(self.exchange(outgoing))
    }
}

fn read_roots(path: &Path) -> Result<Vec<reqwest::Certificate>, WireError> {
    let what = || format!("ca_file `{}`", path.display());
    let pem = std::fs::read(path).map_err(|error| WireError::Setup { what: what(), detail: error.to_string() })?;
    match reqwest::Certificate::from_pem_bundle(&pem) {
        Ok(roots) if !roots.is_empty() => Ok(roots),
        _ => Err(WireError::Setup { what: what(), detail: "holds no certificate in PEM".to_owned() }),
    }
}

fn build(
    options: &LiveOptions,
    roots: &[reqwest::Certificate],
    route: fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> Result<reqwest::Client, WireError> {
    let builder = || {
        let plain = reqwest::Client::builder()
            .connect_timeout(options.connect_timeout)
            .user_agent(&options.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .gzip(true);
        route(plain)
    };
    let built = builder().tls_certs_merge(roots.iter().cloned()).build();
    // A machine without any certificate of its own can still ask loopback, and whoever `ca_file` vouches for.
    built
        .or_else(|_| builder().tls_certs_only(roots.iter().cloned()).build())
        .map_err(|error| WireError::Setup { what: "https".to_owned(), detail: deepest(&error).to_string() })
}

fn request_of(outgoing: Outgoing) -> Result<reqwest::Request, HttpError> {
    let method = match outgoing.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
    };
    let mut request = reqwest::Request::new(method, outgoing.url);
    for (name, value) in outgoing.headers {
        let unfit = || HttpError::new(HttpErrorKind::Other, format!("header `{name}` cannot be sent"));
        let key = HeaderName::try_from(&name).map_err(|_| unfit())?;
        let mut value = HeaderValue::try_from(value).map_err(|_| unfit())?;
        value.set_sensitive(key == AUTHORIZATION);
        request.headers_mut().append(key, value);
    }
    *request.body_mut() = outgoing.body.map(reqwest::Body::from);
    Ok(request)
}

/// Reads the body to its end; what came before an error is left in `body`.
async fn read_body(mut response: reqwest::Response, body: &mut Vec<u8>, max_bytes: usize) -> Result<(), HttpError> {
    let told = response.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let too_large = || HttpError::new(HttpErrorKind::TooLarge, format!("answer is longer than {max_bytes} bytes"));
    if told.is_some_and(|bytes| usize::try_from(bytes).map_or(true, |bytes| max_bytes < bytes)) {
        return Err(too_large());
    }
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(()),
            Ok(Some(chunk)) if max_bytes < body.len() + chunk.len() => return Err(too_large()),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(error) => return Err(cut_off(&error, body.len(), told)),
        }
    }
}

/// An error before the answer began, by kind.
fn sorted(error: &reqwest::Error, place: &str, connect_timeout: Duration) -> HttpError {
    let cause = deepest(error);
    let (kind, message) = match io_kind(error) {
        _ if error.is_builder() => (HttpErrorKind::Other, format!("cannot ask `{place}`: {cause}")),
        _ if error.is_dns() => (HttpErrorKind::Resolve, format!("`{place}` has no address: {cause}")),
        _ if error.is_connect() && error.is_timeout() => {
            (HttpErrorKind::ConnectTimeout, format!("no connection to `{place}` within {}", seconds(connect_timeout)))
        }
        _ if error.is_connect() => match chain(error).find_map(|error| error.downcast_ref::<rustls::Error>()) {
            Some(error) => (HttpErrorKind::Tls, format!("cannot trust `{place}`: {}", distrust(error))),
            None => (HttpErrorKind::Connect, format!("no connection to `{place}`: {cause}")),
        },
        Some(std::io::ErrorKind::TimedOut) => (HttpErrorKind::FirstByteTimeout, format!("no answer from `{place}`: {cause}")),
        _ => (HttpErrorKind::Reset, format!("connection to `{place}` ended before the answer: {cause}")),
    };
    HttpError::new(kind, message)
}

/// An error after the answer began, by kind.
fn cut_off(error: &reqwest::Error, n_bytes: usize, told: Option<u64>) -> HttpError {
    let cause = deepest(error);
    if matches!(io_kind(error), Some(std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput)) {
        return HttpError::new(HttpErrorKind::Encoding, format!("answer cannot be decompressed: {cause}"));
    }
    let of = told.map(|bytes| format!(" of {bytes}")).unwrap_or_default();
    HttpError::new(HttpErrorKind::Truncated, format!("answer cut off at {n_bytes}{of} bytes: {cause}"))
}

fn distrust(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer) => {
            "its certificate is signed by an authority that is not known here".to_owned()
        }
        rustls::Error::InvalidMessage(_) => "it does not speak TLS".to_owned(),
        other => other.to_string(),
    }
}

/// An error and all that it came from; an I/O error hides what it was made from one step aside.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    })
}

fn deepest<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    chain(error).last().unwrap_or(error)
}

/// The kind of the deepest I/O error, if there is one.
fn io_kind(error: &(dyn Error + 'static)) -> Option<std::io::ErrorKind> {
    chain(error).filter_map(|error| error.downcast_ref::<std::io::Error>().map(std::io::Error::kind)).last()
}

#[cfg(test)]
mod tests;
