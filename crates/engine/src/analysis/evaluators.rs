//! Evaluators: leniency from the crossed model, one fit for each tenant, platform and `scored_by`, all forms together with their
//! versions as fixed effects. It is never subtracted from a published score.

use std::collections::BTreeMap;

use insight::leniency::{self, Cell as ModelCell, Evaluator, Leniencies, LeniencySettings};
use model::table::analytics::EVALUATOR_LENIENCY;
use model::table::{Cell, Row};
use store::statistics::{Cohort, LeniencyCell};

use crate::analysis::Days;
use crate::analysis::layout::{count, date, fill, real, row, text};
use crate::analysis::settings::{Analytics, Look};

/// What one model is fitted to: tenant, platform, `scored_by`.
type Realm = (String, String, String);

/// The models.
pub(crate) type Fits = BTreeMap<Realm, Leniencies>;

fn realm(cohort: &Cohort) -> Realm {
    (cohort.tenant.clone(), cohort.platform.clone(), cohort.scored_by.clone())
}

/// The model that speaks of a cohort.
pub(crate) fn fit_of<'a>(fits: &'a Fits, cohort: &Cohort) -> Option<&'a Leniencies> {
    fits.get(&realm(cohort))
}

/// Fits the models.
pub(crate) fn fits(cells: &[LeniencyCell]) -> Fits {
    let mut realms: BTreeMap<Realm, Vec<ModelCell>> = BTreeMap::new();
    for cell in cells {
        let cohort = &cell.cohort;
        realms.entry(realm(cohort)).or_default().push(ModelCell {
            version: format!("{} {}", cohort.form_version_id, cohort.content_hash),
            agent: cell.agent_id.clone(),
            evaluator: cell.evaluator_id.clone(),
            n: cell.n,
            sum: cell.sum_y,
            ss_within: cell.ss_within,
        });
    }
    realms.into_iter().map(|(realm, cells)| (realm, leniency::leniencies(&cells, LeniencySettings::default()))).collect()
}

/// Rows of `evaluator_leniency`.
pub(crate) fn rows(fits: &Fits, (span_from, span_to): Days, look: &Look, settings: &Analytics) -> Vec<Row> {
    let mut rows = Vec::new();
    for ((tenant, platform, scored_by), fit) in fits {
        for evaluator in &fit.evaluators {
            let name = settings.roster.person(tenant, &evaluator.evaluator_id).and_then(|person| person.name.clone());
            let mut cells = row(
                &EVALUATOR_LENIENCY,
                [
                    ("tenant", text(tenant)),
                    ("platform", text(platform)),
                    ("form_id", text(look.form.as_deref().unwrap_or("*"))),
                    ("scored_by", text(scored_by)),
                    ("evaluator_id", text(&evaluator.evaluator_id)),
                    ("evaluator_name", Cell::text(name)),
                    ("span_from", date(span_from)),
                    ("span_to", date(span_to)),
                    ("n", count(evaluator.n)),
                    ("n_agents", count(evaluator.n_agents)),
                    ("raw_deviation", real(Some(evaluator.raw_deviation))),
                    ("island_id", count(evaluator.island_id)),
                ],
            );
            fill_effect(&mut cells, evaluator, fit);
            rows.push(cells);
        }
    }
    rows
}

fn fill_effect(cells: &mut Row, evaluator: &Evaluator, fit: &Leniencies) {
    if let Ok(variances) = &fit.variances {
        let of_model = [
            ("variance_agent", real(Some(variances.agent))),
            ("variance_evaluator", real(Some(variances.evaluator))),
            ("variance_rest", real(Some(variances.rest))),
        ];
        fill(&EVALUATOR_LENIENCY, cells, of_model);
    }
    match &evaluator.leniency {
        Err(reason) => fill(&EVALUATOR_LENIENCY, cells, [("reason", text(reason.word()))]),
        Ok(found) => {
            let of_effect = [
                ("leniency", real(Some(found.effect))),
                ("standard_error", real(Some(found.standard_error))),
                ("low", real(Some(found.low))),
                ("high", real(Some(found.high))),
            ];
            fill(&EVALUATOR_LENIENCY, cells, of_effect);
        }
    }
}
