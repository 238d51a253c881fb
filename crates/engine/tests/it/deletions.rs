//! Deletions: what proves one, what does not, what becomes of the row, and how it comes back.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use engine::model::counter::Counter;
use engine::model::record::{Platform, Stream};
use engine::report::TroubleKind;
use engine::settings::{SyncOptions, Tenant};
use engine::store::DeletedPolicy;
use engine::wire::http::HttpService;
use sim::{Faults, Rates, WorldOptions};

use crate::gateway::{Gateway, hide, lists, looked_up, param, refusal};
use crate::harness::{NEVER, Rig, SEED, assert_trouble, assert_well, count, tiny_world};
use crate::look::{ids, is_look_up, landed_ids, number, sql};
use crate::truth;

/// Records that no list shows any more. Asked for by id, an entry of feedback gives this status; 200 is the entry.
#[derive(Default)]
struct Lost {
    ids: BTreeSet<String>,
    by_id: u16,
    /// These give 500 instead.
    unanswered: BTreeSet<String>,
    /// The listing of this site is refused.
    refused_site: Option<String>,
}

/// A CXone that loses what it is told to lose.
struct Losing {
    rig: Rig,
    lost: Arc<Mutex<Lost>>,
}

impl Losing {
    async fn new() -> Self {
        let rig = Rig::tiny().await;
        let lost = Arc::new(Mutex::new(Lost { by_id: 404, ..Lost::default() }));
        let http = gateway(&rig.http, &lost);
        Self { rig: rig.over(http), lost }
    }

    /// Never swept; one window, which is read again by every run.
    fn tenant(&self) -> Arc<Tenant> {
        Arc::new(Tenant { sweep: NEVER, ..self.rig.unscoped(Platform::Cxone) })
    }

    /// So many records of a stream, chosen by their ids.
    fn some(&self, stream: Stream, n: usize) -> BTreeSet<String> {
        landed_ids(&self.rig, Platform::Cxone, stream, false).into_iter().filter(|id| is_plain(id)).take(n).collect()
    }

    fn lose(&self, change: impl FnOnce(&mut Lost)) {
        change(&mut self.lost.lock().unwrap());
    }

    fn archived(&self, stream: Stream) -> BTreeSet<String> {
        landed_ids(&self.rig, Platform::Cxone, stream, true)
    }
}

/// An id that stands in a path as it is.
fn is_plain(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn gateway(behind: &Arc<dyn HttpService>, lost: &Arc<Mutex<Lost>>) -> Arc<dyn HttpService> {
    let (asked, shown) = (Arc::clone(lost), Arc::clone(lost));
    Gateway::new(
        behind,
        move |outgoing| {
            let lost = asked.lock().unwrap();
            if let Some(id) = looked_up(outgoing).filter(|id| lost.ids.contains(*id)) {
                let status = if lost.unanswered.contains(id) { 500 } else { lost.by_id };
                return (status != 200).then(|| refusal(status, "said.by.gateway"));
            }
            let site = param(outgoing, "siteId");
            let is_refused = lists(outgoing, "feedback") || lists(outgoing, "assessments");
            (is_refused && site.is_some() && site == lost.refused_site).then(|| refusal(400, "invalid.parameter"))
        },
        move |_, answer| hide(answer, |id| shown.lock().unwrap().ids.contains(id)),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vanished_feedback_is_asked_for_by_id_once_and_its_404_buries_it() {
    let rates = Rates { deleted: 0.7, restored: 0.0, ..Rates::default() };
    let rig = Rig::new(WorldOptions { rates, ..tiny_world(SEED) }).await;
    let tenant = Arc::new(Tenant { sweep: NEVER, ..rig.tenant(Platform::Cxone) });
    let stream = Stream::Feedback;
    rig.sync_one(&tenant).await;
    let known = landed_ids(&rig, Platform::Cxone, stream, false);

    rig.sim.advance_days(4);
    let gone = ids(&rig, Platform::Cxone, stream, |entry| entry["deleted"] == true);
    let gone: BTreeSet<String> = gone.intersection(&known).cloned().collect();
    assert!(gone.len() > 2);
    rig.sim.reset_requests();
    let report = rig.sync_one(&tenant).await;
    let n_look_ups = |rig: &Rig| rig.sim.requests().lines.iter().filter(|line| is_look_up(line)).count();
    assert_eq!(landed_ids(&rig, Platform::Cxone, stream, true), gone);
    assert_eq!((n_look_ups(&rig), report.counters.get(Counter::Deleted)), (gone.len(), gone.len() as u64));
    let buried = "SELECT COUNT(*) FROM tombstone JOIN feedback ON feedback_id = id
        WHERE confirmed_at IS NOT NULL AND cause = 'deleted' AND archived_reason = 'deleted' AND is_archived = 1";
    assert_eq!(number(&rig, buried), gone.len() as u64);
    rig.sim.reset_requests();
    rig.sync_one(&tenant).await;
    assert_eq!(n_look_ups(&rig), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_that_is_refused_or_not_answered_concludes_nothing() {
    let losing = Losing::new().await;
    let tenant = losing.tenant();
    losing.rig.sync_one(&tenant).await;
    let lost = losing.some(Stream::Feedback, 2);
    for (status, kind) in [(403, TroubleKind::Configuration), (500, TroubleKind::Source), (410, TroubleKind::Source)] {
        losing.lose(|state| (state.ids, state.by_id) = (lost.clone(), status));
        let report = losing.rig.run_one(&tenant).await;
        assert_trouble(&report, kind);
        assert_eq!((losing.archived(Stream::Feedback).len(), report.counters.get(Counter::Deleted)), (0, 0), "{status}");
    }
    losing.lose(|state| state.by_id = 404);
    losing.rig.sync_one(&tenant).await;
    assert_eq!(losing.archived(Stream::Feedback), lost);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_look_up_without_an_answer_does_not_hold_up_the_others() {
    let losing = Losing::new().await;
    let tenant = losing.tenant();
    losing.rig.sync_one(&tenant).await;
    let lost = losing.some(Stream::Feedback, 5);
    let unanswered = BTreeSet::from([lost.first().unwrap().clone()]);
    losing.lose(|state| (state.ids, state.unanswered) = (lost.clone(), unanswered.clone()));
    assert_trouble(&losing.rig.run_one(&tenant).await, TroubleKind::Source);
    assert_eq!(losing.archived(Stream::Feedback), lost.difference(&unanswered).cloned().collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_no_list_shows_but_that_answers_by_id_stays() {
    let losing = Losing::new().await;
    let tenant = losing.tenant();
    losing.rig.sync_one(&tenant).await;
    let lost = losing.some(Stream::Feedback, 3);
    losing.lose(|state| (state.ids, state.by_id) = (lost, 200));
    for _ in 0..2 {
        losing.rig.sync_one(&tenant).await;
        truth::check_one(&losing.rig, Platform::Cxone, "hidden from lists");
    }
    assert_eq!(number(&losing.rig, "SELECT COUNT(*) FROM tombstone"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_listing_concludes_nothing() {
    let losing = Losing::new().await;
    let tenant = Arc::new(Tenant { sweep: NEVER, ..losing.rig.tenant(Platform::Cxone) });
    losing.rig.sync_one(&tenant).await;
    let truth = losing.rig.sim.truth(sim::Platform::Cxone);
    let site = truth["scopes"][0]["id"].as_str().unwrap().to_owned();
    let lost = losing.some(Stream::Feedback, 3);
    losing.lose(|state| (state.ids, state.refused_site) = (lost.clone(), Some(site)));
    losing.rig.sim.reset_requests();
    assert_trouble(&losing.rig.run_one(&tenant).await, TroubleKind::Source);
    assert!(!losing.rig.sim.requests().lines.iter().any(is_look_up));
    assert_eq!(losing.archived(Stream::Feedback).len(), 0);
    losing.lose(|state| state.refused_site = None);
    losing.rig.sync_one(&tenant).await;
    assert_eq!(losing.archived(Stream::Feedback), lost);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_record_that_returns_is_live_again_under_both_policies() {
    for policy in [DeletedPolicy::Archive, DeletedPolicy::Exclude] {
        let losing = Losing::new().await;
        let tenant = Arc::new(Tenant { deleted: policy, sweep: NEVER, ..losing.rig.unscoped(Platform::Cxone) });
        losing.rig.sync_one(&tenant).await;
        let lost = losing.some(Stream::Feedback, 3);
        losing.lose(|state| state.ids = lost.clone());
        losing.rig.sync_one(&tenant).await;
        let live = landed_ids(&losing.rig, Platform::Cxone, Stream::Feedback, false);
        assert!(live.is_disjoint(&lost) && !live.is_empty(), "{policy:?}");
        losing.lose(|state| state.ids.clear());
        let report = losing.rig.sync_one(&tenant).await;
        assert_eq!(report.counters.get(Counter::Resurrected), 3, "{policy:?}");
        truth::check_one(&losing.rig, Platform::Cxone, "returned");
        let lifted = "SELECT COUNT(*) FROM tombstone WHERE confirmed_at IS NOT NULL AND resurrected_at IS NOT NULL";
        assert_eq!(number(&losing.rig, lifted), 3);
        assert_eq!(number(&losing.rig, "SELECT COUNT(*) FROM removal"), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_vanished_at_once_hold_every_tombstone_until_the_limit_is_raised() {
    let mut losing = Losing::new().await;
    losing.rig.limits.delete_percent = 5.0;
    let tenant = losing.tenant();
    losing.rig.sync_one(&tenant).await;
    let n_known = landed_ids(&losing.rig, Platform::Cxone, Stream::Feedback, false).len();
    let lost = losing.some(Stream::Feedback, 4);
    losing.lose(|state| state.ids = lost.clone());
    let report = losing.rig.sync_one(&tenant).await;
    assert_eq!(losing.archived(Stream::Feedback).len(), 0);
    assert_eq!(report.counters.get(Counter::TombstonesHeld), 4);
    let warning = format!("feedback: 4 of {n_known} known records vanished at once, more than `delete_percent` = 5; no tombstone is set");
    assert_eq!(report.warnings, [warning]);
    losing.rig.limits.delete_percent = 50.0;
    losing.rig.sync_one(&tenant).await;
    assert_eq!(losing.archived(Stream::Feedback), lost);
}

/// A Genesys of which much is deleted in the days after.
async fn much_deleted(policy: DeletedPolicy) -> (Rig, Arc<Tenant>, [BTreeSet<String>; 2]) {
    let rates = Rates { deleted: 0.7, restored: 0.0, ..Rates::default() };
    let rig = Rig::new(WorldOptions { rates, ..tiny_world(SEED) }).await;
    let tenant = Arc::new(Tenant { deleted: policy, ..rig.unscoped(Platform::Genesys) });
    rig.sync_one(&tenant).await;
    let known = Stream::ALL.map(|stream| landed_ids(&rig, Platform::Genesys, stream, false));
    rig.sim.advance_days(4);
    let report = rig.sync_one(&tenant).await;
    truth::check_one(&rig, Platform::Genesys, "much deleted");
    let deleted = Stream::ALL.map(|stream| ids(&rig, Platform::Genesys, stream, |entry| entry["deleted"] == true));
    let gone = [0, 1].map(|n| known[n].intersection(&deleted[n]).cloned().collect::<BTreeSet<String>>());
    assert!(gone.iter().all(|gone| gone.len() > 2));
    assert!(count(&[report], Counter::Deleted) >= (gone[0].len() + gone[1].len()) as u64);
    (rig, tenant, gone)
}

#[tokio::test(flavor = "multi_thread")]
async fn archived_deletions_keep_their_row_with_the_reason() {
    let (rig, _, gone) = much_deleted(DeletedPolicy::Archive).await;
    for (stream, gone) in Stream::ALL.into_iter().zip(&gone) {
        assert!(gone.is_subset(&landed_ids(&rig, Platform::Genesys, stream, true)), "{stream}");
        let odd = format!("SELECT COUNT(*) FROM {} WHERE is_archived = 1 AND archived_reason IS NULL", stream.table().name);
        assert_eq!(number(&rig, &odd), 0);
    }
    assert_eq!(number(&rig, "SELECT COUNT(*) FROM removal"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn excluded_deletions_leave_the_table_and_stay_in_history_and_tombstone() {
    let (rig, _, gone) = much_deleted(DeletedPolicy::Exclude).await;
    for (stream, gone) in Stream::ALL.into_iter().zip(&gone) {
        assert_eq!(landed_ids(&rig, Platform::Genesys, stream, true).len(), 0, "{stream}");
        let (history, id) = (stream.history_table(), stream.id_column());
        let filed: BTreeSet<String> = sql(&rig, &format!("SELECT {id} FROM {history} WHERE cause = 'deleted'")).into_iter().collect();
        let known = |table: &str| -> BTreeSet<String> {
            sql(&rig, &format!("SELECT id FROM {table} WHERE stream = '{stream}'")).into_iter().collect()
        };
        assert!(gone.is_subset(&filed) && gone.is_subset(&known("tombstone")) && gone.is_subset(&known("removal")), "{stream}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vanished_assessment_is_buried_by_a_whole_sweep_and_by_nothing_else() {
    let losing = Losing::new().await;
    let tenant = Arc::new(Tenant { sweep: NEVER, ..losing.rig.tenant(Platform::Cxone) });
    losing.rig.sync_one(&tenant).await;
    let lost = losing.some(Stream::Assessments, 3);
    losing.lose(|state| state.ids = lost.clone());
    losing.rig.sync_one(&tenant).await;
    assert_eq!(losing.archived(Stream::Assessments).len(), 0, "a plain run");

    let sweep = SyncOptions { sweep_now: true, ..SyncOptions::default() };
    let truth = losing.rig.sim.truth(sim::Platform::Cxone);
    losing.lose(|state| state.refused_site = truth["scopes"][1]["id"].as_str().map(str::to_owned));
    assert_trouble(&losing.rig.run_one_with(&tenant, &sweep).await, TroubleKind::Source);
    assert_eq!(losing.archived(Stream::Assessments).len(), 0, "a sweep that is not whole");

    losing.lose(|state| state.refused_site = None);
    assert_well(&losing.rig.run_one_with(&tenant, &sweep).await);
    assert_eq!(losing.archived(Stream::Assessments), lost);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_goes_dark_is_hidden_and_not_deleted() {
    for platform in [Platform::Genesys, Platform::Cxone] {
        let rig = Rig::tiny().await;
        let tenant = Arc::new(rig.tenant(platform));
        rig.sync_one(&tenant).await;
        let live = || Stream::ALL.map(|stream| landed_ids(&rig, platform, stream, false));
        let before = live();
        let truth = rig.sim.truth(crate::look::side(platform));
        let dark = truth["scopes"][0]["id"].as_str().unwrap().to_owned();
        rig.sim.set_faults(Faults { hidden_scopes: vec![dark.clone()], ..Faults::default() });
        let report = rig.run_one_with(&tenant, &SyncOptions { sweep_now: true, ..SyncOptions::default() }).await;
        assert_well(&report);
        assert_eq!(live(), before, "{platform}");
        assert!(report.counters.get(Counter::TombstonesHeld) > 10);
        for stream in Stream::ALL {
            let warning =
                format!("{stream}: scope `{dark}` returns nothing of its known records any more; taken as hidden, no tombstone is set");
            assert!(report.warnings.contains(&warning), "{platform} {:?}", report.warnings);
        }
        rig.sim.set_faults(Faults::default());
        rig.sync_one(&tenant).await;
        truth::check_one(&rig, platform, "light again");
    }
}
