//! One test a rule of landing, and that a page is landed whole or not at all.

use model::table::{ASSESSMENT_ANSWER, FEEDBACK};
use model::window::Span;

use super::*;
use crate::DeletedPolicy::{Archive, Exclude};
use crate::progress::{Pass, WindowState};
use crate::testing::{Bench, acme, assessment, day, form, id, note, note_in, page, query};
use crate::tombstone::Cause;

const ROWS: &str = "SELECT feedback_id, content, is_archived, extraction_timestamp FROM feedback ORDER BY 1";
const HISTORY: &str = "SELECT content, cause, observed_from, observed_until FROM feedback_history ORDER BY change_seq";
const TOMBSTONES: &str = "SELECT id, cause, first_missed_at, confirmed_at, resurrected_at, source_modified_at FROM tombstone ORDER BY 1";

fn counts(landed: Landed) -> [u64; 6] {
    [landed.inserted, landed.updated, landed.unchanged, landed.late, landed.deleted, landed.resurrected]
}

const INSERTED: [u64; 6] = [1, 0, 0, 0, 0, 0];
const UPDATED: [u64; 6] = [0, 1, 0, 0, 0, 0];
const UNCHANGED: [u64; 6] = [0, 0, 1, 0, 0, 0];
const LATE: [u64; 6] = [0, 0, 0, 1, 0, 0];
const DELETED: [u64; 6] = [0, 0, 0, 0, 1, 0];
const RESURRECTED: [u64; 6] = [0, 0, 0, 0, 0, 1];

/// A day, a landing, and the counts it must give.
type Step = (i8, (Option<i8>, &'static str), [u64; 6]);

/// Lands versions of one note one after the other, each on its day.
#[track_caller]
fn after(policy: DeletedPolicy, steps: &[Step]) -> Bench {
    let mut bench = Bench::new();
    for (on, (modified, content), expected) in steps {
        let landed = bench.land(*on, policy, &[note("n-1", *modified, content, *on)]);
        assert_eq!(counts(landed), *expected, "{content} on {on}");
    }
    bench
}

#[test]
fn unknown_record_is_inserted_with_its_source() {
    let bench = after(Archive, &[(2, (None, "one"), INSERTED)]);
    bench.check(ROWS, "n-1 one 0 2024-01-02");
    bench.check("SELECT change_seq, observed_from, scopes_listed FROM feedback", "1 2024-01-02 0");
    bench.check("SELECT stream, id, body FROM source", r#"feedback n-1 {"content":"one","id":"n-1","modified":null}"#);
    bench.check(HISTORY, "");
    assert_eq!(bench.store.seq_now().unwrap(), 1);
}

#[test]
fn every_column_comes_back_as_it_went_in() {
    let mut bench = Bench::new();
    let landings = [note("n-1", Some(2), "with\nlines, \"quotes\" and \u{1f600}", 2)];
    bench.land(2, Archive, &landings);
    assert_eq!(bench.store.current(None, Stream::Feedback, &id("n-1")).unwrap(), [landings[0].row.clone()]);
    let landings = [assessment("a-1", 2, 4, Some(&form(4, 2.0)))];
    bench.land(2, Archive, &landings);
    assert_eq!(bench.store.current(Some(&acme()), Stream::Assessments, &id("a-1")).unwrap(), [landings[0].row.clone()]);
}

#[test]
fn unknown_deleted_record_is_archived_with_a_tombstone() {
    let bench = after(Archive, &[(3, (Some(2), "deleted"), DELETED), (4, (Some(2), "deleted"), UNCHANGED)]);
    bench.check(ROWS, "n-1 deleted 1 2024-01-03");
    bench.check(TOMBSTONES, "n-1 deleted 2024-01-03 2024-01-03 - 2024-01-02");
    bench.check(HISTORY, "");
}

#[test]
fn unknown_deleted_record_is_excluded_into_history_once() {
    let bench = after(Exclude, &[(3, (Some(2), "deleted"), DELETED), (4, (Some(2), "deleted"), UNCHANGED)]);
    bench.check(ROWS, "");
    bench.check(TOMBSTONES, "n-1 deleted 2024-01-03 2024-01-03 - 2024-01-02");
    bench.check(HISTORY, "deleted deleted 2024-01-03 2024-01-03");
    bench.check("SELECT COUNT(*) FROM removal", "0");
}

#[test]
fn unchanged_record_is_not_rewritten() {
    let mut bench = after(Archive, &[(2, (None, "one"), INSERTED), (3, (None, "one"), UNCHANGED)]);
    bench.check(ROWS, "n-1 one 0 2024-01-02");
    let seq = bench.store.seq_now().unwrap();
    bench.land(4, Archive, &[note("n-1", None, "one", 4)]);
    assert_eq!(bench.store.seq_now().unwrap(), seq);
    bench.check("SELECT COUNT(*) FROM source", "1");
    bench.check(HISTORY, "");
}

#[test]
fn vanished_record_that_comes_back_unchanged_is_live_again() {
    let mut bench = after(Archive, &[(2, (None, "one"), INSERTED)]);
    assert_eq!(bench.store.bury(&acme(), Stream::Feedback, &[id("n-1")], Cause::Deleted, Archive, day(3)).unwrap(), 1);
    bench.check(ROWS, "n-1 one 1 2024-01-02");
    let landed = bench.land(4, Archive, &[note("n-1", None, "one", 4)]);
    assert_eq!(counts(landed), RESURRECTED);
    bench.check(ROWS, "n-1 one 0 2024-01-04");
    bench.check(TOMBSTONES, "n-1 deleted 2024-01-03 2024-01-03 2024-01-04 2024-01-01");
    bench.check(HISTORY, "one deleted 2024-01-02 2024-01-03 | one resurrected 2024-01-03 2024-01-04");
    bench.check("SELECT is_archived, archived_reason FROM feedback_history ORDER BY change_seq", "0 - | 1 deleted");
}

#[test]
fn scope_that_lists_a_record_without_scopes_is_added() {
    let mut bench = Bench::new();
    let mut list = |on: i8, names: &[&str], scope: &str| {
        let listed_by = ScopeId::new(scope);
        let landings = [note_in("n-1", None, "one", on, names, Some(scope))];
        let tenant = acme();
        let page = PageLanding { listed_by: Some(&listed_by), ..page(&tenant, on, Archive, &landings) };
        counts(bench.store.land_page(&page).unwrap())
    };
    assert_eq!(list(2, &[], "queue-b"), INSERTED);
    assert_eq!(list(3, &[], "queue-a"), UNCHANGED);
    assert_eq!(list(4, &[], "queue-a"), UNCHANGED);
    bench.check(
        "SELECT scope_ids, scopes_listed, change_seq, extraction_timestamp FROM feedback",
        r#"["queue-a","queue-b"] 1 2 2024-01-02"#,
    );
    bench.check(HISTORY, "");
}

#[test]
fn record_that_names_its_scopes_gets_none_from_listings() {
    let mut bench = Bench::new();
    for (on, scope) in [(2, "east"), (3, "west")] {
        let (tenant, listed_by) = (acme(), ScopeId::new(scope));
        let landings = [note_in("n-1", None, "one", on, &["east"], Some(scope))];
        bench.store.land_page(&PageLanding { listed_by: Some(&listed_by), ..page(&tenant, on, Archive, &landings) }).unwrap();
    }
    bench.check("SELECT scope_ids, scopes_listed, change_seq FROM feedback", r#"["east"] 0 1"#);
}

#[test]
fn late_arrival_goes_to_history_once_and_never_becomes_current() {
    let bench = after(
        Archive,
        &[(6, (Some(5), "new"), INSERTED), (7, (Some(4), "old"), LATE), (8, (Some(4), "old"), UNCHANGED), (9, (None, "oldest"), LATE)],
    );
    bench.check(ROWS, "n-1 new 0 2024-01-06");
    bench.check(HISTORY, "old late 2024-01-07 2024-01-07 | oldest late 2024-01-09 2024-01-09");
    bench.check("SELECT COUNT(*) FROM source", "3");
}

#[test]
fn newer_version_replaces_and_the_old_one_goes_to_history() {
    let bench = after(Archive, &[(2, (Some(2), "one"), INSERTED), (5, (Some(4), "two"), UPDATED)]);
    bench.check(ROWS, "n-1 two 0 2024-01-05");
    bench.check(HISTORY, "one superseded 2024-01-02 2024-01-05");
}

#[test]
fn superseded_version_that_is_seen_again_is_not_filed_twice() {
    let bench = after(Archive, &[(2, (Some(2), "one"), INSERTED), (5, (Some(4), "two"), UPDATED), (6, (Some(2), "one"), UNCHANGED)]);
    bench.check(HISTORY, "one superseded 2024-01-02 2024-01-05");
}

#[test]
fn later_seen_version_wins_a_tie() {
    let bench = after(Archive, &[(2, (Some(2), "one"), INSERTED), (3, (Some(2), "two"), UPDATED), (4, (Some(2), "one"), UPDATED)]);
    bench.check(ROWS, "n-1 one 0 2024-01-04");
    bench.check(HISTORY, "one superseded 2024-01-02 2024-01-03 | two superseded 2024-01-03 2024-01-04");
}

#[test]
fn same_id_twice_in_a_page_is_landed_in_order() {
    let mut bench = Bench::new();
    let versions = [note("n-1", Some(2), "two", 3), note("n-1", Some(1), "one", 3), note("n-1", Some(2), "three", 3)];
    assert_eq!(counts(bench.land(3, Archive, &versions)), [1, 1, 0, 1, 0, 0]);
    bench.check(ROWS, "n-1 three 0 2024-01-03");
    bench.check(HISTORY, "one late 2024-01-03 2024-01-03 | two superseded 2024-01-03 2024-01-03");
}

#[test]
fn live_record_that_the_source_deletes_is_archived() {
    let bench =
        after(Archive, &[(2, (Some(2), "one"), INSERTED), (4, (Some(3), "deleted"), DELETED), (5, (Some(3), "deleted"), UNCHANGED)]);
    bench.check(ROWS, "n-1 deleted 1 2024-01-04");
    bench.check(HISTORY, "one superseded 2024-01-02 2024-01-04");
    bench.check(TOMBSTONES, "n-1 deleted 2024-01-04 2024-01-04 - 2024-01-03");
}

#[test]
fn live_record_that_the_source_deletes_is_taken_out_under_exclude() {
    let bench =
        after(Exclude, &[(2, (Some(2), "one"), INSERTED), (4, (Some(3), "deleted"), DELETED), (5, (Some(3), "deleted"), UNCHANGED)]);
    bench.check(ROWS, "");
    bench.check(HISTORY, "one superseded 2024-01-02 2024-01-04 | deleted deleted 2024-01-04 2024-01-04");
    bench.check("SELECT tenant, stream, id FROM removal", "acme feedback n-1");
}

#[test]
fn deleted_record_that_is_restored_is_resurrected() {
    let steps = [(2, (Some(2), "one"), INSERTED), (4, (Some(3), "deleted"), DELETED), (6, (Some(5), "two"), RESURRECTED)];
    for policy in [Archive, Exclude] {
        let bench = after(policy, &steps);
        bench.check(ROWS, "n-1 two 0 2024-01-06");
        bench.check(TOMBSTONES, "n-1 deleted 2024-01-04 2024-01-04 2024-01-06 2024-01-03");
        bench.check("SELECT COUNT(*) FROM removal", "0");
        bench.check("SELECT COUNT(*) FROM feedback_history", "2");
    }
}

#[test]
fn record_deleted_after_a_resurrection_gets_a_fresh_tombstone() {
    let steps = [
        (2, (Some(2), "one"), INSERTED),
        (4, (Some(3), "deleted"), DELETED),
        (6, (Some(5), "two"), RESURRECTED),
        (8, (Some(7), "deleted"), DELETED),
    ];
    for policy in [Archive, Exclude] {
        after(policy, &steps).check(TOMBSTONES, "n-1 deleted 2024-01-08 2024-01-08 - 2024-01-07");
    }
}

#[test]
fn older_version_of_an_excluded_record_is_late() {
    let bench = after(Exclude, &[(4, (Some(3), "deleted"), DELETED), (5, (Some(2), "one"), LATE), (6, (Some(2), "one"), UNCHANGED)]);
    bench.check(ROWS, "");
    bench.check(HISTORY, "deleted deleted 2024-01-04 2024-01-04 | one late 2024-01-05 2024-01-05");
}

#[test]
fn excluded_record_that_is_seen_live_again_is_inserted_again() {
    let mut bench = after(Exclude, &[(2, (None, "one"), INSERTED)]);
    bench.store.bury(&acme(), Stream::Feedback, &[id("n-1")], Cause::Deleted, Exclude, day(3)).unwrap();
    bench.check(ROWS, "");
    bench.check("SELECT id FROM removal", "n-1");
    assert_eq!(counts(bench.land(4, Exclude, &[note("n-1", None, "one", 4)])), RESURRECTED);
    bench.check(ROWS, "n-1 one 0 2024-01-04");
    bench.check("SELECT COUNT(*) FROM removal", "0");
    bench.check(TOMBSTONES, "n-1 deleted 2024-01-03 2024-01-03 2024-01-04 2024-01-01");
}

#[test]
fn further_version_of_a_deleted_record_moves_its_tombstone_only() {
    let steps = [(4, (Some(3), "deleted"), DELETED), (6, (Some(5), "deleted"), UPDATED), (7, (Some(4), "one"), LATE)];
    for (policy, n_current) in [(Archive, "1"), (Exclude, "0")] {
        let bench = after(policy, &steps);
        bench.check(TOMBSTONES, "n-1 deleted 2024-01-04 2024-01-04 - 2024-01-05");
        bench.check("SELECT COUNT(*) FROM feedback", n_current);
    }
}

#[test]
fn deleted_version_under_archive_brings_an_excluded_record_back_archived() {
    let mut bench = after(Exclude, &[(2, (Some(2), "one"), INSERTED), (4, (Some(3), "deleted"), DELETED)]);
    assert_eq!(counts(bench.land(6, Archive, &[note("n-1", Some(5), "deleted", 6)])), UPDATED);
    bench.check(ROWS, "n-1 deleted 1 2024-01-06");
    bench.check("SELECT COUNT(*) FROM removal", "0");
}

#[test]
fn suspicion_is_forgotten_when_the_record_is_seen() {
    let mut bench = after(Archive, &[(2, (None, "one"), INSERTED)]);
    bench.store.note_missed(&acme(), Stream::Feedback, &[id("n-1")], day(3)).unwrap();
    bench.check(TOMBSTONES, "n-1 - 2024-01-03 - - -");
    assert_eq!(counts(bench.land(4, Archive, &[note("n-1", None, "one", 4)])), UNCHANGED);
    bench.check(TOMBSTONES, "");
}

fn unreadable(raw: &str, record_id: Option<&str>) -> Quarantined {
    Quarantined {
        record_id: record_id.map(RecordId::new),
        reason: "field `score`: text `n/a` is not a number".to_owned(),
        raw: raw.to_owned(),
        source_url: "https://api.example.com/feedback".to_owned(),
        page: 3,
        scope_id: Some(ScopeId::new("east")),
        dialect: "guide".to_owned(),
    }
}

#[test]
fn sweep_sees_landings_and_unreadable_records_with_an_id() {
    let mut bench = Bench::new();
    let tenant = acme();
    let landings = [note("n-1", None, "one", 2), note("n-2", None, "one", 2), note("n-3", None, "one", 2)];
    bench.land(2, Archive, &landings);
    let sweep_id = bench.store.new_sweep_id().unwrap();
    let quarantined = [unreadable("{}", None), unreadable("{\"id\":\"n-2\"}", Some("n-2"))];
    let page = PageLanding { sweep_id: Some(sweep_id), quarantined: &quarantined, ..page(&tenant, 3, Archive, &landings[..1]) };
    bench.store.land_page(&page).unwrap();
    bench.check("SELECT id, sweep_id FROM sighting ORDER BY id", "n-1 1 | n-2 1");
    let mut missing = Vec::new();
    let mut visit = |id: RecordId| -> Result<(), std::convert::Infallible> {
        missing.push(id);
        Ok(())
    };
    bench.store.missing(&tenant, Stream::Feedback, Span { from: day(1), to: day(2) }, sweep_id, &mut visit).unwrap();
    assert_eq!(missing, [id("n-3")]);
}

#[test]
fn quarantine_has_one_row_a_distinct_raw_record_and_keeps_it() {
    let mut bench = Bench::new();
    let tenant = acme();
    let quarantined = [unreadable("{\"id\":\"n-1\"}", Some("n-1")), unreadable("{\"id\":\"n-1\",\"x\":1}", Some("n-1"))];
    for (on, expected) in [(2, 2), (3, 0)] {
        let page = PageLanding { quarantined: &quarantined, ..page(&tenant, on, Archive, &[]) };
        assert_eq!(bench.store.land_page(&page).unwrap(), Landed { quarantined_new: expected, ..Landed::default() });
    }
    let seen = "SELECT record_id, page, first_seen_at, last_seen_at, n_seen FROM quarantine";
    bench.check(seen, "n-1 3 2024-01-02 2024-01-03 2 | n-1 3 2024-01-02 2024-01-03 2");
    bench.land(4, Archive, &[note("n-1", None, "one", 4)]);
    assert_eq!(bench.store.n_quarantined(&tenant, Stream::Feedback).unwrap(), 2);
}

fn window() -> WindowProgress {
    WindowProgress {
        tenant: acme(),
        stream: Stream::Feedback,
        scope_id: "*".to_owned(),
        pass: Pass::Created,
        window: Span { from: day(1), to: day(2) },
        read_until: Some(day(3)),
        state: WindowState::Closed,
        n_records: 2,
        n_pages: 1,
        run_id: "run-1".to_owned(),
        updated_at: day(3),
    }
}

#[test]
fn page_is_landed_whole_or_not_at_all() {
    let mut bench = Bench::new();
    let (tenant, window) = (acme(), window());
    let mut landings = vec![note("n-1", None, "one", 2), note("n-2", None, "one", 2)];
    landings[1].row.pop();
    let quarantined = [unreadable("{}", None)];
    let broken = PageLanding { quarantined: &quarantined, progress: Some(&window), ..page(&tenant, 2, Archive, &landings) };
    bench.store.land_page(&broken).unwrap_err();
    let everything = "SELECT (SELECT COUNT(*) FROM feedback), (SELECT COUNT(*) FROM source), (SELECT COUNT(*) FROM quarantine),
        (SELECT COUNT(*) FROM window_progress), (SELECT value FROM meta WHERE name = 'change_seq')";
    bench.check(everything, "0 0 0 0 0");
    landings[1] = note("n-2", None, "one", 2);
    let whole = PageLanding { quarantined: &quarantined, progress: Some(&window), ..page(&tenant, 2, Archive, &landings) };
    bench.store.land_page(&whole).unwrap();
    bench.check(everything, "2 2 1 1 2");
}

/// The files of a process that died in the middle of a page are what another process finds.
#[test]
fn process_that_dies_half_way_leaves_nothing_of_the_page() {
    let mut bench = Bench::new();
    bench.land(2, Archive, &[note("n-1", None, "one", 2)]);
    let dead = bench.folder.path().join("dead.db");
    let landings: Vec<Landing> = (0..2000).map(|n| note(&format!("m-{n}"), None, &"x".repeat(20_000), 3)).collect();
    let (tenant, alive) = (acme(), bench.path());
    let page = page(&tenant, 3, Archive, &landings);
    let died = bench.store.write(|writing| {
        let mut landed = Landed::default();
        for landing in page.landings {
            land(writing, &page, landing, &mut landed)?;
        }
        for end in ["", "-wal"] {
            let name = |path: &std::path::Path| format!("{}{end}", path.display());
            std::fs::copy(name(&alive), name(&dead)).unwrap();
        }
        Err::<(), _>(rusqlite::Error::InvalidQuery)
    });
    assert!(died.is_err());
    assert!(std::fs::metadata(bench.folder.path().join("dead.db-wal")).unwrap().len() > 20_000_000);
    let found = Store::open(&dead, day(4)).unwrap();
    assert_eq!(query(&found, "SELECT feedback_id FROM feedback").unwrap(), "n-1");
    assert_eq!(query(&found, "PRAGMA integrity_check").unwrap(), "ok");
    bench.check("SELECT feedback_id FROM feedback", "n-1");
}

#[test]
fn two_processes_can_land_into_one_store() {
    let bench = Bench::new();
    let path = bench.path();
    std::thread::scope(|scope| {
        for name in ["one", "two"] {
            let path = &path;
            scope.spawn(move || {
                let tenant = TenantName::new(name);
                let mut store = Store::open(path, day(2)).unwrap();
                for n in 0..20 {
                    let mut landings = [note(&format!("n-{n}"), None, "one", 2), note(&format!("m-{n}"), None, "one", 2)];
                    landings.iter_mut().for_each(|landing| landing.row[0] = model::table::Cell::Text(name.to_owned()));
                    assert_eq!(store.land_page(&page(&tenant, 2, Archive, &landings)).unwrap().inserted, 2);
                }
            });
        }
    });
    bench.check("SELECT COUNT(*), COUNT(DISTINCT change_seq), MIN(change_seq), MAX(change_seq) FROM feedback", "80 80 1 80");
    assert_eq!(bench.store.seq_now().unwrap(), 80);
}

/// A small generator, so that a failure can be run again with the seed that it prints.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

#[test]
fn versions_in_any_order_give_the_same_current_row() {
    for seed in 1..=30_u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let policy = if seed % 2 == 0 { Archive } else { Exclude };
        let versions: Vec<Landing> = (2..8)
            .map(|modified| {
                let content = if dice.roll(3) == 0 { "deleted".to_owned() } else { format!("version of day {modified}") };
                note("n-1", Some(modified), &content, 9)
            })
            .collect();
        let mut in_order = Bench::new();
        in_order.land(9, policy, &versions);
        let mut shuffled = versions.clone();
        for last in (1..shuffled.len()).rev() {
            shuffled.swap(last, dice.roll(last + 1));
        }
        shuffled.push(shuffled[dice.roll(6)].clone());
        let mut out_of_order = Bench::new();
        for version in shuffled {
            out_of_order.land(9, policy, &[version]);
        }
        assert_eq!(in_order.rows(&FEEDBACK), out_of_order.rows(&FEEDBACK), "seed {seed}");
        let n_versions = "SELECT COUNT(*) FROM (SELECT source_hash FROM feedback UNION SELECT source_hash FROM feedback_history)";
        assert_eq!(query(&in_order.store, n_versions).unwrap(), "6", "seed {seed}");
        assert_eq!(query(&out_of_order.store, n_versions).unwrap(), "6", "seed {seed}");
    }
}

#[test]
fn answers_follow_the_questions_of_the_current_row() {
    let mut bench = Bench::new();
    bench.land(2, Archive, &[assessment("a-1", 2, 3, Some(&form(3, 2.5)))]);
    assert_eq!(
        bench.rows(&ASSESSMENT_ANSWER),
        [
            r#""acme" "a-1" "f-1" "q1" "g1" 1 4.0 5.0 2.5 false null null "Did the agent do what rule 1 of the book wants of them?""#,
            r#""acme" "a-1" "f-1" "q2" "g1" 2 null 5.0 2.5 true null null "Did the agent do what rule 2 of the book wants of them?""#,
            r#""acme" "a-1" "f-1" "q3" "g1" 3 4.0 5.0 2.5 false true null "Did the agent do what rule 3 of the book wants of them?""#,
        ]
    );
}
