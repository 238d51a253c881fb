//! Assessments of a few words for tests of sums: who, by whom, when, on which version, with which answers.

use std::collections::BTreeMap;

use model::canonical::source_hash;
use model::form::{FormQuestion, FormVersion};
use model::id::{FormVersionId, ScopeId, TenantName};
use model::record::{Assessment, Platform, Question, Record};
use model::row::{Landing, Origin, landing};
use model::score::score;
use serde_json::{Map, json};

use crate::testing::{Bench, acme, day, id, origin, page};
use crate::{DeletedPolicy, Landed};

/// An assessment to be landed. Its scopes are those named; its agent's team follows from the agent's last character.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sheet {
    pub(crate) id: String,
    pub(crate) agent: &'static str,
    pub(crate) evaluator: Option<&'static str>,
    pub(crate) version: &'static str,
    /// Of January 2024.
    pub(crate) day: i8,
    pub(crate) status: &'static str,
    pub(crate) failed_critical: bool,
    pub(crate) scopes: Vec<&'static str>,
    /// Question, points, maximum; without points it is not applicable.
    pub(crate) answers: Vec<(&'static str, Option<f64>, f64)>,
    /// A later edit has a higher one.
    pub(crate) edit: i8,
}

/// `a-1` of agent `ann` by `eve` on `v-1`, 10 January, with these points for `q1` of 10.
pub(crate) fn sheet(name: &str, points: f64) -> Sheet {
    Sheet {
        id: name.to_owned(),
        agent: "ann",
        evaluator: Some("eve"),
        version: "v-1",
        day: 10,
        status: "submitted",
        failed_critical: false,
        scopes: vec!["east"],
        answers: vec![("q1", Some(points), 10.0)],
        edit: 0,
    }
}

impl Sheet {
    pub(crate) fn landing(&self, form: Option<&FormVersion>) -> Landing {
        let questions = self.answers.iter().map(|(key, points, max)| Question {
            id: (*key).to_owned(),
            text: Some(format!("Is {key} done?")),
            group_id: Some("g".to_owned()),
            score: *points,
            max_score: Some(*max),
            payload_weight: Some(1.0),
            ..Question::default()
        });
        let assessment = Assessment {
            id: id(&self.id),
            form_version_id: Some(FormVersionId::new(self.version)),
            status: Some(self.status.to_owned()),
            agent_id: Some(self.agent.to_owned()),
            evaluator_id: self.evaluator.map(ToOwned::to_owned),
            scope_ids: self.scopes.iter().map(|scope| ScopeId::new(*scope)).collect(),
            interaction_id: None,
            external_reference_id: None,
            interaction_end_time: None,
            submitted_at: Some(day(self.day)),
            modified_at: Some(day(self.day) + jiff::SignedDuration::from_hours(i64::from(self.edit))),
            scored_by: None,
            raw_score: None,
            failed_critical: self.failed_critical,
            comments: None,
            questions: questions.collect(),
            extra: Map::new(),
        };
        let scored = score(&assessment, form);
        let source = json!(format!("{self:?}"));
        let origin = Origin { platform: Platform::Genesys, ..origin(day(20)) };
        landing(&origin, &Record::Assessment(assessment), Some((&scored, form)), None, source_hash(&source), source.to_string())
    }
}

/// Form version with these questions: key, weight, maximum.
pub(crate) fn version(name: &str, questions: &[(&str, f64, f64)]) -> FormVersion {
    let question = |weight, max| FormQuestion { weight: Some(weight), max_score: Some(max), critical: None };
    FormVersion {
        id: FormVersionId::new(name),
        form_id: Some("f".to_owned()),
        name: Some("the form".to_owned()),
        version: Some(name.to_owned()),
        published_at: Some(day(1)),
        active: Some(true),
        max_possible_score: None,
        questions: questions.iter().map(|(key, weight, max)| ((*key).to_owned(), question(*weight, *max))).collect::<BTreeMap<_, _>>(),
        extra: Map::new(),
    }
}

impl Bench {
    /// Keeps form versions of tenant `acme`.
    pub(crate) fn keep(&mut self, forms: &[FormVersion]) {
        self.store.keep_form_versions(&acme(), Platform::Genesys, forms).unwrap();
    }

    /// Lands assessments of tenant `acme`, each scored with its own form version where it is among `forms`.
    pub(crate) fn land_sheets(&mut self, sheets: &[Sheet], forms: &[FormVersion]) -> Landed {
        self.land_sheets_of(&acme(), sheets, forms)
    }

    pub(crate) fn land_sheets_of(&mut self, tenant: &TenantName, sheets: &[Sheet], forms: &[FormVersion]) -> Landed {
        let form = |sheet: &Sheet| forms.iter().find(|form| form.id.as_str() == sheet.version);
        let mut landings: Vec<Landing> = sheets.iter().map(|sheet| sheet.landing(form(sheet))).collect();
        for landing in &mut landings {
            landing.row[0] = model::table::Cell::Text(tenant.to_string());
        }
        self.store.land_page(&page(tenant, 20, DeletedPolicy::Archive, &landings)).unwrap()
    }
}
