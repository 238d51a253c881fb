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
use engine::monitor::{Quiet, Stop};
use engine::report::TenantReport;
use engine::run::Engine;
use engine::settings::{Limits, ReconcileSettings, Retry, ScopeChoice, SweepSettings, SyncOptions, Tenant, Timeouts, Workspace};
use engine::store::DeletedPolicy;
use engine::wire::clock::Clock;
use engine::wire::http::{BoxFuture, HttpService};
use engine::wire::live::{LiveHttp, LiveOptions};
use engine::wire::secret::Secret;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sim::{Sim, SimOptions, WorldOptions};

/// Shows the world's time; sleeping passes the simulator's service time and returns at once.
pub struct WorldClock {
    sim: Arc<Sim>,
    slept_ms: AtomicU64,
    sleeps: Mutex<Vec<Duration>>,
}

impl WorldClock {
    pub fn sleeps(&self) -> Vec<Duration> {
        self.sleeps.lock().unwrap().clone()
    }
}

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        self.sim.now()
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

/// A world of a size that a test can read in a second, ending on 1 April 2024.
pub fn small_world(seed: u64) -> WorldOptions {
    WorldOptions { n_assessments: 400, n_feedback: 250, ..WorldOptions::scaled(seed, 1.0) }
}

/// A world for tests that read it many times.
pub fn tiny_world(seed: u64) -> WorldOptions {
    WorldOptions { n_assessments: 120, n_feedback: 100, ..WorldOptions::scaled(seed, 1.0) }
}

pub struct Rig {
    pub sim: Arc<Sim>,
    pub clock: Arc<WorldClock>,
    pub folder: tempfile::TempDir,
    pub limits: Limits,
    /// Made once: reading the system's certificates takes longer than a small run.
    http: Arc<dyn HttpService>,
}

impl Rig {
    pub async fn new(world: WorldOptions) -> Self {
        Self::with(SimOptions { world, ..SimOptions::default() }).await
    }

    pub async fn with(options: SimOptions) -> Self {
        let sim = Arc::new(Sim::start(options).await.unwrap());
        let clock = Arc::new(WorldClock { sim: Arc::clone(&sim), slept_ms: AtomicU64::new(0), sleeps: Mutex::default() });
        let http = LiveHttp::new(LiveOptions::default()).unwrap();
        let limits = Limits { quarantine_percent: 1.0, delete_percent: 100.0 };
        Self { sim, clock, folder: tempfile::tempdir().unwrap(), limits, http: Arc::new(http) }
    }

    pub fn store_path(&self) -> PathBuf {
        self.folder.path().join("scorelake.db")
    }

    pub fn engine(&self) -> Engine {
        self.engine_with(Privacy::none())
    }

    pub fn engine_with(&self, privacy: Privacy) -> Engine {
        let workspace = Workspace { store: self.store_path(), privacy: Arc::new(privacy), limits: self.limits };
        let engine = Engine::open(workspace, self.clock.clone(), Arc::new(Quiet), Arc::new(Stop::default())).unwrap();
        engine.over(Arc::clone(&self.http))
    }

    /// Windows of twelve days keep the number of requests small; everything else is as the product has it.
    pub fn tenant(&self, platform: Platform) -> Tenant {
        let base_url = match platform {
            Platform::Genesys => self.sim.base_url_genesys(),
            Platform::Cxone => self.sim.base_url_cxone(),
        };
        let options = self.sim.options();
        Tenant {
            name: TenantName::new(platform.word()),
            platform,
            dialect: "guide".to_owned(),
            base_url: base_url.parse().unwrap(),
            client_id: Secret::from(options.client_id.clone()),
            client_secret: Secret::from(options.client_secret.clone()),
            oauth_scope: (platform == Platform::Cxone).then(|| "quality:read".to_owned()),
            ca_file: None,
            timezone: TimeZone::get("America/New_York").unwrap(),
            streams: Stream::ALL.into(),
            divisions: ScopeChoice::All,
            sites: ScopeChoice::All,
            queues: ScopeChoice::None,
            statuses: BTreeSet::from(["submitted".to_owned()]),
            start: "2023-12-31".parse().unwrap(),
            window: WindowLength::Days(12),
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

    pub fn tenants(&self) -> Vec<Arc<Tenant>> {
        vec![Arc::new(self.tenant(Platform::Genesys)), Arc::new(self.tenant(Platform::Cxone))]
    }

    /// One run over both platforms that must go well.
    pub async fn sync(&self) -> Vec<TenantReport> {
        self.sync_tenants(&self.tenants()).await
    }

    pub async fn sync_tenants(&self, tenants: &[Arc<Tenant>]) -> Vec<TenantReport> {
        let reports = self.run(tenants, &SyncOptions::default()).await;
        for report in &reports {
            assert_eq!(report.troubles, [], "{:?}", report.counters);
        }
        reports
    }

    /// One run that reads the whole reach of a sweep again and must go well.
    pub async fn sweep(&self) -> Vec<TenantReport> {
        let reports = self.run(&self.tenants(), &SyncOptions { sweep_now: true, ..SyncOptions::default() }).await;
        for report in &reports {
            assert_eq!(report.troubles, [], "{:?}", report.counters);
        }
        reports
    }

    pub async fn run(&self, tenants: &[Arc<Tenant>], options: &SyncOptions) -> Vec<TenantReport> {
        let engine = self.engine();
        let run_id = engine.new_run_id();
        engine.sync(tenants, options, &run_id).await
    }
}

pub fn count(reports: &[TenantReport], counter: Counter) -> u64 {
    reports.iter().map(|report| report.counters.get(counter)).sum()
}
