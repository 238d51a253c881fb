//! The simulator as a running thing: two loopback ports, one world behind both. It runs on a thread of its own, so that it also
//! answers a client that blocks its runtime. It stops when it is dropped.

use std::convert::Infallible;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use futures_util::stream;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

use crate::answer::{Answer, Refusal};
use crate::ask::Ask;
use crate::clock::ServiceClock;
use crate::connection::{Door, Plug};
use crate::control;
use crate::desk::{Desk, Wreck};
use crate::faults::Faults;
use crate::interactions::Interactions;
use crate::options::SimOptions;
use crate::platform::Platform;
use crate::requests::Requests;
use crate::roster;
use crate::truth::{TotalsRows, totals_csv, truth};

/// A request body is not read beyond this.
const BODY_MAX: usize = 1 << 20;

/// Connections that take longer to end are left behind.
const SHUTDOWN_MAX: Duration = Duration::from_secs(2);

/// Smaller answers are not compressed.
const GZIP_MIN: usize = 400;

/// Why a simulator did not come up.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// A port is taken or not allowed.
    #[error("port {port} of the {platform} simulator cannot be opened: {source}")]
    Port {
        /// Which side.
        platform: &'static str,
        /// The port asked for.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
    /// The machine gives no thread or no runtime.
    #[error("the simulator cannot be started: {0}")]
    Start(#[from] std::io::Error),
    /// The thread ended before it had come up.
    #[error("the simulator stopped while it was starting")]
    Stopped,
}

/// A running simulator. Dropping it closes its ports.
pub struct Sim {
    desk: Arc<Desk>,
    ports: [u16; 2],
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Sim {
    /// Generates the world, opens both ports and serves until the value is dropped.
    ///
    /// # Errors
    /// [`SimError::Port`] if a port cannot be opened, the others if the machine is exhausted.
    pub async fn start(options: SimOptions) -> Result<Self, SimError> {
        let (launch, came_up) = Launch::new(options)?;
        let (desk, ports) = came_up.await.map_err(|_| SimError::Stopped)??;
        Ok(launch.finish(desk, ports))
    }

    /// The same for callers without a runtime; must not be called from within one.
    ///
    /// # Errors
    /// As for [`Sim::start`].
    pub fn start_blocking(options: SimOptions) -> Result<Self, SimError> {
        let (launch, came_up) = Launch::new(options)?;
        let (desk, ports) = came_up.blocking_recv().map_err(|_| SimError::Stopped)??;
        Ok(launch.finish(desk, ports))
    }

    /// Where this platform is found: `http://127.0.0.1:PORT`.
    pub fn base_url(&self, platform: Platform) -> String {
        let [genesys, cxone] = self.ports;
        let port = if platform == Platform::Genesys { genesys } else { cxone };
        format!("http://127.0.0.1:{port}")
    }

    /// Where the Genesys side is found.
    pub fn base_url_genesys(&self) -> String {
        self.base_url(Platform::Genesys)
    }

    /// Where the CXone side is found.
    pub fn base_url_cxone(&self) -> String {
        self.base_url(Platform::Cxone)
    }

    /// What the simulator was started with. The faults may have changed since.
    pub fn options(&self) -> &SimOptions {
        &self.desk.options
    }

    /// The present moment of the world. It moves only by [`Sim::advance`] and by mutating faults.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.desk.world().now_ms()).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Lets the world live on for this long. A negative span does nothing.
    pub fn advance(&self, span: SignedDuration) {
        let span_ms = i64::try_from(span.as_millis()).unwrap_or(0).max(0);
        let mut world = self.desk.world_mut();
        let then_ms = world.now_ms().saturating_add(span_ms);
        world.advance_to(then_ms);
    }

    /// Lets the world live on for whole days.
    pub fn advance_days(&self, days: u32) {
        self.advance(SignedDuration::from_hours(24 * i64::from(days)));
    }

    /// Lets service time pass, by which tokens expire and rate windows turn, without waiting. For clients whose sleep is a
    /// pretence.
    pub fn pass_time(&self, span: Duration) {
        self.desk.clock.pass(span);
    }

    /// Everything that is true of one platform: see the crate's documentation for the shape.
    pub fn truth(&self, platform: Platform) -> Value {
        truth(&self.desk.world(), &self.desk.faults(), platform)
    }

    /// The listing of interactions as the telephony of this platform would export it:
    /// `interaction_id,external_reference_id,segment_id,agent_id,media,started_at,ended_at`, a row for each agent of an interaction.
    pub fn interactions_csv(&self, platform: Platform) -> String {
        Interactions::of(&self.desk.world(), platform).csv()
    }

    /// The roster of these platforms, each under the name of its tenant:
    /// `tenant,agent_id,team_id,name,first_name,last_name,person_id,user_email`.
    pub fn roster_csv(&self, tenants: &[(Platform, &str)]) -> String {
        let world = self.desk.world();
        let rows = tenants.iter().map(|(platform, tenant)| roster::rows(&world, *platform, tenant));
        std::iter::once(roster::HEADING.to_owned()).chain(rows).collect()
    }

    /// The external metrics that the Genesys side holds: `[{"userId", "metricId", "dateOccurred", "value", "count"}]`.
    pub fn external_metrics(&self) -> Value {
        self.desk.held_metrics()
    }

    /// The faults in force.
    pub fn faults(&self) -> Faults {
        self.desk.faults()
    }

    /// Puts other faults in force; counts and budgets of the old ones are forgotten.
    pub fn set_faults(&self, faults: Faults) {
        self.desk.set_faults(faults);
    }

    /// Kills every token that was given out.
    pub fn revoke_tokens(&self) {
        self.desk.revoke_tokens();
    }

    /// What was asked since the start or the last [`Sim::reset_requests`].
    pub fn requests(&self) -> Requests {
        self.desk.requests().clone()
    }

    /// Forgets what was asked.
    pub fn reset_requests(&self) {
        *self.desk.requests() = Requests::default();
    }

    /// The counts a console would report, a row for each division or site, day (UTC, half-open) and stream.
    pub fn totals_csv(&self, platform: Platform, date_from: Date, date_to: Date) -> String {
        self.totals_csv_of(platform, date_from, date_to, TotalsRows::Scopes)
    }

    /// The same with a choice of rows.
    pub fn totals_csv_of(&self, platform: Platform, date_from: Date, date_to: Date, rows: TotalsRows) -> String {
        totals_csv(&self.desk.world(), platform, date_from, date_to, rows)
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

type CameUp = Result<(Arc<Desk>, [u16; 2]), SimError>;

/// A simulator whose thread has begun.
struct Launch {
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

impl Launch {
    fn new(options: SimOptions) -> Result<(Self, oneshot::Receiver<CameUp>), SimError> {
        let (up, came_up) = oneshot::channel();
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let thread = std::thread::Builder::new().name("scorelake-sim".to_owned()).spawn(move || {
            runtime.block_on(serve(options, up, stopped));
            // Waits for the listeners to be closed, so that the ports are free when the simulator is gone.
            runtime.shutdown_timeout(SHUTDOWN_MAX);
        })?;
        Ok((Self { stop, thread }, came_up))
    }

    fn finish(self, desk: Arc<Desk>, ports: [u16; 2]) -> Sim {
        Sim { desk, ports, stop: self.stop, thread: Some(self.thread) }
    }
}

/// Serves both platforms until `stopped` says so or its other end is gone.
async fn serve(options: SimOptions, up: oneshot::Sender<CameUp>, mut stopped: watch::Receiver<bool>) {
    let opened = async {
        let genesys = open(Platform::Genesys, options.port_genesys).await?;
        let cxone = open(Platform::Cxone, options.port_cxone).await?;
        let ports = [genesys.local_addr()?.port(), cxone.local_addr()?.port()];
        Ok::<_, SimError>((genesys, cxone, ports))
    };
    let (genesys, cxone, ports) = match opened.await {
        Ok(opened) => opened,
        Err(error) => {
            let _ = up.send(Err(error));
            return;
        }
    };
    let desk = Arc::new(Desk::new(options));
    for (platform, listener) in [(Platform::Genesys, genesys), (Platform::Cxone, cxone)] {
        let counter = Counter { desk: Arc::clone(&desk), platform };
        let service = Router::new().fallback(answer).with_state(counter).into_make_service_with_connect_info::<Plug>();
        tokio::spawn(async move { axum::serve(Door(listener), service).await });
    }
    // Nobody waits for a start that was given up; `stopped` then ends at once.
    let _ = up.send(Ok((desk, ports)));
    let _ = stopped.wait_for(|stop| *stop).await;
}

async fn open(platform: Platform, port: u16) -> Result<TcpListener, SimError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address).await.map_err(|source| SimError::Port { platform: platform.name(), port, source })
}

/// One platform's side of the desk.
#[derive(Clone)]
struct Counter {
    desk: Arc<Desk>,
    platform: Platform,
}

async fn answer(State(counter): State<Counter>, ConnectInfo(plug): ConnectInfo<Plug>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let mut ask = Ask::new(counter.platform, parts.method.as_str(), parts.uri.path(), parts.uri.query().unwrap_or_default());
    ask.authorization = text_of(&parts.headers, header::AUTHORIZATION);
    ask.has_cookie = parts.headers.contains_key(header::COOKIE);
    ask.accepts_gzip = text_of(&parts.headers, header::ACCEPT_ENCODING).is_some_and(|codings| codings.contains("gzip"));
    ask.content_type = text_of(&parts.headers, header::CONTENT_TYPE).unwrap_or_default();
    match to_bytes(body, BODY_MAX).await {
        Ok(bytes) => ask.body = bytes.to_vec(),
        Err(_) => {
            let refusal = Refusal::new(413, "body.too.large", &format!("the body has more than {BODY_MAX} bytes"));
            return response(refusal.answer("none"), false, None);
        }
    }
    if control::is_control(&ask.path) {
        return response(control::answer(&counter.desk, &ask), false, None);
    }
    let outcome = counter.desk.outcome(&ask);
    if let Some(delay_ms) = outcome.delay_ms {
        ServiceClock::wait(Duration::from_millis(delay_ms)).await;
    }
    if outcome.wreck == Some(Wreck::Reset) {
        plug.pull();
    }
    let gzip = ask.accepts_gzip && counter.desk.options.gzip;
    response(outcome.answer, gzip, outcome.wreck)
}

fn text_of(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn response(answer: Answer, gzip: bool, wreck: Option<Wreck>) -> Response<Body> {
    let mut body = answer.body;
    let mut compressed = false;
    if gzip
        && (body.len() >= GZIP_MIN || wreck == Some(Wreck::BadGzip))
        && let Some(packed) = packed(&body)
    {
        body = packed;
        compressed = true;
    }
    let length = body.len();
    let content = match wreck {
        // The compressed body is complete by its length, and broken within.
        Some(Wreck::BadGzip) if compressed => {
            body.iter_mut().skip(length / 2).for_each(|byte| *byte ^= 0x5a);
            Body::from(body)
        }
        Some(Wreck::CutBody | Wreck::BadGzip) => cut(body),
        _ => Body::from(body),
    };
    let mut response = Response::new(content);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if compressed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}

fn packed(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(body.len() / 4), flate2::Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

/// The first half of a body, after which the connection ends. The half is flushed before the end is noticed.
fn cut(mut body: Vec<u8>) -> Body {
    body.truncate(body.len() / 2);
    Body::from_stream(stream::unfold(Some(body), |half| async move {
        if half.is_none() {
            tokio::task::yield_now().await;
        }
        half.map(|half| (Ok::<_, Infallible>(half), None))
    }))
}

#[cfg(test)]
mod tests;
