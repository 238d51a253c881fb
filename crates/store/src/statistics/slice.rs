//! A slice of the measures, the scopes in which they count, and the SQL of both.

use jiff::civil::Date;
use model::id::TenantName;
use model::record::Platform;
use rusqlite::types::Value;
use rusqlite::{Row, params, params_from_iter};

use crate::cell::{Count, Day};
use crate::error::{StoreError, StoreErrorKind};
use crate::store::Store;

/// The whole tenant, as a kind of scope.
const TENANT: &str = "tenant";
/// The kinds of scope that measures are counted by.
const KINDS: [&str; 5] = [TENANT, "division", "site", "queue", "team"];

/// The columns of [`Cohort`].
pub(super) const COHORT: &str = "tenant, platform, form_id, scored_by, form_version_id, content_hash";

/// Which measures count. Every condition that is none lets all pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slice {
    /// Of this tenant.
    pub tenant: Option<TenantName>,
    /// Of this platform.
    pub platform: Option<Platform>,
    /// In this scope. What lies outside counts in no row, whatever scope the row is of; rows of this kind of scope are of
    /// this one only.
    pub scope: Option<ScopePlace>,
    /// Of this form, by its id or the id of a version.
    pub form: Option<String>,
    /// From this business date on.
    pub from: Option<Date>,
    /// Up to, and without, this business date.
    pub to: Option<Date>,
}

impl Slice {
    /// Whether rows are of this scope: of any, but only of one of the kind that the slice names.
    pub(super) fn shows(&self, place: &ScopePlace) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.kind == TENANT || scope.kind != place.kind || scope.id == place.id)
    }
}

/// A scope that assessments count in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopePlace {
    /// `tenant`, `division`, `site`, `queue` or `team`.
    pub kind: String,
    /// Its id; `*` for the whole tenant.
    pub id: String,
}

impl ScopePlace {
    /// The whole tenant.
    pub fn tenant() -> Self {
        Self { kind: TENANT.to_owned(), id: "*".to_owned() }
    }
}

/// Assessments that were measured with one instrument: one content of one form version, by one kind of evaluator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cohort {
    /// Whose.
    pub tenant: String,
    /// From which platform.
    pub platform: String,
    /// The form.
    pub form_id: String,
    /// `human`, `ai`, `ai_edited` or `unknown`.
    pub scored_by: String,
    /// The form version.
    pub form_version_id: String,
    /// What the form version measures with; empty where that is unknown.
    pub content_hash: String,
}

/// A scope with its name and how many assessments count in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasuredScope {
    /// Whose.
    pub tenant: String,
    /// The scope.
    pub scope: ScopePlace,
    /// Its name, where the platform gives one.
    pub name: Option<String>,
    /// Assessments in it.
    pub n: u64,
}

impl Store {
    /// The scopes in which assessments count, the whole tenant aside, by tenant, kind and id.
    ///
    /// # Errors
    /// Those of reading.
    pub fn measured_scopes(&self, tenant: Option<&TenantName>) -> Result<Vec<MeasuredScope>, StoreError> {
        let sql = "SELECT place.tenant, scope_kind, place.scope_id, COUNT(*), (
                SELECT name FROM scope WHERE scope.tenant = place.tenant AND scope.kind = scope_kind AND scope.scope_id = place.scope_id
            )
            FROM assessment_scope AS place JOIN assessment_measure AS measure USING (tenant, assessment_id)
            WHERE left_out IS NULL AND (?1 IS NULL OR place.tenant = ?1)
            GROUP BY place.tenant, scope_kind, place.scope_id ORDER BY place.tenant, scope_kind, place.scope_id";
        let read = |row: &Row<'_>| {
            Ok(MeasuredScope { tenant: row.get(0)?, scope: scope_of(row, 1)?, n: row.get::<_, Count>(3)?.0, name: row.get(4)? })
        };
        self.read(|connection| connection.prepare_cached(sql)?.query_map(params![tenant.map(TenantName::as_str)], read)?.collect())
    }

    /// The last business date of the slice; none where nothing is in it.
    ///
    /// # Errors
    /// Those of reading.
    pub fn last_business_date(&self, slice: &Slice) -> Result<Option<Date>, StoreError> {
        let mut bindings = Bindings::default();
        let sql = format!("SELECT MAX(business_date) FROM assessment_measure AS measure WHERE {}", conditions(slice, &mut bindings));
        let read = |row: &Row<'_>| Ok(row.get::<_, Option<Day>>(0)?.map(|day| day.0));
        self.read(|connection| connection.prepare_cached(&sql)?.query_row(params_from_iter(bindings.values), read))
    }
}

/// The values of a statement, in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    pub(super) values: Vec<Value>,
}

impl Bindings {
    /// Takes a value and gives the place for it in the text.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }
}

/// The condition on `assessment_measure AS measure`.
pub(super) fn conditions(slice: &Slice, bindings: &mut Bindings) -> String {
    let mut conditions = vec!["measure.left_out IS NULL".to_owned()];
    if let Some(tenant) = &slice.tenant {
        conditions.push(format!("measure.tenant = {}", bindings.bind(tenant.to_string())));
    }
    if let Some(platform) = slice.platform {
        conditions.push(format!("measure.platform = {}", bindings.bind(platform.word().to_owned())));
    }
    if let Some(scope) = slice.scope.as_ref().filter(|scope| scope.kind != TENANT) {
        let (kind, id) = (bindings.bind(scope.kind.clone()), bindings.bind(scope.id.clone()));
        conditions.push(format!(
            "EXISTS (SELECT 1 FROM assessment_scope AS within WHERE within.tenant = measure.tenant
                AND within.assessment_id = measure.assessment_id AND within.scope_kind = {kind} AND within.scope_id = {id})"
        ));
    }
    if let Some(form) = &slice.form {
        let form = bindings.bind(form.clone());
        conditions.push(format!("{form} IN (measure.form_id, measure.form_version_id)"));
    }
    if let Some(from) = slice.from {
        conditions.push(format!("measure.business_date >= {}", bindings.bind(from.to_string())));
    }
    if let Some(to) = slice.to {
        conditions.push(format!("measure.business_date < {}", bindings.bind(to.to_string())));
    }
    conditions.join(" AND ")
}

/// Refuses a kind that is none.
pub(super) fn check_kinds(kinds: &[&str]) -> Result<(), StoreError> {
    match kinds.iter().find(|kind| !KINDS.contains(kind)) {
        None => Ok(()),
        Some(kind) => Err(StoreError::new(StoreErrorKind::Bug, format!("`{kind}` is no kind of scope to count by"))),
    }
}

/// A subquery: a row for each measure of the slice and each scope of these kinds that it counts in, with the columns of
/// the cohort, `scope_kind`, `scope_id`, `assessment_id`, and those that are named.
///
/// # Errors
/// `Bug` for a kind that is none.
pub(super) fn placed(slice: &Slice, kinds: &[&str], columns: &[&str], bindings: &mut Bindings) -> Result<String, StoreError> {
    check_kinds(kinds)?;
    let conditions = conditions(slice, bindings);
    let of_measure = |columns: &str| columns.split(", ").map(|column| format!("measure.{column}")).collect::<Vec<_>>().join(", ");
    let (cohort, columns) = (of_measure(COHORT), of_measure(&columns.join(", ")));
    let mut parts = Vec::new();
    if kinds.contains(&TENANT) {
        parts.push(format!(
            "SELECT {cohort}, '{TENANT}' AS scope_kind, '*' AS scope_id, measure.assessment_id, {columns}
             FROM assessment_measure AS measure WHERE {conditions}"
        ));
    }
    let narrower: Vec<String> = kinds.iter().filter(|kind| **kind != TENANT).map(|kind| format!("'{kind}'")).collect();
    if parts.is_empty() || !narrower.is_empty() {
        let only = match slice.scope.as_ref() {
            None => String::new(),
            Some(scope) => {
                let (kind, id) = (bindings.bind(scope.kind.clone()), bindings.bind(scope.id.clone()));
                format!(" AND (place.scope_kind <> {kind} OR place.scope_id = {id})")
            }
        };
        parts.push(format!(
            "SELECT {cohort}, place.scope_kind, place.scope_id, measure.assessment_id, {columns}
             FROM assessment_measure AS measure JOIN assessment_scope AS place
                ON place.tenant = measure.tenant AND place.assessment_id = measure.assessment_id
             WHERE {conditions} AND place.scope_kind IN ({}){only}",
            narrower.join(", ")
        ));
    }
    Ok(format!("({})", parts.join(" UNION ALL ")))
}

/// The cohort from a row, beginning with column `first`.
pub(super) fn cohort_of(row: &Row<'_>, first: usize) -> rusqlite::Result<Cohort> {
    Ok(Cohort {
        tenant: row.get(first)?,
        platform: row.get(first + 1)?,
        form_id: row.get(first + 2)?,
        scored_by: row.get(first + 3)?,
        form_version_id: row.get(first + 4)?,
        content_hash: row.get(first + 5)?,
    })
}

/// The scope from a row, beginning with column `first`.
pub(super) fn scope_of(row: &Row<'_>, first: usize) -> rusqlite::Result<ScopePlace> {
    Ok(ScopePlace { kind: row.get(first)?, id: row.get(first + 1)? })
}
