//! Form versions and scopes: the rulers and the map of a tenant.
//! A form version measures for ever as it was first kept; only its name and whether it is in use may change.

use model::form::{FormQuestion, FormVersion};
use model::id::{FormVersionId, ScopeId, TenantName};
use model::record::{Platform, Scope, ScopeKind};
use model::row::{form_question_rows, form_version_row, scope_row};
use model::table::{FORM_QUESTION, FORM_VERSION, SCOPE};
use rusqlite::{Connection, OptionalExtension as _, ToSql, params};
use serde_json::{Map, Value};

use crate::cell::{Moment, damage, known};
use crate::error::StoreError;
use crate::statement;
use crate::store::{Store, Writing};

/// What became of form versions that were to be kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptForms {
    /// Not known before.
    pub new: Vec<FormVersionId>,
    /// Known, and they now measure otherwise than when they were first kept: the first content stays.
    pub differing: Vec<FormVersionId>,
}

impl Store {
    /// A form version with its questions, or none when it was never kept.
    ///
    /// # Errors
    /// Those of reading.
    pub fn form_version(&self, tenant: &TenantName, id: &FormVersionId) -> Result<Option<FormVersion>, StoreError> {
        self.read(|connection| find(connection, tenant, id))
    }

    /// Keeps form versions. What is known already is not rewritten, but for its name and whether it is in use.
    ///
    /// # Errors
    /// Those of writing; nothing is then kept.
    pub fn keep_form_versions(&mut self, tenant: &TenantName, platform: Platform, forms: &[FormVersion]) -> Result<KeptForms, StoreError> {
        self.write(|writing| {
            let mut kept = KeptForms::default();
            for form in forms {
                match find(writing, tenant, &form.id)? {
                    None => {
                        insert(writing, tenant, platform, form)?;
                        kept.new.push(form.id.clone());
                    }
                    Some(first) => {
                        if !is_same_ruler(&first, form) {
                            kept.differing.push(form.id.clone());
                        }
                        update(writing, tenant, &first, form)?;
                    }
                }
            }
            Ok(kept)
        })
    }

    /// Keeps scopes; one that is known takes the new name. Scopes that are no longer listed stay.
    ///
    /// # Errors
    /// Those of writing; nothing is then kept.
    pub fn keep_scopes(&mut self, tenant: &TenantName, platform: Platform, scopes: &[Scope]) -> Result<(), StoreError> {
        self.write(|writing| {
            let sql = statement::insert(SCOPE.name, &SCOPE, &["change_seq"])
                + &statement::overwrite(&SCOPE, &["change_seq"])
                + " WHERE (platform, name, extra) IS NOT (excluded.platform, excluded.name, excluded.extra)";
            for scope in scopes {
                let seq = writing.next_seq();
                let more: [&dyn ToSql; 1] = [&seq];
                statement::run(writing, &sql, &SCOPE, &scope_row(tenant, platform, scope), &more)?;
            }
            Ok(())
        })
    }

    /// The scopes of a tenant by kind and id.
    ///
    /// # Errors
    /// Those of reading.
    pub fn scopes(&self, tenant: &TenantName) -> Result<Vec<Scope>, StoreError> {
        let sql = "SELECT kind, scope_id, name, extra FROM scope WHERE tenant = ?1 ORDER BY kind, scope_id";
        let read = |row: &rusqlite::Row<'_>| {
            let kind: String = row.get(0)?;
            Ok(Scope {
                kind: known(0, &kind, ScopeKind::from_word(&kind))?,
                id: ScopeId::new(row.get::<_, String>(1)?),
                name: row.get(2)?,
                extra: object(row, 3)?,
            })
        };
        self.read(|connection| connection.prepare_cached(sql)?.query_map([tenant.as_str()], read)?.collect())
    }
}

pub(crate) fn find(connection: &Connection, tenant: &TenantName, id: &FormVersionId) -> rusqlite::Result<Option<FormVersion>> {
    let sql = "SELECT form_id, name, version, published_at, active, max_possible_score, extra FROM form_version
        WHERE tenant = ?1 AND form_version_id = ?2";
    let key = [tenant.as_str(), id.as_str()];
    let read = |row: &rusqlite::Row<'_>| {
        Ok(FormVersion {
            id: id.clone(),
            form_id: row.get(0)?,
            name: row.get(1)?,
            version: row.get(2)?,
            published_at: row.get::<_, Option<Moment>>(3)?.map(|moment| moment.0),
            active: row.get(4)?,
            max_possible_score: row.get(5)?,
            questions: std::collections::BTreeMap::new(),
            extra: object(row, 6)?,
        })
    };
    let Some(mut form) = connection.prepare_cached(sql)?.query_row(key, read).optional()? else { return Ok(None) };
    let sql = "SELECT question_id, weight, max_score, critical FROM form_question WHERE tenant = ?1 AND form_version_id = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let questions = statement
        .query_map(key, |row| Ok((row.get(0)?, FormQuestion { weight: row.get(1)?, max_score: row.get(2)?, critical: row.get(3)? })))?;
    form.questions = questions.collect::<rusqlite::Result<_>>()?;
    Ok(Some(form))
}

fn object(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<Map<String, Value>> {
    let Some(words) = row.get_ref(index)?.as_str_or_null()? else { return Ok(Map::new()) };
    serde_json::from_str(words).map_err(|_| damage(index, format!("`{words}` is no JSON object")))
}

fn insert(writing: &mut Writing<'_>, tenant: &TenantName, platform: Platform, form: &FormVersion) -> rusqlite::Result<()> {
    let seq = writing.next_seq();
    let more: [&dyn ToSql; 1] = [&seq];
    let sql = statement::insert(FORM_VERSION.name, &FORM_VERSION, &["change_seq"]);
    statement::run(writing, &sql, &FORM_VERSION, &form_version_row(tenant, platform, form), &more)?;
    let sql = statement::insert(FORM_QUESTION.name, &FORM_QUESTION, &["change_seq"]);
    for row in form_question_rows(tenant, form) {
        let seq = writing.next_seq();
        let more: [&dyn ToSql; 1] = [&seq];
        statement::run(writing, &sql, &FORM_QUESTION, &row, &more)?;
    }
    Ok(())
}

fn update(writing: &mut Writing<'_>, tenant: &TenantName, first: &FormVersion, form: &FormVersion) -> rusqlite::Result<()> {
    let (name, active) = (form.name.as_ref().or(first.name.as_ref()), form.active.or(first.active));
    if name == first.name.as_ref() && active == first.active {
        return Ok(());
    }
    let seq = writing.next_seq();
    let sql = "UPDATE form_version SET name = ?3, active = ?4, change_seq = ?5 WHERE tenant = ?1 AND form_version_id = ?2";
    writing.prepare_cached(sql)?.execute(params![tenant.as_str(), form.id.as_str(), name, active, seq])?;
    Ok(())
}

/// Whether two contents under one id measure alike.
fn is_same_ruler(first: &FormVersion, other: &FormVersion) -> bool {
    first.content_hash() == other.content_hash() && first.max_possible_score == other.max_possible_score
}

#[cfg(test)]
mod tests;
