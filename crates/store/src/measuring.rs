//! Measuring: what of each live assessment enters sums, kept in step with assessments, form versions and scopes.
//! What a measure is, the caller says; here it is noted what is due, and written together with the agent-days it touches.
//! However often and in which pieces it runs, and wherever it dies, the measures end up the same.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use model::feed::DayKey;
use model::form::FormVersion;
use model::id::{FormVersionId, RecordId, TenantName};
use model::record::{Platform, ScopeKind, Stream};
use rusqlite::{Connection, params};

use crate::cell::{Count, Moment, damage, known, list};
use crate::error::{StoreError, StoreErrorKind};
use crate::form;
use crate::measure::{self, Measure};
use crate::store::{Store, Writing, meta};

/// The form version that an assessment was scored with.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasureForm {
    /// What is kept of it.
    pub version: FormVersion,
    /// Its hash as it was kept.
    pub content_hash: String,
}

/// A live assessment, as far as measuring asks.
#[derive(Debug, Clone)]
pub struct MeasureInput<'a> {
    /// Whose.
    pub tenant: TenantName,
    /// Its id.
    pub assessment_id: RecordId,
    /// From which platform.
    pub platform: Platform,
    /// The form version it names.
    pub form_version_id: Option<String>,
    /// The form version, if the assessment was scored with it.
    pub form: Option<&'a MeasureForm>,
    /// Where it stands.
    pub status: Option<String>,
    /// The agent that was assessed.
    pub agent_id: Option<String>,
    /// Who assessed.
    pub evaluator_id: Option<String>,
    /// Its scopes, each with the kinds under which the platform lists it; none for one that is not listed.
    pub scopes: Vec<(String, Vec<ScopeKind>)>,
    /// The platform lists sites to this tenant, so that what it does not list is no site.
    pub lists_sites: bool,
    /// When the interaction ended.
    pub interaction_end_time: Option<Timestamp>,
    /// When it was submitted.
    pub submitted_at: Option<Timestamp>,
    /// `human`, `ai` or `ai_edited`, where the source tells.
    pub scored_by: Option<String>,
    /// The platform's own score.
    pub raw_score: Option<f64>,
    /// The score with the weights of its form version.
    pub normalized_score: Option<f64>,
    /// The same, 0 for a failed critical question.
    pub final_score: Option<f64>,
    /// The platform failed it for a critical question.
    pub failed_critical: bool,
    /// Its questions, as JSON text.
    pub questions: String,
    /// What else the source said, as JSON text.
    pub extra: Option<String>,
}

/// A measure with the scopes it counts in, by kind and id. The whole tenant is not among them.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The row.
    pub measure: Measure,
    /// Kind and id of each scope.
    pub scopes: BTreeSet<(String, String)>,
}

/// What a step of measuring did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MeasureStep {
    /// Assessments that were due and are no longer.
    pub n_measured: u64,
    /// Those among them whose measure was written or taken out.
    pub n_changed: u64,
    /// Assessments that are still due.
    pub n_left: u64,
}

impl Store {
    /// Notes which assessments are due: those that changed, came or went since this was last asked, those whose form
    /// version or scopes did, or all when the settings are others. Gives the number that are due.
    ///
    /// # Errors
    /// Those of writing.
    pub fn begin_measuring(&mut self, settings_hash: &str) -> Result<u64, StoreError> {
        self.write(|writing| {
            if meta::<String>(writing, "measured_settings")? == settings_hash {
                note_changed(writing, meta(writing, "measured_seq")?)?;
            } else {
                note_all(writing)?;
                writing.execute("UPDATE meta SET value = ?1 WHERE name = 'measured_settings'", [settings_hash])?;
            }
            writing
                .execute("UPDATE meta SET value = (SELECT value FROM meta WHERE name = 'change_seq') WHERE name = 'measured_seq'", [])?;
            n_due(writing)
        })
    }

    /// Measures at most `limit` of the assessments that are due, in one transaction: their measures and scopes are
    /// written, and the agent-days of the old and the new measure are noted as touched wherever the two differ. An
    /// assessment that is no longer live loses its measure.
    ///
    /// # Errors
    /// Those of writing; nothing is then measured. `Busy` when another process measures with other settings meanwhile.
    pub fn measure_some(
        &mut self,
        settings_hash: &str,
        limit: u32,
        rule: &dyn Fn(&MeasureInput<'_>) -> Measured,
    ) -> Result<MeasureStep, StoreError> {
        let step = self.write(|writing| {
            if meta::<String>(writing, "measured_settings")? != settings_hash {
                return Ok(None);
            }
            let due = due(writing, limit)?;
            let mut step = MeasureStep { n_measured: due.len() as u64, ..MeasureStep::default() };
            let mut books = Books::default();
            for (key, facts) in due {
                let measured = facts.map(|facts| books.input(writing, facts).map(|input| rule(&input))).transpose()?;
                step.n_changed += u64::from(put(writing, &key, measured.as_ref())?);
                let sql = "DELETE FROM measure_due WHERE tenant = ?1 AND assessment_id = ?2";
                writing.prepare_cached(sql)?.execute([&key.0, &key.1])?;
            }
            step.n_left = n_due(writing)?;
            Ok(Some(step))
        })?;
        step.ok_or_else(|| {
            let words = format!("store `{}`: another process measures its assessments with other settings", self.path().display());
            StoreError::new(StoreErrorKind::Busy, words).with_hint("run again when it is done")
        })
    }
}

fn n_due(connection: &Connection) -> rusqlite::Result<u64> {
    connection.prepare_cached("SELECT COUNT(*) FROM measure_due")?.query_row([], |row| Ok(row.get::<_, Count>(0)?.0))
}

fn note_all(writing: &Writing<'_>) -> rusqlite::Result<()> {
    for table in ["assessment", "assessment_measure"] {
        writing.execute(&format!("INSERT OR IGNORE INTO measure_due SELECT tenant, assessment_id FROM {table}"), [])?;
    }
    Ok(())
}

fn note_changed(writing: &Writing<'_>, since: i64) -> rusqlite::Result<()> {
    let sources = [
        "SELECT tenant, assessment_id FROM assessment WHERE change_seq > ?1 AND ?2 IS NOT NULL",
        "SELECT tenant, id FROM removal WHERE change_seq > ?1 AND stream = ?2",
        "SELECT form_version.tenant, assessment_id FROM form_version CROSS JOIN assessment
            ON assessment.form_version_id = form_version.form_version_id AND assessment.tenant = form_version.tenant
            WHERE form_version.change_seq > ?1 AND ?2 IS NOT NULL",
        // Whatever kind they stand under: a scope that is listed only now may have been taken for another kind.
        "SELECT scope.tenant, assessment_id FROM scope CROSS JOIN assessment_scope
            ON assessment_scope.tenant = scope.tenant AND assessment_scope.scope_id = scope.scope_id
            AND assessment_scope.scope_kind IN ('division', 'site', 'queue')
            WHERE scope.change_seq > ?1 AND ?2 IS NOT NULL",
        // What is not listed as a site is one only as long as no site is listed.
        "SELECT tenant, assessment_id FROM assessment_scope WHERE scope_kind = 'site' AND ?2 IS NOT NULL
            AND tenant IN (SELECT tenant FROM scope WHERE kind = 'site' AND change_seq > ?1)",
    ];
    for source in sources {
        let sql = format!("INSERT OR IGNORE INTO measure_due {source}");
        writing.prepare_cached(&sql)?.execute(params![since, Stream::Assessments.word()])?;
    }
    Ok(())
}

/// Tenant and assessment.
type Key = (String, String);

/// A live assessment as it stands in its row, before its form version and scopes are looked up.
struct Facts {
    input: MeasureInput<'static>,
    scope_ids: Vec<String>,
    is_verified: bool,
}

fn due(connection: &Connection, limit: u32) -> rusqlite::Result<Vec<(Key, Option<Facts>)>> {
    let sql = "SELECT due.tenant, due.assessment_id, is_archived, platform, form_version_id, status, agent_id, evaluator_id, scope_ids,
            interaction_end_time, submitted_at, scored_by, raw_score, normalized_score, final_score, failed_critical, questions, extra,
            instr(score_flags, '\"unverified_form_version\"') > 0
        FROM measure_due AS due LEFT JOIN assessment
            ON assessment.tenant = due.tenant AND assessment.assessment_id = due.assessment_id AND is_archived = 0
        ORDER BY due.tenant, due.assessment_id LIMIT ?1";
    let read = |row: &rusqlite::Row<'_>| {
        let is_live = row.get::<_, Option<bool>>(2)?.is_some();
        Ok(((row.get(0)?, row.get(1)?), is_live.then(|| facts(row)).transpose()?))
    };
    connection.prepare_cached(sql)?.query_map([limit], read)?.collect()
}

fn facts(row: &rusqlite::Row<'_>) -> rusqlite::Result<Facts> {
    let moment = |index| row.get::<_, Option<Moment>>(index).map(|found| found.map(|moment| moment.0));
    let platform: String = row.get(3)?;
    let input = MeasureInput {
        tenant: TenantName::new(row.get::<_, String>(0)?),
        assessment_id: RecordId::new(row.get::<_, String>(1)?),
        platform: known(3, &platform, Platform::from_word(&platform))?,
        form_version_id: row.get(4)?,
        form: None,
        status: row.get(5)?,
        agent_id: row.get(6)?,
        evaluator_id: row.get(7)?,
        scopes: Vec::new(),
        lists_sites: false,
        interaction_end_time: moment(9)?,
        submitted_at: moment(10)?,
        scored_by: row.get(11)?,
        raw_score: row.get(12)?,
        normalized_score: row.get(13)?,
        final_score: row.get(14)?,
        failed_critical: row.get::<_, Option<bool>>(15)?.unwrap_or(false),
        questions: row.get(16)?,
        extra: row.get(17)?,
    };
    let scope_ids = list(row.get_ref(8)?.as_str()?).map_err(|reason| damage(8, reason))?;
    Ok(Facts { input, scope_ids, is_verified: !row.get::<_, Option<bool>>(18)?.unwrap_or(false) })
}

/// Form versions and scopes that were looked up for this step, none of them twice.
#[derive(Default)]
struct Books {
    forms: HashMap<Key, Option<MeasureForm>>,
    kinds: HashMap<String, BTreeMap<String, Vec<ScopeKind>>>,
}

impl Books {
    /// The form version of an assessment that was scored without it is left out until it is scored again: its weights are not those of the score.
    fn input(&mut self, connection: &Connection, facts: Facts) -> rusqlite::Result<MeasureInput<'_>> {
        let Facts { input, scope_ids, is_verified } = facts;
        let tenant = input.tenant.to_string();
        if !self.kinds.contains_key(&tenant) {
            self.kinds.insert(tenant.clone(), kinds(connection, &tenant)?);
        }
        let kinds = self.kinds.get(&tenant);
        let kinds_of = |id: &String| kinds.and_then(|kinds| kinds.get(id)).cloned().unwrap_or_default();
        let lists_sites = kinds.is_some_and(|kinds| kinds.values().flatten().any(|kind| *kind == ScopeKind::Site));
        let scopes = scope_ids.into_iter().map(|id| (id.clone(), kinds_of(&id))).collect();
        let form = match input.form_version_id.clone().filter(|_| is_verified) {
            None => None,
            Some(id) => {
                let key = (tenant, id);
                if !self.forms.contains_key(&key) {
                    let found = form_of(connection, &key)?;
                    self.forms.insert(key.clone(), found);
                }
                self.forms.get(&key).and_then(Option::as_ref)
            }
        };
        Ok(MeasureInput { form, scopes, lists_sites, ..input })
    }
}

fn form_of(connection: &Connection, key: &Key) -> rusqlite::Result<Option<MeasureForm>> {
    let (tenant, id) = (TenantName::new(&key.0), FormVersionId::new(&key.1));
    let Some(version) = form::find(connection, &tenant, &id)? else { return Ok(None) };
    let sql = "SELECT content_hash FROM form_version WHERE tenant = ?1 AND form_version_id = ?2";
    let content_hash: Option<String> = connection.prepare_cached(sql)?.query_row([&key.0, &key.1], |row| row.get(0))?;
    Ok(Some(MeasureForm { version, content_hash: content_hash.unwrap_or_default() }))
}

fn kinds(connection: &Connection, tenant: &str) -> rusqlite::Result<BTreeMap<String, Vec<ScopeKind>>> {
    let mut statement = connection.prepare_cached("SELECT scope_id, kind FROM scope WHERE tenant = ?1 ORDER BY scope_id, kind")?;
    let mut rows = statement.query([tenant])?;
    let mut kinds: BTreeMap<String, Vec<ScopeKind>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let word: String = row.get(1)?;
        kinds.entry(row.get(0)?).or_default().push(known(1, &word, ScopeKind::from_word(&word))?);
    }
    Ok(kinds)
}

/// Puts a measure, or takes it out. Tells whether anything is another than before.
fn put(writing: &Writing<'_>, key: &Key, measured: Option<&Measured>) -> rusqlite::Result<bool> {
    let before = measure::find(writing, &key.0, &key.1)?;
    let after = measured.map(|measured| &measured.measure);
    let scopes_changed = put_scopes(writing, key, measured.map_or(&BTreeSet::new(), |measured| &measured.scopes))?;
    if before.as_ref() == after {
        return Ok(scopes_changed);
    }
    match after {
        Some(measure) => measure::put(writing, measure)?,
        None => measure::take_out(writing, &key.0, &key.1)?,
    }
    for day in [before.as_ref(), after].into_iter().flatten().filter_map(Measure::day_key) {
        touch(writing, &day)?;
    }
    Ok(true)
}

fn put_scopes(writing: &Writing<'_>, key: &Key, scopes: &BTreeSet<(String, String)>) -> rusqlite::Result<bool> {
    let of_one = "FROM assessment_scope WHERE tenant = ?1 AND assessment_id = ?2";
    let mut statement = writing.prepare_cached(&format!("SELECT scope_kind, scope_id {of_one}"))?;
    let before: BTreeSet<Key> =
        statement.query_map([&key.0, &key.1], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    if before == *scopes {
        return Ok(false);
    }
    writing.prepare_cached(&format!("DELETE {of_one}"))?.execute([&key.0, &key.1])?;
    let sql = "INSERT INTO assessment_scope (tenant, assessment_id, scope_kind, scope_id) VALUES (?1, ?2, ?3, ?4)";
    for (kind, id) in scopes {
        writing.prepare_cached(sql)?.execute([&key.0, &key.1, kind, id])?;
    }
    Ok(true)
}

/// Notes that the assessments of an agent-day changed.
fn touch(writing: &Writing<'_>, day: &DayKey) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO agent_day_touched
            (tenant, platform, agent_id, business_date, form_version_id, content_hash, scored_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    writing.prepare_cached(sql)?.execute(measure::day_params(day))?;
    Ok(())
}

#[cfg(test)]
mod tests;
