//! Measures: one number an agent and day for each form and way of scoring, out of the rows of `agent_day`.
//! With two form versions on one agent-day it is that of the one with more assessments, on a tie the newer, and it is told.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::table::analytics::AGENT_DAY;
use model::table::{Cell, Row};

use super::decimal::half_up;

/// What an organisation may have of external metrics.
const MEASURES_MAX: usize = 50;
/// Decimals that a metric may have.
const PRECISION_MAX: u8 = 5;

/// What kind of number a receiver shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasureKind {
    /// Of a hundred.
    Percent,
    /// Anything else.
    Numeric,
}

/// Which column of the feed is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasureValue {
    /// `mean_normalized`.
    MeanNormalized,
    /// `mean_final`.
    MeanFinal,
}

impl MeasureValue {
    /// The column of `agent_day`.
    pub fn column(self) -> &'static str {
        match self {
            Self::MeanNormalized => "mean_normalized",
            Self::MeanFinal => "mean_final",
        }
    }
}

/// One measure of a receiver: a form and a way of scoring, under a name and an id of the receiver's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedMeasure {
    /// The form.
    pub form_id: String,
    /// `human`, `ai`, `ai_edited` or `unknown`.
    pub scored_by: String,
    /// The receiver's id of the measure.
    pub metric_id: String,
    /// Its name.
    pub name: String,
    /// Its decimals, 0 to 5.
    pub precision: u8,
    /// What kind of number it is.
    pub kind: MeasureKind,
    /// Which number it is.
    pub value: MeasureValue,
}

/// Under which ids receivers know an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The id in workforce management.
    pub person_id: Option<String>,
    /// The e-mail address on the platform.
    pub user_email: Option<String>,
    /// For receivers that want it.
    pub first_name: Option<String>,
    /// For receivers that want it.
    pub last_name: Option<String>,
}

/// People by tenant and agent id.
pub type People = BTreeMap<(String, String), Person>;

/// How old a form version is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VersionAge {
    /// When the platform published it, where it tells.
    pub published_at: Option<Timestamp>,
    /// The first business date of an assessment on it.
    pub first_seen: Option<Date>,
}

/// The ages of form versions by tenant, form version id and content hash.
pub type VersionAges = BTreeMap<(String, String, String), VersionAge>;

/// One number for a receiver: an agent, a day, a measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Whose agent.
    pub tenant: String,
    /// On which platform.
    pub platform: String,
    /// The agent.
    pub agent_id: String,
    /// The day, `2031-02-03`.
    pub business_date: String,
    /// The form.
    pub form_id: String,
    /// How it was scored.
    pub scored_by: String,
    /// The form version whose number it is; none when nothing is left of the day.
    pub form_version_id: Option<String>,
    /// Its assessments on the day.
    pub n: i64,
    /// The receiver's id of the measure.
    pub metric_id: String,
    /// The measure's name.
    pub name: String,
    /// What kind of number it is.
    pub kind: MeasureKind,
    /// The number as decimal text, rounded; none takes back what was published.
    pub value: Option<String>,
    /// Under which ids receivers know the agent; none for an agent who is not in the roster.
    pub person: Option<Person>,
}

impl Item {
    /// What the item is about: tenant, agent, day and metric. Its delivery is noted under it.
    pub fn key(&self) -> (String, String, String, String) {
        (self.tenant.clone(), self.agent_id.clone(), self.business_date.clone(), self.metric_id.clone())
    }
}

/// An agent-day with more than one form version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwoVersions {
    /// Whose agent.
    pub tenant: String,
    /// The agent.
    pub agent_id: String,
    /// The day.
    pub business_date: String,
    /// The form.
    pub form_id: String,
    /// How it was scored.
    pub scored_by: String,
    /// The form version whose number is shown, and its assessments.
    pub shown: (String, i64),
    /// The others.
    pub left_out: Vec<(String, i64)>,
}

/// What came out of the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    /// By tenant, agent, day and metric.
    pub items: Vec<Item>,
    /// Where a choice between form versions was made.
    pub two_versions: Vec<TwoVersions>,
    /// Agent-days of forms, by form and way of scoring, for which no measure is set up.
    pub unmeasured: BTreeMap<(String, String), u64>,
}

/// What cannot be meant about a list of measures, a line each.
pub fn check(measures: &[FeedMeasure]) -> Vec<String> {
    let (mut problems, mut sources, mut ids) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for measure in measures {
        let (form, scored_by, id) = (&measure.form_id, &measure.scored_by, &measure.metric_id);
        if !sources.insert((form, scored_by)) {
            problems.push(format!("form `{form}` scored by `{scored_by}` has two measures"));
        }
        if !ids.insert(id) {
            problems.push(format!("metric `{id}` is that of two measures"));
        }
        if PRECISION_MAX < measure.precision {
            problems.push(format!("metric `{id}`: precision {} is above {PRECISION_MAX}", measure.precision));
        }
    }
    if MEASURES_MAX < measures.len() {
        problems.push(format!("{} measures; an organisation may have {MEASURES_MAX}", measures.len()));
    }
    problems
}

/// The measures of all rows of `agent_day`, the retracted ones too. A part of an agent-day's rows would give a wrong choice
/// between form versions, so bring all rows of every agent-day.
pub fn measures<'a>(rows: impl IntoIterator<Item = &'a Row>, settings: &[FeedMeasure], people: &People, ages: &VersionAges) -> Measured {
    let settings: BTreeMap<(&str, &str), &FeedMeasure> =
        settings.iter().map(|measure| ((measure.form_id.as_str(), measure.scored_by.as_str()), measure)).collect();
    let mut measured = Measured::default();
    let mut days: BTreeMap<DayKey<'a>, Vec<Version<'a>>> = BTreeMap::new();
    for row in rows {
        let key = DayKey::of(row);
        days.entry(key).or_default().push(Version::of(row));
    }
    for (key, versions) in days {
        let Some(measure) = settings.get(&(key.form_id, key.scored_by)) else {
            *measured.unmeasured.entry((key.form_id.to_owned(), key.scored_by.to_owned())).or_default() += 1;
            continue;
        };
        let mut live: Vec<Version<'_>> = versions.into_iter().filter(|version| 0 < version.n).collect();
        live.sort_by(|a, b| by_preference(a, b, key.tenant, ages));
        if let [shown, left_out @ ..] = live.as_slice()
            && !left_out.is_empty()
        {
            measured.two_versions.push(key.two_versions(shown, left_out));
        }
        measured.items.push(key.item(measure, live.first(), people));
    }
    measured.items.sort_by_cached_key(Item::key);
    measured
}

/// One agent-day of one form and way of scoring.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct DayKey<'a> {
    tenant: &'a str,
    platform: &'a str,
    agent_id: &'a str,
    business_date: &'a str,
    form_id: &'a str,
    scored_by: &'a str,
}

/// One row of it.
struct Version<'a> {
    id: &'a str,
    content_hash: &'a str,
    n: i64,
    row: &'a Row,
}

fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    AGENT_DAY.cell(row, column).and_then(Cell::as_text).unwrap_or_default()
}

impl<'a> Version<'a> {
    fn of(row: &'a Row) -> Self {
        let n = match AGENT_DAY.cell(row, "n") {
            Some(Cell::Int(n)) => *n,
            _ => 0,
        };
        Self { id: text(row, "form_version_id"), content_hash: text(row, "content_hash"), n, row }
    }

    fn value(&self, measure: &FeedMeasure) -> Option<String> {
        match AGENT_DAY.cell(self.row, measure.value.column()) {
            Some(Cell::Real(number)) => half_up(*number, measure.precision),
            _ => None,
        }
    }

    /// The day it began; a version of unknown age is the oldest.
    fn age(&self, tenant: &str, ages: &VersionAges) -> (Option<Date>, Option<Timestamp>, Option<Date>) {
        let key = (tenant.to_owned(), self.id.to_owned(), self.content_hash.to_owned());
        let age = ages.get(&key).copied().unwrap_or_default();
        let published_on = age.published_at.map(|moment| moment.to_zoned(TimeZone::UTC).date());
        (published_on.or(age.first_seen), age.published_at, age.first_seen)
    }
}

/// More assessments first, then the newer, then by id: the same whatever the order of the rows.
fn by_preference(a: &Version<'_>, b: &Version<'_>, tenant: &str, ages: &VersionAges) -> Ordering {
    b.n.cmp(&a.n)
        .then_with(|| b.age(tenant, ages).cmp(&a.age(tenant, ages)))
        .then_with(|| (b.id, b.content_hash).cmp(&(a.id, a.content_hash)))
}

impl<'a> DayKey<'a> {
    fn of(row: &'a Row) -> Self {
        Self {
            tenant: text(row, "tenant"),
            platform: text(row, "platform"),
            agent_id: text(row, "agent_id"),
            business_date: text(row, "business_date"),
            form_id: text(row, "form_id"),
            scored_by: text(row, "scored_by"),
        }
    }

    fn two_versions(&self, shown: &Version<'_>, left_out: &[Version<'_>]) -> TwoVersions {
        let named = |version: &Version<'_>| (version.id.to_owned(), version.n);
        TwoVersions {
            tenant: self.tenant.to_owned(),
            agent_id: self.agent_id.to_owned(),
            business_date: self.business_date.to_owned(),
            form_id: self.form_id.to_owned(),
            scored_by: self.scored_by.to_owned(),
            shown: named(shown),
            left_out: left_out.iter().map(named).collect(),
        }
    }

    fn item(&self, measure: &FeedMeasure, shown: Option<&Version<'_>>, people: &People) -> Item {
        Item {
            tenant: self.tenant.to_owned(),
            platform: self.platform.to_owned(),
            agent_id: self.agent_id.to_owned(),
            business_date: self.business_date.to_owned(),
            form_id: self.form_id.to_owned(),
            scored_by: self.scored_by.to_owned(),
            form_version_id: shown.map(|version| version.id.to_owned()),
            n: shown.map_or(0, |version| version.n),
            metric_id: measure.metric_id.clone(),
            name: measure.name.clone(),
            kind: measure.kind,
            value: shown.and_then(|version| version.value(measure)),
            person: people.get(&(self.tenant.to_owned(), self.agent_id.to_owned())).cloned(),
        }
    }
}

#[cfg(test)]
mod tests;
