//! `explain`: how one score came to be, question by question, computed once more from what the store kept.
//! The computation here is a second one on purpose: where it and the stored score differ, it says so.

mod measured;
mod words;

use engine::model::form::FormVersion;
use engine::model::id::{FormVersionId, RecordId, TenantName};
use engine::model::record::Stream;
use engine::model::table::{ASSESSMENT, Cell, Row};
use engine::store::{Measure, Store};
use serde_json::{Map, Value, json};

use crate::command::history::unknown;
use crate::command::{Context, ground};
use crate::exit::{Exit, Failure, Outcome};
use crate::flags::ExplainFlags;
use crate::output::{Format, StdoutListing, print};

/// The questions' columns, in listings and in JSON.
const COLUMNS: [&str; 13] = [
    "ordinal",
    "question_id",
    "group_id",
    "score",
    "max_score",
    "weight",
    "weight_from",
    "payload_weight",
    "form_weight",
    "not_applicable",
    "critical",
    "adds_points",
    "adds_possible",
];

/// Runs the command.
///
/// # Errors
/// An assessment that was never seen; a store or stdout that fails.
pub(crate) fn run(flags: &ExplainFlags, context: &Context) -> Outcome {
    let store = ground::open(context)?;
    let explanations = explanations(&store, flags)?;
    match flags.shown.format {
        Format::Json => {
            let objects: Vec<Value> = explanations.iter().map(Explanation::to_json).collect();
            print(&format!("{:#}\n", Value::Array(objects)))?;
        }
        Format::Csv => {
            let columns = ["tenant", "assessment_id"].into_iter().chain(COLUMNS);
            let mut listing = StdoutListing::begin(Format::Csv, context.look, columns)?;
            for explanation in &explanations {
                for question in &explanation.questions {
                    let key = [explanation.value("tenant"), explanation.value("assessment_id")];
                    listing.row(&key.into_iter().chain(question.values()).collect::<Vec<_>>())?;
                }
            }
            listing.finish()?;
        }
        Format::Table => {
            for explanation in &explanations {
                print(&explanation.head())?;
                let mut listing = StdoutListing::begin(Format::Table, context.look, COLUMNS)?;
                for question in &explanation.questions {
                    listing.row(&question.values())?;
                }
                listing.finish()?;
                print(&explanation.foot())?;
                print(&measured::words(explanation.measure.as_ref()))?;
            }
        }
    }
    Ok(Exit::Done)
}

/// One of each tenant that has such an assessment.
fn explanations(store: &Store, flags: &ExplainFlags) -> Outcome<Vec<Explanation>> {
    let tenant = ground::tenant(flags.tenant.as_deref());
    let id = RecordId::new(flags.id.as_str());
    let rows = store.current(tenant.as_ref(), Stream::Assessments, &id).map_err(ground::failure)?;
    if rows.is_empty() {
        let seen = store.history(tenant.as_ref(), &id).map_err(ground::failure)?;
        return Err(match seen.last() {
            None => unknown(&flags.id, flags.tenant.as_deref()),
            Some(version) => Failure::usage(format!("`{}` is no current assessment: it is in the history of {}", flags.id, version.stream))
                .with_hint(format!("`scorelake history {}` shows its versions", flags.id)),
        });
    }
    rows.into_iter().map(|row| explanation(store, row)).collect()
}

fn explanation(store: &Store, row: Row) -> Outcome<Explanation> {
    let text = |column: &str| ASSESSMENT.cell(&row, column).and_then(Cell::as_text);
    let form = match (text("tenant"), text("form_version_id")) {
        (Some(tenant), Some(form)) => store.form_version(&TenantName::new(tenant), &FormVersionId::new(form)).map_err(ground::failure)?,
        _ => None,
    };
    let measure = match (text("tenant"), text("assessment_id")) {
        (Some(tenant), Some(id)) => store.measure(&TenantName::new(tenant), &RecordId::new(id)).map_err(ground::failure)?,
        _ => None,
    };
    Ok(Explanation { measure, ..Explanation::new(row, form) })
}

/// A question with what it adds.
#[derive(Debug, Clone, PartialEq)]
struct Explained {
    fields: Map<String, Value>,
    form_weight: Option<f64>,
    points: Option<f64>,
    possible: Option<f64>,
}

impl Explained {
    fn new(fields: Map<String, Value>, form: Option<&FormVersion>) -> Self {
        let number = |name: &str| fields.get(name).and_then(Value::as_f64);
        let id = fields.get("question_id").and_then(Value::as_str).unwrap_or_default();
        let form_weight = form.and_then(|form| form.questions.get(id)).and_then(|question| question.weight);
        let counts = fields.get("not_applicable").and_then(Value::as_bool) == Some(false);
        let times = |name: &str| Some(number(name)? * number("weight")?).filter(|_| counts);
        let (points, possible) = (times("score"), times("max_score"));
        Self { fields, form_weight, points, possible }
    }

    /// Where the weight that was used came from.
    fn weight_from(&self) -> Option<&'static str> {
        self.fields.get("weight").and_then(Value::as_f64)?;
        Some(if self.form_weight.is_some() { "form_version" } else { "payload" })
    }

    fn values(&self) -> Vec<Value> {
        COLUMNS
            .iter()
            .map(|column| match *column {
                "weight_from" => Value::from(self.weight_from()),
                "form_weight" => number(self.form_weight),
                "adds_points" => number(self.points),
                "adds_possible" => number(self.possible),
                column => self.fields.get(column).cloned().unwrap_or_default(),
            })
            .collect()
    }
}

fn number(number: Option<f64>) -> Value {
    number.and_then(serde_json::Number::from_f64).map_or(Value::Null, Value::Number)
}

/// Everything about one score.
struct Explanation {
    row: Row,
    form: Option<FormVersion>,
    questions: Vec<Explained>,
    /// What it counts for beyond itself, as it was measured last.
    measure: Option<Measure>,
}

impl Explanation {
    fn new(row: Row, form: Option<FormVersion>) -> Self {
        let questions = match ASSESSMENT.cell(&row, "questions").map(Cell::to_json) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let questions = questions.into_iter().filter_map(|item| match item {
            Value::Object(fields) => Some(Explained::new(fields, form.as_ref())),
            _ => None,
        });
        Self { questions: questions.collect(), row, form, measure: None }
    }

    /// A column of the assessment.
    fn value(&self, column: &str) -> Value {
        ASSESSMENT.cell(&self.row, column).map_or(Value::Null, Cell::to_json)
    }

    fn real(&self, column: &str) -> Option<f64> {
        self.value(column).as_f64()
    }

    fn flags(&self) -> Vec<String> {
        match self.value("score_flags") {
            Value::Array(flags) => flags.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    /// The two sums, over the answered questions in their order.
    fn sums(&self) -> (f64, f64) {
        self.questions.iter().fold((0.0, 0.0), |(points, possible), question| {
            (points + question.points.unwrap_or_default(), possible + question.possible.unwrap_or_default())
        })
    }

    /// The normalized score as computed here; none where a question lacks a number or there is no denominator.
    fn computed(&self) -> Option<f64> {
        let answered =
            self.questions.iter().filter(|question| question.fields.get("not_applicable").and_then(Value::as_bool) == Some(false));
        let complete = answered.into_iter().all(|question| question.points.is_some() && question.possible.is_some());
        let (points, possible) = self.sums();
        Some(100.0 * points / possible).filter(|score| complete && possible != 0.0 && score.is_finite())
    }

    /// Whether the stored score is the one computed here, but for the last digits.
    fn agrees(&self) -> bool {
        match (self.real("normalized_score"), self.computed()) {
            (Some(stored), Some(computed)) => (stored - computed).abs() <= 1e-9 * stored.abs().max(1.0),
            (stored, computed) => stored.is_none() && computed.is_none(),
        }
    }

    fn to_json(&self) -> Value {
        let (points, possible) = self.sums();
        let fields =
            |columns: &[&str]| -> Map<String, Value> { columns.iter().map(|column| ((*column).to_owned(), self.value(column))).collect() };
        let questions: Vec<Value> = self
            .questions
            .iter()
            .map(|question| COLUMNS.iter().map(|column| (*column).to_owned()).zip(question.values()).collect::<Map<_, _>>().into())
            .collect();
        let mut object = fields(&words::RECORD);
        object.insert("scores".to_owned(), Value::Object(fields(&words::SCORES)));
        object.insert("form_version".to_owned(), self.form.as_ref().map_or(Value::Null, form_json));
        object.insert("questions".to_owned(), Value::Array(questions));
        object.insert("measure".to_owned(), measured::to_json(self.measure.as_ref()));
        object.insert(
            "sums".to_owned(),
            json!({ "points": number(Some(points)), "possible": number(Some(possible)), "computed": number(self.computed()), "agrees": self.agrees() }),
        );
        let flags: Map<String, Value> = self.flags().into_iter().map(|flag| (flag.clone(), Value::from(words::flag(&flag)))).collect();
        object.insert("flags".to_owned(), Value::Object(flags));
        Value::Object(object)
    }
}

fn form_json(form: &FormVersion) -> Value {
    json!({
        "form_version_id": form.id.as_str(),
        "form_id": form.form_id,
        "name": form.name,
        "version": form.version,
        "published_at": ground::maybe_time(form.published_at),
        "active": form.active,
        "max_possible_score": number(form.max_possible_score),
        "content_hash": form.content_hash(),
        "n_questions": form.questions.len(),
    })
}

#[cfg(test)]
mod tests;
