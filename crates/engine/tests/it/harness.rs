//! A simulator, an engine over it, and a clock that both agree on: a wait of the client passes in the simulator's
//! service time too, so no test sleeps.

use std::collections::BTreeSet;
use std::future::ready;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::model::counter::Counter;
use engine::model::id::TenantName;
use engine::model::privacy::Privacy;
use engine::model::record::{Platform, Stream};
use engine::model::window::WindowLength;
use engine::monitor::{Monitor, Quiet, Stop};
use engine::report::{TenantReport, TroubleKind};
use engine::run::Engine;
use engine::settings::{Limits, ReconcileSettings, Retry, ScopeChoice, SweepSettings, SyncOptions, Tenant, Timeouts, Workspace};
use engine::store::{DeletedPolicy, Store};
use engine::wire::clock::Clock;
use engine::wire::http::{BoxFuture, HttpService};
use engine::wire::live::{LiveHttp, LiveOptions};
use engine::wire::secret::Secret;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sim::{Sim, SimOptions, WorldOptions};

/// Shows the world's time, or one that is off by so much; sleeping passes the simulator's service time and returns at once.
pub struct WorldClock {
    sim: Arc<Sim>,
    off_by: SignedDuration,
    slept_ms: AtomicU64,
    sleeps: Mutex<Vec<Duration>>,
}

impl WorldClock {
    fn new(sim: Arc<Sim>, off_by: SignedDuration) -> Arc<Self> {
        Arc::new(Self { sim, off_by, slept_ms: AtomicU64::new(0), sleeps: Mutex::default() })
    }

    pub fn sleeps(&self) -> Vec<Duration> {
        self.sleeps.lock().unwrap().clone()
    }
}

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        self.sim.now() + self.off_by
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.slept_ms.load(Ordering::SeqCst))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.slept_ms.fetch_add(u64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
        self.sim.pass_time(duration);
        self.sleeps.lock().unwrap().push(duration);
        Box::pin(ready(()))
    }
}

/// A world of some weeks, ending on 1 April 2024.
pub fn small_world(seed: u64) -> WorldOptions {
    of_days(WorldOptions { seed, n_assessments: 160, n_feedback: 120, ..WorldOptions::default() }, 40)
}

/// A world for tests that read it many times: twelve days that end on 1 April 2024.
pub fn tiny_world(seed: u64) -> WorldOptions {
    of_days(WorldOptions { seed, n_assessments: 60, n_feedback: 50, ..WorldOptions::default() }, 12)
}

/// The same world over so many days that end on 1 April 2024.
pub fn of_days(world: WorldOptions, n_days: u32) -> WorldOptions {
    let end = world.end;
    world.ending_at(end, n_days)
}

/// The seed of a world with few divisions and sites, for tests to which their number means nothing.
pub const SEED: u64 = 21;

/// For a sweep that is never due.
pub const NEVER: SweepSettings = SweepSettings { every: Duration::from_hours(24 * 3650), span: Duration::from_hours(24 * 200) };

pub struct Rig {
    pub sim: Arc<Sim>,
    pub clock: Arc<WorldClock>,
    pub folder: tempfile::TempDir,
    pub limits: Limits,
    pub http: Arc<dyn HttpService>,
}

/// What an engine is made from, for tests that want one of it otherwise.
pub struct Make {
    pub privacy: Privacy,
    pub http: Arc<dyn HttpService>,
    pub clock: Arc<WorldClock>,
    pub monitor: Arc<dyn Monitor>,
    pub stop: Arc<Stop>,
}

impl Rig {
    pub async fn new(world: WorldOptions) -> Self {
        Self::with(SimOptions { world, gzip: false, ..SimOptions::default() }).await
    }

    pub async fn tiny() -> Self {
        Self::new(tiny_world(SEED)).await
    }

    pub async fn with(options: SimOptions) -> Self {
        let sim = Arc::new(Sim::start(options).await.unwrap());
        let limits = Limits { quarantine_percent: 1.0, delete_percent: 100.0 };
        let clock = WorldClock::new(Arc::clone(&sim), SignedDuration::ZERO);
        Self { sim, clock, folder: folder(), limits, http: Arc::new(LiveHttp::new(LiveOptions::default()).unwrap()) }
    }

    /// Another empty store over the same simulator.
    pub fn beside(&self) -> Self {
        let clock = WorldClock::new(Arc::clone(&self.sim), self.clock.off_by);
        Self { sim: Arc::clone(&self.sim), clock, folder: folder(), limits: self.limits, http: Arc::clone(&self.http) }
    }

    /// The same with a clock of our own that differs from the world's by so much.
    pub fn off_by(mut self, span: SignedDuration) -> Self {
        self.clock = WorldClock::new(Arc::clone(&self.sim), span);
        self
    }

    /// The same with something between the engine and the simulator.
    pub fn over(mut self, http: Arc<dyn HttpService>) -> Self {
        self.http = http;
        self
    }

    pub fn store_path(&self) -> PathBuf {
        self.folder.path().join("scorelake.db")
    }

    pub fn store(&self) -> Store {
        Store::open_read_only(&self.store_path()).unwrap()
    }

    pub fn make(&self) -> Make {
        Make {
            privacy: Privacy::none(),
            http: Arc::clone(&self.http),
            clock: Arc::clone(&self.clock),
            monitor: Arc::new(Quiet),
            stop: Arc::default(),
        }
    }

    pub fn engine(&self) -> Engine {
        self.engine_of(self.make())
    }

    pub fn engine_of(&self, make: Make) -> Engine {
        let workspace = Workspace { store: self.store_path(), privacy: Arc::new(make.privacy), limits: self.limits };
        Engine::open(workspace, make.clock, make.monitor, make.stop).unwrap().over(make.http)
    }

    /// Long windows keep the number of requests small; everything else is as the product has it.
    pub fn tenant(&self, platform: Platform) -> Tenant {
        let base_url = match platform {
            Platform::Genesys => self.sim.base_url_genesys(),
            Platform::Cxone => self.sim.base_url_cxone(),
        };
        let options = self.sim.options();
        let timezone = TimeZone::get("America/New_York").unwrap();
        Tenant {
            name: TenantName::new(platform.word()),
            platform,
            dialect: "guide".to_owned(),
            base_url: base_url.parse().unwrap(),
            client_id: Secret::from(options.client_id.clone()),
            client_secret: Secret::from(options.client_secret.clone()),
            oauth_scope: (platform == Platform::Cxone).then(|| "quality:read".to_owned()),
            ca_file: None,
            // The day in which the world begins.
            start: options.world.start.to_zoned(timezone.clone()).date(),
            timezone,
            streams: Stream::ALL.into(),
            divisions: ScopeChoice::All,
            sites: ScopeChoice::All,
            queues: ScopeChoice::None,
            statuses: BTreeSet::from(["submitted".to_owned()]),
            window: WindowLength::Days(30),
            lookback: Duration::from_hours(72),
            sweep: SweepSettings { every: Duration::from_secs(1), span: Duration::from_hours(24 * 200) },
            modified_fallback: Duration::from_hours(24 * 30),
            deleted: DeletedPolicy::Archive,
            page_size: 40,
            requests_per_minute: 1_000_000,
            concurrency: 4,
            token_margin: Duration::from_mins(15),
            retry: Retry { attempts: 8, base: Duration::from_millis(500), cap: Duration::from_secs(30), budget: Duration::from_mins(10) },
            timeouts: Timeouts { connect: Duration::from_secs(10), first_byte: Duration::from_secs(20), body: Duration::from_secs(20) },
            reconcile: ReconcileSettings { totals: None, alert_below_percent: 95 },
        }
    }

    /// One listing a window and stream, for tests to which scopes mean nothing.
    pub fn unscoped(&self, platform: Platform) -> Tenant {
        Tenant { divisions: ScopeChoice::None, sites: ScopeChoice::None, ..self.tenant(platform) }
    }

    pub fn tenants(&self) -> Vec<Arc<Tenant>> {
        vec![Arc::new(self.tenant(Platform::Genesys)), Arc::new(self.tenant(Platform::Cxone))]
    }

    /// One run over both platforms that must go well.
    pub async fn sync(&self) -> Vec<TenantReport> {
        self.sync_all(&self.tenants()).await
    }

    /// One run over these tenants that must go well.
    pub async fn sync_all(&self, tenants: &[Arc<Tenant>]) -> Vec<TenantReport> {
        let reports = self.run(tenants, &SyncOptions::default()).await;
        reports.iter().for_each(assert_well);
        reports
    }

    /// One run over one tenant that must go well.
    pub async fn sync_one(&self, tenant: &Arc<Tenant>) -> TenantReport {
        let report = self.run_one(tenant).await;
        assert_well(&report);
        report
    }

    /// One run over both platforms that reads the whole reach of a sweep again and must go well.
    pub async fn sweep(&self) -> Vec<TenantReport> {
        let reports = self.run(&self.tenants(), &SyncOptions { sweep_now: true, ..SyncOptions::default() }).await;
        reports.iter().for_each(assert_well);
        reports
    }

    pub async fn run_one(&self, tenant: &Arc<Tenant>) -> TenantReport {
        self.run_one_with(tenant, &SyncOptions::default()).await
    }

    pub async fn run_one_with(&self, tenant: &Arc<Tenant>, options: &SyncOptions) -> TenantReport {
        self.run(std::slice::from_ref(tenant), options).await.remove(0)
    }

    pub async fn run(&self, tenants: &[Arc<Tenant>], options: &SyncOptions) -> Vec<TenantReport> {
        let engine = self.engine();
        let run_id = engine.new_run_id();
        engine.sync(tenants, options, &run_id).await
    }
}

/// In memory where there is such a place: the store waits for the disk after every page.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

#[track_caller]
pub fn assert_well(report: &TenantReport) {
    assert_eq!(report.troubles, [], "{:?}", report.counters);
}

/// The run met this kind of trouble and no other.
#[track_caller]
pub fn assert_trouble(report: &TenantReport, kind: TroubleKind) {
    let kinds: BTreeSet<TroubleKind> = report.troubles.iter().map(|trouble| trouble.kind).collect();
    assert_eq!(kinds, BTreeSet::from([kind]), "{:#?}", report.troubles);
}

pub fn count(reports: &[TenantReport], counter: Counter) -> u64 {
    reports.iter().map(|report| report.counters.get(counter)).sum()
}
