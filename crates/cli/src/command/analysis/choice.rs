//! What of the store is looked at: words of the command line held against what the store knows.
//! A division or form that matches nothing is a mistake, not an empty answer.

use std::collections::BTreeMap;

use engine::analysis::settings::Look;
use engine::model::id::TenantName;
use engine::store::Store;
use engine::store::statistics::Slice;

use crate::command::{Context, ground};
use crate::config::Config;
use crate::config::problem::{nearest, quoted};
use crate::exit::{Failure, Outcome};
use crate::flags::LookFlags;
use crate::output::visible;

/// How many known ones a hint names.
const NAMED_MAX: usize = 12;

/// What can be said without the store: the tenant, and the order of the dates.
///
/// # Errors
/// An unknown tenant; an empty range.
pub(crate) fn check(flags: &LookFlags, config: &Config) -> Outcome<()> {
    if let Some(name) = &flags.tenant {
        config.check_tenant(name)?;
    }
    match (flags.from, flags.to) {
        (Some(from), Some(to)) if to <= from => Err(Failure::usage("`--to` is not after `--from`; the range is half-open")),
        _ => Ok(()),
    }
}

/// The look itself.
///
/// # Errors
/// A division or form that the store does not know; a store that cannot be read.
pub(crate) fn look(flags: &LookFlags, store: &Store) -> Outcome<Look> {
    let tenant = ground::tenant(flags.tenant.as_deref());
    let platform = flags.platform.map(Into::into);
    let scope = flags.division.as_deref().map(|words| scope(words, tenant.as_ref(), store)).transpose()?;
    let mut look = Look { tenant, platform, scope, form: None, from: flags.from, to: flags.to };
    look.form = flags.form.as_deref().map(|words| form(words, &look, store)).transpose()?;
    Ok(look)
}

/// Ids with the names of what they stand for.
type Known = BTreeMap<String, Option<String>>;

fn scope(words: &str, tenant: Option<&TenantName>, store: &Store) -> Outcome<String> {
    let scopes = store.measured_scopes(tenant).map_err(ground::failure)?;
    let known: Known = scopes.into_iter().map(|found| (found.scope.id, found.name)).collect();
    chosen("division, site, queue or team", words, &known)
}

fn form(words: &str, look: &Look, store: &Store) -> Outcome<String> {
    let slice = Slice { tenant: look.tenant.clone(), platform: look.platform, ..Slice::default() };
    let mut known = Known::new();
    for row in store.cohorts(&slice, &["tenant"]).map_err(ground::failure)? {
        known.insert(row.cohort.form_version_id.clone(), None);
        known.insert(row.cohort.form_id, row.form_name);
    }
    chosen("form", words, &known)
}

/// The id that is meant: as it is written, or the only one of that name.
fn chosen(what: &str, words: &str, known: &Known) -> Outcome<String> {
    if known.contains_key(words) {
        return Ok(words.to_owned());
    }
    let named: Vec<&String> = known.iter().filter(|(_, name)| name.as_deref() == Some(words)).map(|(id, _)| id).collect();
    match named.as_slice() {
        [] => {}
        [id] => return Ok((*id).clone()),
        ids => {
            let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
            return Err(Failure::usage(format!("several are called {}: name one of {}", quoted(words), ids.join(", "))));
        }
    }
    let ids = known.keys().map(String::as_str).chain(known.values().flatten().map(String::as_str));
    let failure = Failure::usage(format!("no {what} {} among scored assessments{}", quoted(words), nearest(words, ids)));
    if known.is_empty() {
        return Err(failure.with_hint("there are none: `scorelake sync` extracts them"));
    }
    let mut words: Vec<String> = known.iter().take(NAMED_MAX).map(|(id, name)| one(id, name.as_deref())).collect();
    if NAMED_MAX < known.len() {
        words.push(format!("and {} more", known.len() - NAMED_MAX));
    }
    Err(failure.with_hint(format!("known are {}", words.join(", "))))
}

fn one(id: &str, name: Option<&str>) -> String {
    visible(&name.map_or_else(|| format!("`{id}`"), |name| format!("`{id}` ({name})")))
}

/// Says why nothing is shown, and what to do.
///
/// # Errors
/// A store that cannot be read.
pub(crate) fn say_why_empty(store: &Store, look: &Look, context: &Context) -> Outcome<()> {
    let everything = Slice { tenant: look.tenant.clone(), ..Slice::default() };
    let cohorts = store.cohorts(&everything, &["tenant"]).map_err(ground::failure)?;
    let first = cohorts.iter().map(|row| row.first_date).min();
    let last = cohorts.iter().map(|row| row.last_date).max();
    if let (Some(first), Some(last)) = (first, last) {
        context.screen.say("note", &format!("nothing to show for what was asked; business dates go from {first} to {last}"));
        return Ok(());
    }
    let n = store.partitions(&engine::model::table::ASSESSMENT, engine::store::PartitionBy::Whole).map_err(ground::failure)?;
    let n: u64 = n.iter().filter(|state| !state.partition.archived).map(|state| state.n_rows).sum();
    let words = match n {
        0 => "there are no assessments in the store: `scorelake sync` extracts them".to_owned(),
        n => format!(
            "none of {n} assessments is scored and dated: `scorelake query \"select left_out, count(*) from assessment_measure group by 1\"` says why"
        ),
    };
    context.screen.say("note", &words);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &str, expected: Result<&str, &str>) {
        let known = [("f-1", Some("Sales")), ("f-2", Some("Service")), ("f-3", Some("Service"))];
        let known = known.map(|(id, name)| (id.to_owned(), name.map(ToOwned::to_owned))).into();
        let seen =
            chosen("form", words, &known).map_err(|failure| format!("{}\n{}", failure.message(), failure.hint().unwrap_or_default()));
        assert_eq!(seen.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn an_id_or_a_name_that_stands_for_one_is_enough() {
        check("f-2", Ok("f-2"));
        check("Sales", Ok("f-1"));
        let known = "known are `f-1` (Sales), `f-2` (Service), `f-3` (Service)";
        check("f-4", Err(&format!("no form `f-4` among scored assessments; did you mean `f-1`?\n{known}")));
        check("Service", Err("several are called `Service`: name one of `f-2`, `f-3`\n"));
    }
}
