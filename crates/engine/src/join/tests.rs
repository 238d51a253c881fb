//! The join over a store made by hand: each record and each interaction is a few words.

use jiff::Timestamp;
use model::form::{FormQuestion, FormVersion};
use model::id::{FormVersionId, RecordId};
use model::record::{Assessment, Feedback, Platform, Question, Record};
use model::row::{Landing, Origin, landing};
use model::score::score;
use model::table::joined::JOINED;
use serde_json::{Map, Value, json};
use store::{DeletedPolicy, PageLanding};

use super::*;
use crate::report::TroubleKind;

/// A minute of 2 January 2024, 10 o'clock.
fn at(minute: i64) -> Timestamp {
    "2024-01-02T10:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_mins(minute)
}

fn form() -> FormVersion {
    let question = FormQuestion { weight: Some(2.0), max_score: Some(5.0), critical: None };
    FormVersion {
        id: FormVersionId::new("f-1"),
        form_id: Some("f".to_owned()),
        name: None,
        version: None,
        published_at: None,
        active: None,
        max_possible_score: None,
        questions: [("q".to_owned(), question)].into(),
        extra: Map::new(),
    }
}

/// An assessment of agent `ann` about interaction `i-1`, submitted at 11 o'clock, ended at 10.
fn assessment(id: &str) -> Assessment {
    Assessment {
        id: RecordId::new(id),
        form_version_id: Some(FormVersionId::new("f-1")),
        status: Some("submitted".to_owned()),
        agent_id: Some("ann".to_owned()),
        evaluator_id: None,
        scope_ids: Vec::new(),
        interaction_id: Some("i-1".to_owned()),
        external_reference_id: None,
        interaction_end_time: Some(at(0)),
        submitted_at: Some(at(60)),
        modified_at: None,
        scored_by: Some("human".to_owned()),
        raw_score: Some(80.0),
        failed_critical: false,
        comments: None,
        questions: vec![Question { id: "q".to_owned(), score: Some(4.0), max_score: Some(5.0), ..Question::default() }],
        extra: Map::new(),
    }
}

/// A note on agent `ann` about interaction `i-1`, written at 11 o'clock.
fn note(id: &str) -> Feedback {
    Feedback {
        id: RecordId::new(id),
        agent_id: Some("ann".to_owned()),
        author_id: None,
        scope_ids: Vec::new(),
        interaction_id: Some("i-1".to_owned()),
        created_at: Some(at(60)),
        modified_at: None,
        content: None,
        tags: Vec::new(),
        category: None,
        status: Some("published".to_owned()),
        extra: Map::new(),
    }
}

fn extra(fields: Value) -> Map<String, Value> {
    fields.as_object().unwrap().clone()
}

/// Agent `ann`'s part of interaction `i-1`, from five minutes to 10 to 10 o'clock.
fn part() -> Interaction {
    Interaction {
        interaction_id: Some("i-1".to_owned()),
        agent_id: Some("ann".to_owned()),
        started_at: Some(at(-5)),
        ended_at: Some(at(0)),
        media: Some("call".to_owned()),
        ..Interaction::default()
    }
}

fn of(agent: &str, ended: i64) -> Interaction {
    Interaction { agent_id: Some(agent.to_owned()), ended_at: Some(at(ended)), ..part() }
}

struct Bench {
    _folder: tempfile::TempDir,
    store: Store,
}

impl Bench {
    fn new(records: Vec<Record>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut bench = Self { store: Store::open(&folder.path().join("store.db"), at(0)).unwrap(), _folder: folder };
        bench.store.keep_form_versions(&TenantName::new("acme"), Platform::Genesys, &[form()]).unwrap();
        bench.land("acme", Platform::Genesys, records);
        bench
    }

    fn land(&mut self, tenant: &str, platform: Platform, records: Vec<Record>) {
        let tenant = TenantName::new(tenant);
        let origin = Origin { tenant: tenant.clone(), platform, dialect: "guide", observed_at: at(120) };
        let form = form();
        for stream in Stream::ALL {
            let of_stream = |record: &&Record| matches!(record, Record::Assessment(_)) == (stream == Stream::Assessments);
            let landings: Vec<Landing> = records
                .iter()
                .filter(of_stream)
                .map(|record| {
                    let scored = match record {
                        Record::Assessment(assessment) => Some(score(assessment, Some(&form))),
                        Record::Feedback(_) => None,
                    };
                    let scored = scored.as_ref().map(|score| (score, Some(&form)));
                    landing(&origin, record, scored, None, record.id().to_string(), "{}".to_owned())
                })
                .collect();
            let page = PageLanding {
                tenant: &tenant,
                stream,
                listed_by: None,
                observed_at: at(120),
                sweep_id: None,
                policy: DeletedPolicy::Archive,
                landings: &landings,
                quarantined: &[],
                progress: None,
            };
            self.store.land_page(&page).unwrap();
        }
    }

    fn join(&self, interactions: &[Interaction], options: &JoinOptions) -> (Vec<Row>, JoinReport) {
        let mut rows = Vec::new();
        let mut visit = |row: Row| {
            rows.push(row);
            Ok(())
        };
        let report = join(&self.store, &Privacy::none(), interactions.iter().cloned().map(Ok), options, &mut visit).unwrap();
        (rows, report)
    }
}

fn word(row: &Row, column: &str) -> String {
    match JOINED.cell(row, column).unwrap() {
        Cell::Null => "-".to_owned(),
        Cell::Text(words) => words.clone(),
        other => other.to_json().to_string().replace("2024-01-02T", "").replace(":00.000Z", "").replace('"', ""),
    }
}

const SHOWN: [&str; 7] = ["record_id", "join_status", "detail", "join_key", "join_value", "interaction_ended_at", "end_difference_seconds"];

/// The rows, a line each, joined with the usual settings; the file's rows in both orders and doubled.
#[track_caller]
fn check(records: Vec<Record>, interactions: &[Interaction], expected: &[&str]) {
    check_with(records, interactions, &JoinOptions::default(), expected);
}

#[track_caller]
fn check_with(records: Vec<Record>, interactions: &[Interaction], options: &JoinOptions, expected: &[&str]) {
    let bench = Bench::new(records);
    let shown = |interactions: &[Interaction]| {
        let (rows, _) = bench.join(interactions, options);
        rows.iter().map(|row| SHOWN.map(|column| word(row, column)).join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(shown(interactions), expected);
    let doubled: Vec<Interaction> = interactions.iter().rev().chain(interactions).cloned().collect();
    assert_eq!(shown(&doubled), expected, "doubles or the order of the file show");
}

fn assessed(change: impl FnOnce(&mut Assessment)) -> Record {
    let mut assessment = assessment("a");
    change(&mut assessment);
    Record::Assessment(assessment)
}

fn noted(change: impl FnOnce(&mut Feedback)) -> Record {
    let mut note = note("n");
    change(&mut note);
    Record::Feedback(note)
}

#[test]
fn a_record_is_matched_with_its_agents_part() {
    let parts = [of("bob", 3), part(), of("cyd", -2)];
    check(vec![assessed(|_| ())], &parts, &["a matched - interaction_id i-1 10:00 0.0"]);
    check(vec![noted(|_| ())], &parts, &["n matched - interaction_id i-1 10:00 -"]);
}

#[test]
fn every_reason_has_its_word() {
    check(vec![assessed(|one| one.interaction_id = Some("i-2".to_owned()))], &[part()], &["a no_interaction - - - - -"]);
    check(vec![assessed(|one| one.interaction_id = None)], &[part()], &["a no_interaction no_key - - - -"]);
    check(vec![assessed(|_| ())], &[of("bob", 0)], &["a agent_not_on_interaction - interaction_id i-1 - -"]);
    check(vec![assessed(|one| one.submitted_at = Some(at(-1)))], &[part()], &["a time_mismatch - interaction_id i-1 10:00 0.0"]);
    check(vec![noted(|one| one.created_at = Some(at(-1)))], &[part()], &["n time_mismatch - interaction_id i-1 10:00 -"]);
    check(vec![noted(|one| one.created_at = Some(at(0)))], &[part()], &["n matched - interaction_id i-1 10:00 -"]);
}

#[test]
fn what_could_not_be_compared_is_said() {
    check(vec![assessed(|one| one.agent_id = None)], &[part()], &["a agent_not_on_interaction no_agent interaction_id i-1 - -"]);
    let nobody = Interaction { agent_id: None, ..part() };
    check(vec![assessed(|_| ())], &[nobody], &["a agent_not_on_interaction agent_unknown interaction_id i-1 - -"]);
    let going_on = Interaction { ended_at: None, ..part() };
    check(vec![noted(|_| ())], std::slice::from_ref(&going_on), &["n matched no_end interaction_id i-1 - -"]);
    check(vec![assessed(|one| one.submitted_at = Some(at(-1)))], &[going_on], &["a time_mismatch - interaction_id i-1 - -"]);
    check(vec![noted(|one| one.created_at = None)], &[part()], &["n matched no_submission interaction_id i-1 10:00 -"]);
}

#[test]
fn of_several_parts_of_an_agent_the_last_one_before_the_submission_is_taken() {
    check(vec![assessed(|_| ())], &[of("ann", 0), of("ann", 59), of("ann", 61)], &["a matched - interaction_id i-1 10:59 3540.0"]);
    check(vec![assessed(|_| ())], &[of("ann", 70), of("ann", 61)], &["a time_mismatch - interaction_id i-1 11:01 3660.0"]);
    let going_on = Interaction { ended_at: None, ..part() };
    check(vec![assessed(|_| ())], &[going_on, of("ann", 61)], &["a time_mismatch - interaction_id i-1 11:01 3660.0"]);
}

#[test]
fn keys_are_tried_in_their_order() {
    let record = || {
        assessed(|one| {
            one.external_reference_id = Some("CRM-7".to_owned());
            one.extra = extra(json!({ "segmentId": "s-1" }));
        })
    };
    let by_reference = Interaction {
        interaction_id: Some("i-9".to_owned()),
        external_reference_id: Some("CRM-7".to_owned()),
        ended_at: Some(at(1)),
        ..part()
    };
    let by_segment = Interaction { interaction_id: None, segment_id: Some("s-1".to_owned()), ended_at: Some(at(2)), ..part() };
    let all = [part(), by_reference.clone(), by_segment.clone()];
    check(vec![record()], &all, &["a matched - interaction_id i-1 10:00 0.0"]);
    check(vec![record()], &all[1..], &["a matched - external_reference_id CRM-7 10:01 60.0"]);
    check(vec![record()], &all[2..], &["a matched - segment_id s-1 10:02 120.0"]);
    let keys = vec![JoinKey::SegmentId, JoinKey::InteractionId];
    let options = JoinOptions { keys, ..JoinOptions::default() };
    check_with(vec![record()], &all, &options, &["a matched - segment_id s-1 10:02 120.0"]);
    check_with(vec![record()], &all[1..2], &options, &["a no_interaction - - - - -"]);
    let others = [of("bob", 0), by_reference];
    check(vec![record()], &others, &["a matched - external_reference_id CRM-7 10:01 60.0"]);
    let all_others = [of("bob", 0), Interaction { agent_id: Some("bob".to_owned()), ..by_segment }];
    check(vec![record()], &all_others, &["a agent_not_on_interaction - interaction_id i-1 - -"]);
}

#[test]
fn a_wrong_time_under_one_key_is_not_mended_by_another() {
    let record = assessed(|one| one.external_reference_id = Some("CRM-7".to_owned()));
    let by_reference = Interaction { interaction_id: None, external_reference_id: Some("CRM-7".to_owned()), ..part() };
    check(vec![record], &[of("ann", 61), by_reference], &["a time_mismatch - interaction_id i-1 11:01 3660.0"]);
}

#[test]
fn an_id_of_one_kind_is_not_found_among_another() {
    let swapped = Interaction { interaction_id: None, external_reference_id: Some("i-1".to_owned()), ..part() };
    check(vec![assessed(|_| ())], &[swapped], &["a no_interaction - - - - -"]);
}

#[test]
fn segments_and_contacts_are_found_under_the_names_of_cxone() {
    let segment = |id: &str| Interaction { interaction_id: None, segment_id: Some(id.to_owned()), ..part() };
    let record = |fields: Value| noted(|one| one.extra = extra(fields));
    check(vec![record(json!({ "contactId": 455_123_987 }))], &[segment("455123987")], &["n matched - segment_id 455123987 10:00 -"]);
    check(vec![record(json!({ "acdContactId": "7" }))], &[segment("7")], &["n matched - segment_id 7 10:00 -"]);
    check(vec![record(json!({}))], &[segment("i-1")], &["n matched - segment_id i-1 10:00 -"]);
}

#[test]
fn feedback_is_read_for_ids_and_times_that_have_no_column() {
    let record = noted(|one| {
        one.interaction_id = None;
        one.extra = extra(json!({ "externalReferenceId": "CRM-7", "interactionEndTime": "2024-01-02T09:59:00Z" }));
    });
    let by_reference = Interaction { interaction_id: None, external_reference_id: Some("CRM-7".to_owned()), ..part() };
    check(vec![record], &[by_reference], &["n matched - external_reference_id CRM-7 10:00 60.0"]);
}

#[test]
fn a_row_carries_the_scores() {
    let bench = Bench::new(vec![assessed(|_| ()), noted(|_| ())]);
    let (rows, _) = bench.join(&[part()], &JoinOptions::default());
    let shown = |row: &Row| JOINED.columns.iter().map(|column| word(row, column.name)).collect::<Vec<_>>().join(" ");
    let hash = form().content_hash();
    assert!(rows.iter().all(|row| row.len() == JOINED.columns.len()));
    assert_eq!(
        shown(&rows[0]),
        format!(
            "acme genesys assessments a ann i-1 matched - interaction_id i-1 09:55 10:00 call 10:00 0.0 11:00 submitted f-1 {hash} human 80.0 80.0 false []"
        )
    );
    assert_eq!(
        shown(&rows[1]),
        "acme genesys feedback n ann i-1 matched - interaction_id i-1 09:55 10:00 call - - 11:00 published - - - - - - -"
    );
}

fn window(from: Option<i64>, to: Option<i64>) -> JoinOptions {
    JoinOptions { from: from.map(at), to: to.map(at), ..JoinOptions::default() }
}

#[test]
fn a_window_is_of_the_interactions_end_and_half_open() {
    let record = || vec![assessed(|_| ()), noted(|one| one.created_at = Some(at(6000)))];
    let both = &["a matched - interaction_id i-1 10:00 0.0", "n matched - interaction_id i-1 10:00 -"];
    check_with(record(), &[part()], &window(Some(0), Some(1)), both);
    check_with(record(), &[part()], &window(Some(-1), Some(0)), &[]);
    check_with(record(), &[part()], &window(Some(1), None), &[]);
    // The record's own end goes before the file's.
    let later = [of("ann", 30)];
    check_with(record(), &later, &window(Some(0), Some(1)), &["a matched - interaction_id i-1 10:30 1800.0"]);
    check_with(record(), &later, &window(Some(30), None), &["n matched - interaction_id i-1 10:30 -"]);
}

#[test]
fn a_record_of_unknown_end_stands_in_no_window_and_is_told() {
    let bench = Bench::new(vec![noted(|one| one.interaction_id = Some("i-2".to_owned()))]);
    let (rows, report) = bench.join(&[part()], &window(Some(0), None));
    assert_eq!((rows.len(), report.summaries[0].n, report.summaries[0].n_undated), (0, 0, 1));
    assert_eq!(report.summaries[0].share(), None);
    assert_eq!(report.warnings, ["feedback of `acme`: 1 without a known end of the interaction stand in no window and are left out"]);
    let (rows, _) = Bench::new(vec![noted(|_| ())]).join(&[of("bob", 5)], &window(Some(5), None));
    assert_eq!(rows.len(), 1, "an interaction without the agent has an end too");
}

#[test]
fn the_summary_counts_every_record_once() {
    let with = |id: &str, interaction: Option<&str>, agent: &str, minute: i64| {
        Record::Assessment(Assessment {
            interaction_id: interaction.map(ToOwned::to_owned),
            agent_id: Some(agent.to_owned()),
            submitted_at: Some(at(minute)),
            ..assessment(id)
        })
    };
    let bench = Bench::new(vec![
        with("a1", Some("i-1"), "ann", 60),
        with("a2", Some("i-1"), "bob", 60),
        with("a3", Some("i-1"), "ann", -1),
        with("a4", Some("i-9"), "ann", 60),
        with("a5", None, "ann", 60),
        noted(|_| ()),
    ]);
    let lone = Interaction { interaction_id: Some("i-3".to_owned()), ..part() };
    let lone_too = Interaction { agent_id: Some("bob".to_owned()), ..lone.clone() };
    let (rows, report) = bench.join(&[part(), part(), lone, lone_too], &JoinOptions::default());
    assert_eq!(rows.len(), 6);
    assert_eq!((report.n_rows, report.n_interactions, report.n_unassessed), (4, 2, Some(1)));
    let [assessments, feedback] = &report.summaries[..] else { panic!("{:?}", report.summaries) };
    let counts = |one: &JoinSummary| {
        let reasons = [one.n_no_interaction, one.n_no_key, one.n_agent_not_on_interaction, one.n_time_mismatch];
        (one.n, one.n_matched, reasons, one.share())
    };
    assert_eq!(counts(assessments), (5, 1, [2, 1, 1, 1], Some(0.2)));
    assert_eq!(counts(feedback), (1, 1, [0, 0, 0, 0], Some(1.0)));
    assert_eq!(report.warnings, ["assessments of `acme`: 1 of 5 matched, below 98 %"]);
}

#[test]
fn ninety_eight_of_a_hundred_are_enough() {
    let records = |n_lost: usize| {
        let one = |n: usize| {
            let interaction_id = Some(if n < n_lost { "i-9" } else { "i-1" }.to_owned());
            Record::Assessment(Assessment { interaction_id, ..assessment(&format!("a{n:03}")) })
        };
        (0..100).map(one).collect::<Vec<_>>()
    };
    let warnings = |n_lost| Bench::new(records(n_lost)).join(&[part()], &JoinOptions::default()).1.warnings;
    assert_eq!(warnings(2), Vec::<String>::new());
    assert_eq!(warnings(3), ["assessments of `acme`: 97 of 100 matched, below 98 %"]);
}

#[test]
fn misaligned_ends_are_counted_and_a_time_zone_is_named() {
    let record = |n: i64| Record::Assessment(Assessment { interaction_id: Some(format!("i-{n}")), ..assessment(&format!("a{n}")) });
    let bench = Bench::new((1..=4).map(record).collect());
    let moved = |n: i64, ms: i64| {
        let ended_at = Some(at(-120) + jiff::SignedDuration::from_millis(ms));
        Interaction { interaction_id: Some(format!("i-{n}")), ended_at, ..part() }
    };
    let parts = [moved(1, 0), moved(2, 900), moved(3, -900), moved(4, 7_201_000)];
    let (_, report) = bench.join(&parts, &JoinOptions::default());
    let summary = &report.summaries[0];
    assert_eq!((summary.n_compared, summary.n_misaligned), (4, 3));
    assert_eq!(summary.differences.map(|one| (one.least, one.median, one.greatest)), Some((-7200.9, -7200.0, -7199.1)));
    assert_eq!(
        report.warnings,
        [
            "assessments of `acme`: 3 of 4 ends in the file are over 1 s off the record's, median -7200 s",
            "assessments of `acme`: 3 of these 3 differ by -2 h: probably a time zone error"
        ]
    );
    let strict = JoinOptions { tolerance: Duration::ZERO, ..JoinOptions::default() };
    assert_eq!(bench.join(&parts, &strict).1.summaries[0].n_misaligned, 4);
}

#[test]
fn archived_records_and_other_tenants_are_left_alone() {
    let deleted = assessed(|one| one.status = Some("deleted".to_owned()));
    let mut bench = Bench::new(vec![deleted, noted(|_| ())]);
    bench.land("other", Platform::Cxone, vec![assessed(|_| ())]);
    let shown = |options: &JoinOptions| {
        let (rows, report) = bench.join(&[part()], options);
        let rows: Vec<String> = rows.iter().map(|row| format!("{} {}", word(row, "tenant"), word(row, "record_id"))).collect();
        (rows.join(", "), report.n_unassessed)
    };
    let of =
        |tenants: &[&str]| JoinOptions { tenants: tenants.iter().map(|name| TenantName::new(*name)).collect(), ..JoinOptions::default() };
    assert_eq!(shown(&of(&[])), ("other a, acme n".to_owned(), Some(0)));
    assert_eq!(shown(&of(&["acme"])), ("acme n".to_owned(), Some(1)));
    assert_eq!(shown(&of(&["acme", "other"])), ("other a, acme n".to_owned(), Some(0)));
    let feedback = JoinOptions { streams: vec![Stream::Feedback], ..of(&[]) };
    assert_eq!(shown(&feedback), ("acme n".to_owned(), None));
}

#[test]
fn an_agent_with_a_pseudonym_is_found() {
    let privacy = Privacy::new(&[], &["agent_id".to_owned()], Some(b"key")).unwrap();
    let mut source = json!({ "agentId": "ann" });
    privacy.apply(&mut source);
    let pseudonym = source["agentId"].as_str().unwrap().to_owned();
    let bench = Bench::new(vec![assessed(|one| one.agent_id = Some(pseudonym)), noted(|_| ())]);
    let mut words = Vec::new();
    let mut visit = |row: Row| {
        words.push(word(&row, "join_status"));
        Ok(())
    };
    join(&bench.store, &privacy, [Ok(part())], &JoinOptions::default(), &mut visit).unwrap();
    assert_eq!(words, ["matched", "matched"], "records landed before the setting keep their agents");
}

#[test]
fn trouble_of_the_file_or_the_visitor_ends_the_join() {
    let bench = Bench::new(vec![assessed(|_| ())]);
    let trouble = |words: &str| Trouble::new(TroubleKind::Configuration, words);
    let bad = [Ok(part()), Err(trouble("row 2"))];
    let ended = join(&bench.store, &Privacy::none(), bad, &JoinOptions::default(), &mut |_| Ok(()));
    assert_eq!(ended.unwrap_err().message, "row 2");
    let ended = join(&bench.store, &Privacy::none(), [Ok(part())], &JoinOptions::default(), &mut |_| Err(trouble("full")));
    assert_eq!(ended.unwrap_err().message, "full");
}

#[test]
fn an_empty_file_and_an_empty_store_are_no_trouble() {
    let (rows, report) = Bench::new(Vec::new()).join(&[], &JoinOptions::default());
    assert_eq!((rows.len(), report), (0, JoinReport { n_unassessed: Some(0), ..JoinReport::default() }));
}
