//! The measure of an assessment: a row of `assessment_measure`, and the keys of the agent-days it counts in.
//! What stands in it is decided by the caller of `measuring`; no rule stands here.

use jiff::Timestamp;
use jiff::civil::Date;
use model::feed::DayKey;
use model::id::{RecordId, TenantName};
use model::record::Platform;
use rusqlite::{Connection, OptionalExtension as _, ToSql, params};

use crate::cell::{Day, Moment, known};
use crate::error::StoreError;
use crate::store::Store;

/// A row of `assessment_measure`.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Whose.
    pub tenant: TenantName,
    /// Of which assessment.
    pub assessment_id: RecordId,
    /// From which platform.
    pub platform: Platform,
    /// The form, or a word made of what is known of it.
    pub form_id: String,
    /// The form version; empty where there is none.
    pub form_version_id: String,
    /// What the form version measures with; empty where that is unknown.
    pub content_hash: String,
    /// `human`, `ai`, `ai_edited` or `unknown`.
    pub scored_by: String,
    /// The agent that was assessed.
    pub agent_id: Option<String>,
    /// Who assessed.
    pub evaluator_id: Option<String>,
    /// When it was submitted.
    pub submitted_at: Option<Timestamp>,
    /// When the interaction ended.
    pub interaction_end_time: Option<Timestamp>,
    /// The day it counts on.
    pub business_date: Option<Date>,
    /// The Monday of that day's week.
    pub week_start: Option<Date>,
    /// What the business date was taken from.
    pub date_source: DateSource,
    /// The time zone of the business date.
    pub zone: String,
    /// No zone was known, so it is UTC.
    pub zone_defaulted: bool,
    /// Sum of points times weights over what was answered.
    pub weighted_points: Option<f64>,
    /// Sum of maxima times weights over what was answered.
    pub weighted_max: Option<f64>,
    /// Sum of maxima times weights over the whole form; none where a part of it is unknown.
    pub whole_max: Option<f64>,
    /// The platform's own score.
    pub raw_score: Option<f64>,
    /// The score with the weights of its form version.
    pub normalized_score: Option<f64>,
    /// The same, 0 for a failed critical question.
    pub final_score: Option<f64>,
    /// Points in percent of the maxima of answered critical questions.
    pub critical_score: Option<f64>,
    /// What was answered of the whole form, 0 to 1.
    pub applicable_share: Option<f64>,
    /// Raw less normalized score.
    pub parity_diff: Option<f64>,
    /// The two scores differ by more than they may.
    pub score_parity: bool,
    /// The platform failed it for a critical question.
    pub failed_critical: bool,
    /// It is disputed.
    pub disputed: bool,
    /// It reached what counts as passed.
    pub passed: Option<bool>,
    /// Why it enters no sum; none for one that does.
    pub left_out: Option<LeftOut>,
}

impl Measure {
    /// The agent-day it counts in; none for one that is left out.
    pub fn day_key(&self) -> Option<DayKey> {
        if self.left_out.is_some() {
            return None;
        }
        Some(DayKey {
            tenant: self.tenant.to_string(),
            platform: self.platform.word().to_owned(),
            agent_id: self.agent_id.clone()?,
            business_date: self.business_date?,
            form_version_id: self.form_version_id.clone(),
            content_hash: self.content_hash.clone(),
            scored_by: self.scored_by.clone(),
        })
    }
}

/// Why an assessment enters no sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeftOut {
    /// It was made for another purpose, such as calibration.
    NotPerformance,
    /// It is neither submitted nor released nor disputed.
    Status,
    /// It has no normalized score.
    NoScore,
    /// It names no agent.
    NoAgent,
    /// It names no form version.
    NoFormVersion,
    /// No moment tells its business date.
    NoBusinessDate,
}

impl LeftOut {
    const ALL: [Self; 6] = [Self::NotPerformance, Self::Status, Self::NoScore, Self::NoAgent, Self::NoFormVersion, Self::NoBusinessDate];

    /// The word in `left_out`.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotPerformance => "not_performance",
            Self::Status => "status",
            Self::NoScore => "no_score",
            Self::NoAgent => "no_agent",
            Self::NoFormVersion => "no_form_version",
            Self::NoBusinessDate => "no_business_date",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|left_out| left_out.word() == word)
    }
}

/// What a business date was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DateSource {
    /// The end of the interaction.
    InteractionEnd,
    /// The submission, because the interaction's end is unknown and the settings allow it.
    Submitted,
    /// Nothing: there is no business date.
    None,
}

impl DateSource {
    /// The word in `date_source`.
    pub fn word(self) -> &'static str {
        match self {
            Self::InteractionEnd => "interaction_end",
            Self::Submitted => "submitted",
            Self::None => "none",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::InteractionEnd, Self::Submitted, Self::None].into_iter().find(|source| source.word() == word)
    }
}

impl Store {
    /// The measure of an assessment; none for one that is not live or was not measured yet.
    ///
    /// # Errors
    /// Those of reading.
    pub fn measure(&self, tenant: &TenantName, id: &RecordId) -> Result<Option<Measure>, StoreError> {
        self.read(|connection| find(connection, tenant.as_str(), id.as_str()))
    }
}

/// In the order of [`measure_of`] and [`put`].
const COLUMNS: &str = "tenant, assessment_id, platform, form_id, form_version_id, content_hash, scored_by, agent_id, evaluator_id,
    submitted_at, interaction_end_time, business_date, week_start, date_source, zone, zone_defaulted, weighted_points, weighted_max,
    whole_max, raw_score, normalized_score, final_score, critical_score, applicable_share, parity_diff, score_parity, failed_critical,
    disputed, passed, left_out";

/// The measure of an assessment.
pub(crate) fn find(connection: &Connection, tenant: &str, id: &str) -> rusqlite::Result<Option<Measure>> {
    let sql = format!("SELECT {COLUMNS} FROM assessment_measure WHERE tenant = ?1 AND assessment_id = ?2");
    connection.prepare_cached(&sql)?.query_row([tenant, id], measure_of).optional()
}

/// Writes a measure over the one before it.
pub(crate) fn put(connection: &Connection, measure: &Measure) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT OR REPLACE INTO assessment_measure ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,
            ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30)"
    );
    connection.prepare_cached(&sql)?.execute(params![
        measure.tenant.as_str(),
        measure.assessment_id.as_str(),
        measure.platform.word(),
        measure.form_id,
        measure.form_version_id,
        measure.content_hash,
        measure.scored_by,
        measure.agent_id,
        measure.evaluator_id,
        measure.submitted_at.map(Moment),
        measure.interaction_end_time.map(Moment),
        measure.business_date.map(Day),
        measure.week_start.map(Day),
        measure.date_source.word(),
        measure.zone,
        measure.zone_defaulted,
        measure.weighted_points,
        measure.weighted_max,
        measure.whole_max,
        measure.raw_score,
        measure.normalized_score,
        measure.final_score,
        measure.critical_score,
        measure.applicable_share,
        measure.parity_diff,
        measure.score_parity,
        measure.failed_critical,
        measure.disputed,
        measure.passed,
        measure.left_out.map(LeftOut::word),
    ])?;
    Ok(())
}

/// Takes the measure of an assessment out, if it has one.
pub(crate) fn take_out(connection: &Connection, tenant: &str, id: &str) -> rusqlite::Result<()> {
    let sql = "DELETE FROM assessment_measure WHERE tenant = ?1 AND assessment_id = ?2";
    connection.prepare_cached(sql)?.execute([tenant, id])?;
    Ok(())
}

fn measure_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Measure> {
    let (platform, date_source): (String, String) = (row.get(2)?, row.get(13)?);
    let left_out: Option<String> = row.get(29)?;
    Ok(Measure {
        tenant: TenantName::new(row.get::<_, String>(0)?),
        assessment_id: RecordId::new(row.get::<_, String>(1)?),
        platform: known(2, &platform, Platform::from_word(&platform))?,
        form_id: row.get(3)?,
        form_version_id: row.get(4)?,
        content_hash: row.get(5)?,
        scored_by: row.get(6)?,
        agent_id: row.get(7)?,
        evaluator_id: row.get(8)?,
        submitted_at: row.get::<_, Option<Moment>>(9)?.map(|moment| moment.0),
        interaction_end_time: row.get::<_, Option<Moment>>(10)?.map(|moment| moment.0),
        business_date: row.get::<_, Option<Day>>(11)?.map(|day| day.0),
        week_start: row.get::<_, Option<Day>>(12)?.map(|day| day.0),
        date_source: known(13, &date_source, DateSource::from_word(&date_source))?,
        zone: row.get(14)?,
        zone_defaulted: row.get(15)?,
        weighted_points: row.get(16)?,
        weighted_max: row.get(17)?,
        whole_max: row.get(18)?,
        raw_score: row.get(19)?,
        normalized_score: row.get(20)?,
        final_score: row.get(21)?,
        critical_score: row.get(22)?,
        applicable_share: row.get(23)?,
        parity_diff: row.get(24)?,
        score_parity: row.get(25)?,
        failed_critical: row.get(26)?,
        disputed: row.get(27)?,
        passed: row.get(28)?,
        left_out: left_out.map(|word| known(29, &word, LeftOut::from_word(&word))).transpose()?,
    })
}

/// The condition that a row is of the agent-day whose [`day_params`] are bound.
pub(crate) const OF_DAY: &str = "tenant = ?1 AND platform = ?2 AND agent_id = ?3 AND business_date = ?4 AND form_version_id = ?5
    AND content_hash = ?6 AND scored_by = ?7";

/// The key of an agent-day, `?1` to `?7`.
pub(crate) fn day_params(day: &DayKey) -> [Box<dyn ToSql + '_>; 7] {
    [
        Box::new(&day.tenant),
        Box::new(&day.platform),
        Box::new(&day.agent_id),
        Box::new(Day(day.business_date)),
        Box::new(&day.form_version_id),
        Box::new(&day.content_hash),
        Box::new(&day.scored_by),
    ]
}
