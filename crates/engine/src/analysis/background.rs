//! What stands beside the numbers: questions week by week, how late edits come, agents' last assessments, and where records
//! were left on the way.

use std::collections::BTreeMap;

use insight::reason::Reason;
use model::id::TenantName;
use model::record::Stream;
use model::table::analytics::{AGENT_RECENT, EDIT_LAG, QUESTION_WEEK, WATERFALL};
use model::table::{Cell, RECONCILIATION, Row};
use store::statistics::{Cohort, CohortQuestion, CohortRow, Slice};
use store::{Store, StoreError};

use crate::analysis::layout::{cohort_cells, count, date, fill, real, row, text};

/// A question with fewer answers in a week is blank.
const ANSWERS_MIN: u64 = 5;
/// Assessments on an agent's card.
const RECENT: u32 = 5;
/// Whose questions are shown week by week.
const KINDS: [&str; 3] = ["tenant", "division", "site"];

/// Rows of `question_week`.
pub(crate) fn question_weeks(store: &Store, slice: &Slice, cohorts: &[CohortRow]) -> Result<Vec<Row>, StoreError> {
    let kinds: Vec<&str> = match &slice.scope {
        None => KINDS.to_vec(),
        // Of a team nothing so fine is shown; of any other scope its own rows, because all others would hold only a part of theirs.
        Some(scope) if scope.kind == "team" => Vec::new(),
        Some(scope) => vec![scope.kind.as_str()],
    };
    let found = store.questions(slice, &kinds)?;
    let questions = Questions::new(found.of_cohorts, cohorts);
    let mut rows = Vec::new();
    for kind in kinds {
        for week in found.weeks.iter().filter(|week| week.scope.kind == kind) {
            let is_thin = week.n < ANSWERS_MIN;
            let attainment = (!is_thin && week.sum_max != 0.0).then(|| 100.0 * week.sum_score / week.sum_max);
            let mut cells = row(&QUESTION_WEEK, cohort_cells(&week.cohort, &week.scope));
            let known = questions.find(&week.cohort, &week.question_key);
            let known = known.as_ref();
            fill(
                &QUESTION_WEEK,
                &mut cells,
                [
                    ("question_key", text(&week.question_key)),
                    ("text", Cell::text(known.and_then(|known| known.question.text.clone()))),
                    ("group_id", Cell::text(known.and_then(|known| known.question.group_id.clone()))),
                    ("weight_share", real(known.and_then(|known| known.share))),
                    ("week_start", date(Some(week.week_start))),
                    ("n", count(week.n)),
                    ("n_not_applicable", count(week.n_not_applicable)),
                    ("attainment", real(attainment)),
                    ("changed", Cell::text(known.and_then(|known| known.changed))),
                    ("reason", Cell::text(is_thin.then(|| Reason::NTooSmall.word()))),
                ],
            );
            rows.push(cells);
        }
    }
    Ok(rows)
}

struct Known<'a> {
    question: &'a CohortQuestion,
    share: Option<f64>,
    changed: Option<&'static str>,
}

/// The questions of every cohort, with what became of them since the version before.
struct Questions {
    of_cohort: BTreeMap<Cohort, BTreeMap<String, CohortQuestion>>,
    before: BTreeMap<Cohort, Cohort>,
}

impl Questions {
    fn new(found: Vec<CohortQuestion>, cohorts: &[CohortRow]) -> Self {
        let mut of_cohort: BTreeMap<Cohort, BTreeMap<String, CohortQuestion>> = BTreeMap::new();
        for question in found {
            of_cohort.entry(question.cohort.clone()).or_default().insert(question.question_key.clone(), question);
        }
        let mut ordered: Vec<&CohortRow> = cohorts.iter().filter(|cohort| cohort.scope.kind == "tenant").collect();
        ordered.sort_by_key(|found| (found.first_date, &found.cohort));
        let mut latest: BTreeMap<(&str, &str, &str, &str), &Cohort> = BTreeMap::new();
        let mut before = BTreeMap::new();
        for found in ordered {
            let cohort = &found.cohort;
            let line = (cohort.tenant.as_str(), cohort.platform.as_str(), cohort.form_id.as_str(), cohort.scored_by.as_str());
            if let Some(earlier) = latest.insert(line, cohort) {
                before.insert(cohort.clone(), earlier.clone());
            }
        }
        Self { of_cohort, before }
    }

    fn find(&self, cohort: &Cohort, key: &str) -> Option<Known<'_>> {
        let questions = self.of_cohort.get(cohort)?;
        let question = questions.get(key)?;
        let possible = |question: &CohortQuestion| Some(question.weight? * question.max_score?);
        let whole: Option<f64> = questions.values().map(possible).sum();
        let share = whole.filter(|whole| *whole != 0.0).and_then(|whole| Some(possible(question)? / whole));
        let earlier = self.before.get(cohort).and_then(|earlier| self.of_cohort.get(earlier));
        let changed = earlier.and_then(|earlier| match earlier.get(key) {
            None => Some("added"),
            Some(old) if old.max_score != question.max_score => Some("maximum"),
            Some(old) if old.weight != question.weight => Some("weight"),
            Some(_) => None,
        });
        Some(Known { question, share, changed })
    }
}

/// Rows of `edit_lag`.
pub(crate) fn edit_lags(store: &Store, tenant: &TenantName, platform: &str) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::new();
    for stream in Stream::ALL {
        let lags = store.edit_lags(tenant, stream)?;
        let all: u64 = lags.iter().map(|lag| lag.n).sum();
        let mut so_far = 0;
        for lag in lags.iter().filter(|_| all != 0) {
            so_far += lag.n;
            rows.push(row(
                &EDIT_LAG,
                [
                    ("tenant", text(tenant.as_str())),
                    ("platform", text(platform)),
                    ("stream", text(stream.word())),
                    ("hours", real(lag.hours)),
                    ("n_edited", count(so_far)),
                    ("share", real(Some(so_far as f64 / all as f64))),
                ],
            ));
        }
    }
    Ok(rows)
}

/// Rows of `agent_recent`.
pub(crate) fn recent(store: &Store, slice: &Slice) -> Result<Vec<Row>, StoreError> {
    let found = store.recent_of_agents(slice, RECENT)?;
    let lay = |found: store::statistics::Recent| {
        row(
            &AGENT_RECENT,
            [
                ("tenant", text(&found.tenant)),
                ("platform", text(&found.platform)),
                ("agent_id", text(&found.agent_id)),
                ("assessment_id", text(&found.assessment_id)),
                ("form_id", text(&found.form_id)),
                ("form_version_id", text(&found.form_version_id)),
                ("scored_by", text(&found.scored_by)),
                ("business_date", date(Some(found.business_date))),
                ("normalized_score", real(Some(found.normalized_score))),
                ("failed_critical", Cell::Bool(found.failed_critical)),
            ],
        )
    };
    Ok(found.into_iter().map(lay).collect())
}

/// Rows of `waterfall` of one tenant: from what the console reports to what enters the sums. Every loss has its reason; a negative one is a gain.
pub(crate) fn waterfall(store: &Store, tenant: &TenantName) -> Result<Vec<Row>, StoreError> {
    let counts = store.left_out_counts(tenant)?;
    let reported = store.latest_reconciliation(tenant)?.into_iter().find_map(|found| {
        let is = |column: &str, word: &str| RECONCILIATION.cell(&found, column).and_then(Cell::as_text) == Some(word);
        let number = |column: &str| match RECONCILIATION.cell(&found, column) {
            Some(Cell::Int(number)) => u64::try_from(*number).ok(),
            _ => None,
        };
        (is("stream", Stream::Assessments.word()) && is("scope_id", "*")).then(|| Some((number("reported")?, number("extracted")?)))?
    });
    let mut steps: Vec<(&str, u64, i64, Option<String>)> = Vec::new();
    let lost = |before: u64, after: u64| i64::try_from(i128::from(before) - i128::from(after)).unwrap_or(0);
    if let Some((reported, extracted)) = reported {
        let reason = |n_lost: i64, word: &str| (n_lost != 0).then(|| word.to_owned());
        let (hidden, outside) = (lost(reported, extracted), lost(extracted, counts.n_measured));
        steps.push(("console", reported, 0, None));
        steps.push(("extracted", extracted, hidden, reason(hidden, "hidden_or_not_read")));
        // Totals are of a span of submissions and of the scopes they name; what lies outside is in the store all the same.
        steps.push(("accepted", counts.n_measured, outside, reason(outside, "outside_totals")));
    } else {
        steps.push(("accepted", counts.n_measured, 0, None));
    }
    let mut left = counts.n_measured;
    for (reason, n) in &counts.left_out {
        left = left.saturating_sub(*n);
        steps.push(("left_out", left, lost(*n, 0), Some(reason.clone())));
    }
    steps.push(("scored", counts.n_scored, lost(left, counts.n_scored), None));
    let platform = counts.platform.as_deref();
    let lay = |(place, (step, n, n_lost, reason)): (u64, (&str, u64, i64, Option<String>))| {
        row(
            &WATERFALL,
            [
                ("tenant", text(tenant.as_str())),
                ("platform", Cell::text(platform)),
                ("ordinal", count(place)),
                ("step", text(step)),
                ("n", count(n)),
                ("n_lost", Cell::Int(n_lost)),
                ("reason", Cell::text(reason)),
            ],
        )
    };
    Ok((1..).zip(steps).map(lay).collect())
}
