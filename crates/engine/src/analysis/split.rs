//! Change splits: every boundary between two form versions, taken apart, and the chained index that the published ones carry.

use std::collections::{BTreeMap, BTreeSet};

use insight::anchor::{Anchors, QuestionState, anchors};
use insight::chain::{ChainPoint, ChainVersion, chain};
use insight::interval::AgentSum;
use insight::sentence::split_sentence;
use insight::side::{AnswerSums, FormQuestion, Side, SplitSettings};
use insight::split::{ChangeSplit, QuestionTerm, change_split};
use jiff::ToSpan as _;
use jiff::civil::Date;
use model::table::analytics::{CHANGE_SPLIT, CHANGE_SPLIT_QUESTION};
use model::table::{Cell, Row};
use store::statistics::{Cohort, CohortRow, ScopePlace, SidesOf, Span, SplitSide};
use store::{Store, StoreError};

use crate::analysis::layout::{count, date, fill, real, row, text};
use crate::analysis::settings::Analytics;
use crate::analysis::trends::Links;

/// One boundary, taken apart.
pub(crate) struct Boundary {
    pub(crate) from: Cohort,
    pub(crate) to: Cohort,
    pub(crate) scope: ScopePlace,
    pub(crate) date: Date,
    pub(crate) split: ChangeSplit,
    texts: BTreeMap<String, String>,
}

/// The life of one form in one scope: its versions in their order.
type Line = (String, String, String, String, ScopePlace);

/// The versions of each form and `scored_by` in each scope, in the order of their first business date.
pub(crate) fn lines(cohorts: &[CohortRow], hidden: &BTreeSet<(Cohort, ScopePlace)>) -> BTreeMap<Line, Vec<CohortRow>> {
    let mut lines: BTreeMap<Line, Vec<CohortRow>> = BTreeMap::new();
    for found in cohorts.iter().filter(|found| !hidden.contains(&(found.cohort.clone(), found.scope.clone()))) {
        let of = &found.cohort;
        let key = (of.tenant.clone(), of.platform.clone(), of.form_id.clone(), of.scored_by.clone(), found.scope.clone());
        lines.entry(key).or_default().push(found.clone());
    }
    for versions in lines.values_mut() {
        versions.sort_by(|one, other| (one.first_date, &one.cohort).cmp(&(other.first_date, &other.cohort)));
    }
    lines
}

/// Takes every boundary apart; those on a date that is not wanted are only left out of the rows.
pub(crate) fn boundaries(store: &Store, lines: &BTreeMap<Line, Vec<CohortRow>>, settings: &Analytics) -> Result<Vec<Boundary>, StoreError> {
    let pairs: Vec<(&CohortRow, &CohortRow)> = lines.values().flat_map(|versions| versions.iter().zip(versions.iter().skip(1))).collect();
    // All scopes whose form went from one version to the same other one, each with the day on which it did.
    let mut changes: BTreeMap<(&Cohort, &Cohort), BTreeMap<ScopePlace, Date>> = BTreeMap::new();
    for (from, to) in &pairs {
        changes.entry((&from.cohort, &to.cohort)).or_default().insert(to.scope.clone(), to.first_date);
    }
    let mut found = BTreeMap::new();
    for ((from, to), dates) in changes {
        for boundary in boundaries_of_change(store, from, to, &dates, settings)? {
            found.insert((from, to, boundary.scope.clone()), boundary);
        }
    }
    Ok(pairs.into_iter().filter_map(|(from, to)| found.remove(&(&from.cohort, &to.cohort, to.scope.clone()))).collect())
}

fn boundaries_of_change(
    store: &Store,
    from: &Cohort,
    to: &Cohort,
    dates: &BTreeMap<ScopePlace, Date>,
    settings: &Analytics,
) -> Result<Vec<Boundary>, StoreError> {
    let days = i64::from(settings.split_span_days);
    let span = |date: &Date| Span { from: Some(date.saturating_sub(days.days())), to: Some(date.saturating_add((days + 1).days())) };
    let spans: BTreeMap<ScopePlace, Span> = dates.iter().map(|(scope, date)| (scope.clone(), span(date))).collect();
    let (of_from, of_to) = (SidesOf { cohort: from.clone(), spans: spans.clone() }, SidesOf { cohort: to.clone(), spans });
    let (mut sides_from, mut sides_to) = (store.split_sides(&of_from)?, store.split_sides(&of_to)?);
    let rules = SplitSettings {
        common_share: settings.common_share,
        side_assessments: settings.side_assessments,
        same_evaluators: settings.same_evaluators,
        ..SplitSettings::default()
    };
    let (mut halves, mut weights) = (Vec::new(), BTreeMap::new());
    for (scope, date) in dates {
        let (found_from, found_to) = (sides_from.remove(scope).unwrap_or_default(), sides_to.remove(scope).unwrap_or_default());
        let (a, b) = (side(&found_from, from), side(&found_to, to));
        let found: Anchors = anchors(&a, &b, &rules);
        weights.insert(scope.clone(), found.weights.clone());
        halves.push((scope, *date, a, b, found, texts(&found_from, &found_to)));
    }
    weights.retain(|_, weights| !weights.is_empty());
    let (mut rescored_from, mut rescored_to) = (store.rescore_sides(&of_from, &weights)?, store.rescore_sides(&of_to, &weights)?);
    let boundary = |(scope, date, a, b, found, texts): (&ScopePlace, Date, Side, Side, Anchors, BTreeMap<String, String>)| {
        let rescored = [rescored_from.remove(scope), rescored_to.remove(scope)].map(|found| by_agent(found.unwrap_or_default()));
        let [of_a, of_b] = &rescored;
        let split = change_split(&a, &b, &found, of_a, of_b, &rules);
        Boundary { from: from.clone(), to: to.clone(), scope: scope.clone(), date, split, texts }
    };
    Ok(halves.into_iter().map(boundary).collect())
}

/// The wordings of the questions; of two, the later.
fn texts(from: &SplitSide, to: &SplitSide) -> BTreeMap<String, String> {
    let text = |answers: &store::statistics::AnswerSums| Some((answers.question_key.clone(), answers.text.clone()?));
    from.answers.iter().chain(&to.answers).filter_map(text).collect()
}

fn by_agent(agents: Vec<store::statistics::AgentSum>) -> BTreeMap<String, AgentSum> {
    agents.into_iter().map(|agent| (agent.agent_id, AgentSum { n: agent.n, sum: agent.sum })).collect()
}

fn side(found: &SplitSide, cohort: &Cohort) -> Side {
    let question = |question: &store::statistics::SideQuestion| {
        Some(FormQuestion { key: question.question_key.clone(), weight: question.weight?, max_score: question.max_score?, options: None })
    };
    let answers = found.answers.iter().map(|answers| {
        let sums = AnswerSums { n: answers.n, sum_score: answers.sum_score, sum_max: answers.sum_max, sum_share: answers.sum_share };
        (answers.question_key.clone(), sums)
    });
    let without: u64 = found.by_evaluator.iter().filter(|(evaluator, _)| evaluator.is_none()).map(|(_, n)| n).sum();
    Side {
        n: found.n,
        mean: (found.n != 0).then(|| found.sum_y / found.n as f64),
        form: found.form.iter().filter_map(question).collect(),
        answers: answers.collect(),
        n_by_evaluator: found.by_evaluator.iter().filter_map(|(evaluator, n)| Some((evaluator.clone()?, *n))).collect(),
        // The condition holds for a machine only where its model is known.
        n_without_evaluator: if cohort.scored_by == "ai" { 0 } else { without },
    }
}

/// Where each version stands in the chained index.
pub(crate) fn links(lines: &BTreeMap<Line, Vec<CohortRow>>, boundaries: &[Boundary], means: &BTreeMap<(Cohort, ScopePlace), f64>) -> Links {
    let published: BTreeMap<(&Cohort, &ScopePlace), Option<f64>> =
        boundaries.iter().map(|boundary| ((&boundary.to, &boundary.scope), boundary.split.published_performance())).collect();
    let mut links = Links::new();
    for versions in lines.values() {
        let steps: Vec<ChainVersion> = versions
            .iter()
            .map(|version| ChainVersion {
                mean: means.get(&(version.cohort.clone(), version.scope.clone())).copied(),
                performance: published.get(&(&version.cohort, &version.scope)).copied().flatten(),
            })
            .collect();
        for (version, point) in versions.iter().zip(chain(&steps)) {
            if let Some(point) = point {
                links.insert((version.cohort.clone(), version.scope.clone()), point);
            }
        }
    }
    links
}

/// The columns that name a boundary.
fn key_cells(boundary: &Boundary) -> [(&'static str, Cell); 10] {
    let (from, to) = (&boundary.from, &boundary.to);
    [
        ("tenant", text(&to.tenant)),
        ("platform", text(&to.platform)),
        ("form_id", text(&to.form_id)),
        ("scored_by", text(&to.scored_by)),
        ("scope_kind", text(&boundary.scope.kind)),
        ("scope_id", text(&boundary.scope.id)),
        ("from_version_id", text(&from.form_version_id)),
        ("from_hash", text(&from.content_hash)),
        ("to_version_id", text(&to.form_version_id)),
        ("to_hash", text(&to.content_hash)),
    ]
}

/// A row of `change_split`.
pub(crate) fn split_row(boundary: &Boundary, links: &Links) -> Row {
    let split = &boundary.split;
    let rescored = split.rescored.as_ref().ok();
    let interval = rescored.and_then(|rescored| rescored.interval.as_ref().ok());
    let part = |part: fn(&insight::split::Parts) -> f64| real(split.parts.as_ref().map(part));
    let link = |cohort: &Cohort| links.get(&(cohort.clone(), boundary.scope.clone()));
    let reasons =
        split.bridge.as_ref().err().map_or_else(Vec::new, |reasons| reasons.iter().map(|reason| reason.word().to_owned()).collect());
    let mut cells = row(&CHANGE_SPLIT, key_cells(boundary));
    let figures = [
        ("boundary_date", date(Some(boundary.date))),
        ("n_from", count(split.n_a)),
        ("n_to", count(split.n_b)),
        ("mean_from", real(split.mean_a)),
        ("mean_to", real(split.mean_b)),
        ("change", real(split.change)),
        ("performance", part(|parts| parts.performance)),
        ("performance_delta", real(rescored.map(|rescored| rescored.delta))),
        ("performance_low", real(interval.map(|interval| interval.low))),
        ("performance_high", real(interval.map(|interval| interval.high))),
        ("na_sensitive", Cell::Bool(split.is_na_sensitive)),
        ("reweighting", part(|parts| parts.reweighting)),
        ("removed", part(|parts| parts.removed)),
        ("added", part(|parts| parts.added)),
        ("na_mix", part(|parts| parts.na_mix)),
    ];
    fill(&CHANGE_SPLIT, &mut cells, figures);
    let verdict = [
        ("common_share_from", real(Some(split.common_share_a))),
        ("common_share_to", real(Some(split.common_share_b))),
        ("n_common", count(split.n_in_state(QuestionState::Common))),
        ("n_drifting", count(split.n_in_state(QuestionState::Drifting))),
        ("bridge", text(if split.bridge.is_ok() { "published" } else { "none" })),
        ("reasons", Cell::TextList(reasons)),
        ("chain_id_to", link(&boundary.to).map_or(Cell::Null, |point: &ChainPoint| count(point.chain_id))),
        ("index_from", real(link(&boundary.from).map(|point| point.index))),
        ("index_to", real(link(&boundary.to).map(|point| point.index))),
        ("sentence", Cell::Text(split_sentence(split))),
    ];
    fill(&CHANGE_SPLIT, &mut cells, verdict);
    cells
}

/// The rows of `change_split_question` of one boundary.
pub(crate) fn question_rows(boundary: &Boundary) -> impl Iterator<Item = Row> {
    boundary.split.questions.iter().map(|term| question_row(boundary, term))
}

fn question_row(boundary: &Boundary, term: &QuestionTerm) -> Row {
    let question = &term.question;
    let mut cells = row(&CHANGE_SPLIT_QUESTION, key_cells(boundary));
    fill(
        &CHANGE_SPLIT_QUESTION,
        &mut cells,
        [
            ("question_key", text(&question.key)),
            ("text", Cell::text(boundary.texts.get(&question.key).cloned())),
            ("state", text(question.state.word())),
            ("n_from", count(question.n_a)),
            ("n_to", count(question.n_b)),
            ("attainment_from", real(question.attainment_a)),
            ("attainment_to", real(question.attainment_b)),
            ("share_from", real(question.share_a)),
            ("share_to", real(question.share_b)),
            ("performance", real(term.performance)),
            ("reweighting", real(term.reweighting)),
            ("drift", real(question.drift)),
            ("drift_z", real(question.drift_z)),
        ],
    );
    cells
}
