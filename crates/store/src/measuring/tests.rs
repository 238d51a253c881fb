//! Whatever happens to assessments, forms and scopes, the measures are those that a store measured once would have.

use model::id::ScopeId;
use model::record::{Platform, Scope};
use proptest::prelude::*;
use serde_json::Map;

use super::*;
use crate::testing::sheet::{Sheet, sheet, version};
use crate::testing::{Bench, acme, day, id, measure_all, measured};
use crate::{Cause, DeletedPolicy};

const MEASURES: &str = "SELECT assessment_id, agent_id, content_hash = '', normalized_score, left_out FROM assessment_measure";
const TOUCHED: &str = "SELECT agent_id, business_date, form_version_id FROM agent_day_touched";

fn everything(bench: &Bench) -> [String; 2] {
    ["assessment_measure", "assessment_scope"].map(|table| crate::testing::query(&bench.store, &format!("SELECT * FROM {table}")).unwrap())
}

fn clear_touched(bench: &mut Bench) {
    bench.store.write(|writing| writing.execute("DELETE FROM agent_day_touched", [])).unwrap();
}

#[test]
fn live_assessments_are_measured_once_and_archived_ones_not() {
    let mut bench = Bench::new();
    let forms = [version("v-1", &[("q1", 1.0, 10.0)])];
    bench.keep(&forms);
    bench.land_sheets(&[sheet("a-1", 5.0), sheet("a-2", 7.0), Sheet { status: "deleted", ..sheet("a-3", 1.0) }], &forms);
    assert_eq!(measure_all(&mut bench.store), 3);
    bench.check(MEASURES, "a-1 ann 0 50 - | a-2 ann 0 70 -");
    bench.check(
        "SELECT scope_kind, scope_id, assessment_id FROM assessment_scope ORDER BY 1, 2, 3",
        "division east a-1 | division east a-2 | team team-n a-1 | team team-n a-2",
    );
    bench.check(TOUCHED, "ann 2024-01-10 v-1");
    assert_eq!(measure_all(&mut bench.store), 0);
    let measure = bench.store.measure(&acme(), &id("a-1")).unwrap().unwrap();
    assert_eq!((measure.normalized_score, measure.left_out), (Some(50.0), None));
    assert_eq!(bench.store.measure(&acme(), &id("a-3")).unwrap(), None);
}

#[test]
fn only_what_changed_is_due() {
    let mut bench = Bench::new();
    bench.land_sheets(&[sheet("a-1", 5.0), sheet("a-2", 7.0)], &[]);
    measure_all(&mut bench.store);
    clear_touched(&mut bench);
    bench.land_sheets(&[sheet("a-1", 5.0), Sheet { edit: 1, ..sheet("a-2", 8.0) }], &[]);
    assert_eq!(measure_all(&mut bench.store), 1);
    bench.check(TOUCHED, "ann 2024-01-10 v-1");
    bench.check(MEASURES, "a-1 ann 1 50 - | a-2 ann 1 80 -");
}

#[test]
fn an_assessment_that_moves_touches_both_agent_days() {
    let mut bench = Bench::new();
    bench.land_sheets(&[sheet("a-1", 5.0)], &[]);
    measure_all(&mut bench.store);
    clear_touched(&mut bench);
    bench.land_sheets(&[Sheet { agent: "bob", day: 11, ..sheet("a-1", 5.0) }], &[]);
    measure_all(&mut bench.store);
    bench.check(TOUCHED, "ann 2024-01-10 v-1 | bob 2024-01-11 v-1");
    bench.check("SELECT scope_kind, scope_id FROM assessment_scope", "division east | team team-b");
}

#[test]
fn an_edit_that_no_sum_sees_touches_nothing() {
    let mut bench = Bench::new();
    bench.land_sheets(&[sheet("a-1", 5.0)], &[]);
    measure_all(&mut bench.store);
    clear_touched(&mut bench);
    bench.land_sheets(&[Sheet { edit: 1, ..sheet("a-1", 5.0) }], &[]);
    assert_eq!(bench.store.begin_measuring("test").unwrap(), 1);
    let step = bench.store.measure_some("test", 9, &measured).unwrap();
    assert_eq!(step, MeasureStep { n_measured: 1, n_changed: 0, n_left: 0 });
    bench.check(TOUCHED, "");
}

#[test]
fn an_assessment_that_is_buried_loses_its_measure_under_either_policy_and_gets_it_back() {
    for policy in [DeletedPolicy::Archive, DeletedPolicy::Exclude] {
        let mut bench = Bench::new();
        bench.land_sheets(&[sheet("a-1", 5.0)], &[]);
        measure_all(&mut bench.store);
        clear_touched(&mut bench);
        bench.store.bury(&acme(), Stream::Assessments, &[id("a-1")], Cause::Deleted, policy, day(21)).unwrap();
        assert_eq!(measure_all(&mut bench.store), 1);
        bench.check(MEASURES, "");
        bench.check("SELECT COUNT(*) FROM assessment_scope", "0");
        bench.check(TOUCHED, "ann 2024-01-10 v-1");
        bench.land_sheets(&[Sheet { edit: 1, ..sheet("a-1", 6.0) }], &[]);
        measure_all(&mut bench.store);
        bench.check(MEASURES, "a-1 ann 1 60 -");
    }
}

#[test]
fn other_settings_measure_everything_anew_and_the_same_hash_nothing() {
    let mut bench = Bench::new();
    bench.land_sheets(&[sheet("a-1", 5.0), sheet("a-2", 7.0)], &[]);
    assert_eq!(bench.store.begin_measuring("one").unwrap(), 2);
    assert_eq!(bench.store.begin_measuring("one").unwrap(), 2, "nothing was measured yet");
    bench.store.measure_some("one", 9, &measured).unwrap();
    assert_eq!(bench.store.begin_measuring("one").unwrap(), 0);
    assert_eq!(bench.store.begin_measuring("two").unwrap(), 2);
}

#[test]
fn an_assessment_that_went_while_the_settings_became_others_loses_its_measure() {
    let mut bench = Bench::new();
    bench.land_sheets(&[sheet("a-1", 5.0)], &[]);
    measure_all(&mut bench.store);
    bench.store.bury(&acme(), Stream::Assessments, &[id("a-1")], Cause::Deleted, DeletedPolicy::Exclude, day(21)).unwrap();
    assert_eq!(bench.store.begin_measuring("other").unwrap(), 1);
    bench.store.measure_some("other", 9, &measured).unwrap();
    bench.check(MEASURES, "");
}

#[test]
fn a_process_with_other_settings_is_not_overruled() {
    let mut bench = Bench::new();
    bench.land_sheets(&[sheet("a-1", 5.0)], &[]);
    bench.store.begin_measuring("one").unwrap();
    bench.store.begin_measuring("two").unwrap();
    let error = bench.store.measure_some("one", 9, &measured).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Busy);
    let words = error.to_string().replace(&bench.folder.path().display().to_string(), "DIR");
    assert_eq!(words, "store `DIR/store.db`: another process measures its assessments with other settings");
    bench.check(MEASURES, "");
}

#[test]
fn a_change_while_measuring_is_not_lost() {
    let mut bench = Bench::new();
    bench.land_sheets(&[sheet("a-1", 5.0), sheet("a-2", 7.0)], &[]);
    bench.store.begin_measuring("test").unwrap();
    bench.store.measure_some("test", 1, &measured).unwrap();
    bench.land_sheets(&[Sheet { edit: 1, ..sheet("a-1", 6.0) }, Sheet { edit: 1, ..sheet("a-2", 8.0) }], &[]);
    bench.store.measure_some("test", 1, &measured).unwrap();
    bench.check(MEASURES, "a-1 ann 1 50 - | a-2 ann 1 80 -");
    assert_eq!(measure_all(&mut bench.store), 2);
    bench.check(MEASURES, "a-1 ann 1 60 - | a-2 ann 1 80 -");
}

#[test]
fn a_form_version_counts_only_for_assessments_that_were_scored_with_it() {
    let mut bench = Bench::new();
    let forms = [version("v-1", &[("q1", 1.0, 10.0)])];
    bench.land_sheets(&[sheet("a-1", 5.0)], &[]);
    measure_all(&mut bench.store);
    bench.keep(&forms);
    assert_eq!(measure_all(&mut bench.store), 1, "its form version changed");
    bench.check(MEASURES, "a-1 ann 1 50 -");
    bench.store.land_rescored(&acme(), &[sheet("a-1", 5.0).landing(Some(&forms[0]))], day(21)).unwrap();
    clear_touched(&mut bench);
    assert_eq!(measure_all(&mut bench.store), 1);
    bench.check(MEASURES, "a-1 ann 0 50 -");
    bench.check("SELECT content_hash = '', business_date FROM agent_day_touched", "1 2024-01-10 | 0 2024-01-10");
}

#[test]
fn a_form_or_a_scope_that_becomes_another_makes_its_assessments_due() {
    let mut bench = Bench::new();
    let form = version("v-1", &[("q1", 1.0, 10.0)]);
    bench.keep(std::slice::from_ref(&form));
    bench.land_sheets(
        &[sheet("a-1", 5.0), Sheet { scopes: vec!["west"], version: "v-2", ..sheet("a-2", 5.0) }],
        std::slice::from_ref(&form),
    );
    measure_all(&mut bench.store);
    bench.keep(&[FormVersion { name: Some("another name".to_owned()), ..form }]);
    assert_eq!(measure_all(&mut bench.store), 1);
    let scope = Scope { kind: ScopeKind::Queue, id: ScopeId::new("west"), name: None, extra: Map::new() };
    bench.store.keep_scopes(&acme(), Platform::Genesys, &[scope]).unwrap();
    let seen = std::cell::RefCell::new(Vec::new());
    bench.store.begin_measuring("test").unwrap();
    let look = |input: &MeasureInput<'_>| {
        seen.borrow_mut().push((input.assessment_id.to_string(), input.scopes.clone()));
        measured(input)
    };
    bench.store.measure_some("test", 9, &look).unwrap();
    assert_eq!(seen.into_inner(), [("a-2".to_owned(), vec![("west".to_owned(), vec![ScopeKind::Queue])])]);
}

#[test]
fn assessments_of_sites_are_due_when_sites_are_listed_and_are_told_so() {
    let mut bench = Bench::new();
    bench.land_sheets(&[Sheet { scopes: vec!["west"], ..sheet("a-1", 5.0) }, Sheet { scopes: vec![], ..sheet("a-2", 5.0) }], &[]);
    let seen = std::cell::RefCell::new(Vec::new());
    let as_site = |input: &MeasureInput<'_>| {
        seen.borrow_mut().push((input.assessment_id.to_string(), input.lists_sites));
        let scopes = input.scopes.iter().map(|(id, _)| ("site".to_owned(), id.clone())).collect();
        Measured { scopes, ..measured(input) }
    };
    bench.store.begin_measuring("test").unwrap();
    bench.store.measure_some("test", 9, &as_site).unwrap();
    assert_eq!(seen.take(), [("a-1".to_owned(), false), ("a-2".to_owned(), false)]);
    let scope = Scope { kind: ScopeKind::Site, id: ScopeId::new("north"), name: None, extra: Map::new() };
    bench.store.keep_scopes(&acme(), Platform::Cxone, &[scope]).unwrap();
    bench.store.begin_measuring("test").unwrap();
    bench.store.measure_some("test", 9, &as_site).unwrap();
    assert_eq!(seen.take(), [("a-1".to_owned(), true)]);
}

/// What may happen to one of a few assessments.
#[derive(Debug, Clone)]
enum Step {
    Land { n: u8, agent: usize, day: i8, points: u8 },
    Bury { n: u8, policy: DeletedPolicy },
    Know,
    Measure { limit: u32 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => (0_u8..6, 0_usize..3, 9_i8..12, 0_u8..11).prop_map(|(n, agent, day, points)| Step::Land { n, agent, day, points }),
        2 => (0_u8..6, any::<bool>()).prop_map(|(n, archive)| {
            Step::Bury { n, policy: if archive { DeletedPolicy::Archive } else { DeletedPolicy::Exclude } }
        }),
        1 => Just(Step::Know),
        3 => (1_u32..5).prop_map(|limit| Step::Measure { limit }),
    ];
    proptest::collection::vec(step, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn measuring_bit_by_bit_gives_what_measuring_once_gives(steps in steps()) {
        let mut bench = Bench::new();
        let forms = [version("v-1", &[("q1", 1.0, 10.0)])];
        let mut is_known = false;
        for (edit, step) in (0_i8..).zip(&steps) {
            match step {
                Step::Land { n, agent, day, points } => {
                    let agent = ["ann", "bob", "cid"][*agent];
                    let sheet = Sheet { agent, day: *day, edit: edit * 4, ..sheet(&format!("a-{n}"), f64::from(*points)) };
                    bench.land_sheets(&[sheet], if is_known { &forms } else { &[] });
                }
                Step::Bury { n, policy } => {
                    bench.store.bury(&acme(), Stream::Assessments, &[id(&format!("a-{n}"))], Cause::Deleted, *policy, day(21)).unwrap();
                }
                Step::Know => {
                    bench.keep(&forms);
                    is_known = true;
                }
                Step::Measure { limit } => {
                    bench.store.begin_measuring("test").unwrap();
                    bench.store.measure_some("test", *limit, &measured).unwrap();
                }
            }
        }
        measure_all(&mut bench.store);
        let bit_by_bit = everything(&bench);
        bench.store.write(|writing| writing.execute_batch("DELETE FROM assessment_measure; DELETE FROM assessment_scope")).unwrap();
        bench.store.begin_measuring("other").unwrap();
        bench.store.measure_some("other", 99, &measured).unwrap();
        prop_assert_eq!(bit_by_bit, everything(&bench));
    }
}
