//! Feeds for others' workforce management, made of the rows of `agent_day` as the store has them.
//! What a receiver gets is laid out by `sink::feed`; here rows are read, files written, and what is left out is told.

use std::path::Path;

use engine::deliver;
use engine::model::id::TenantName;
use engine::report::{Trouble, storage};
use engine::roster::Roster;
use engine::sink::contract::Published;
use engine::sink::disk::Disk;
use engine::sink::error::SinkError;
use engine::sink::feed::{self, FeedMeasure, Measured, Separator};
use engine::store::Store;

use crate::command::{ground, whole_file};
use crate::words::named;

/// What a feed is made of.
pub(crate) struct Source<'a> {
    /// The store, held at one moment.
    pub(crate) store: &'a Store,
    /// People by agent.
    pub(crate) roster: &'a Roster,
    /// The run, for the names of files that are not ended yet.
    pub(crate) run_id: &'a str,
}

impl Source<'_> {
    /// The present numbers of all agent-days, the withdrawn ones included; of one tenant, or of all.
    fn measured(&self, measures: &[FeedMeasure], tenant: Option<&TenantName>) -> Result<Measured, Trouble> {
        deliver::feed(self.store, tenant, measures, self.roster).map_err(|error| storage(&error))
    }
}

/// Writes the file for Calabrio.
///
/// # Errors
/// A store that cannot be read, a file that cannot be written.
pub(crate) fn calabrio(
    what: &str,
    source: &Source<'_>,
    measures: &[FeedMeasure],
    tenant: Option<&TenantName>,
    separator: Separator,
    path: &Path,
) -> Result<Published, Trouble> {
    let measured = source.measured(measures, tenant)?;
    let done = feed::calabrio(&measured.items, separator);
    let written = whole_file::write(path, &done.text, source.run_id).map_err(|error| ground::unwritten(what, &error))?;
    let mut warnings = left_out(&measured, &done.without_person, "person_id");
    if !done.not_retractable.is_empty() {
        let days = done.not_retractable.iter().map(|item| format!("agent `{}` on {}", item.agent_id, item.business_date));
        warnings.push(format!("not_retractable: Calabrio keeps what was withdrawn: {}", named(days)));
    }
    warnings.extend(done.problems);
    Ok(Published {
        bookmark: String::new(),
        rows_written: if written.changed { done.n_lines } else { 0 },
        files_written: u64::from(written.changed),
        changed: written.changed,
        where_: path.display().to_string(),
        warnings,
    })
}

/// Writes the batches for Genesys as files `batch-0001.json`; batches of an earlier time that are no more are removed.
///
/// # Errors
/// A store that cannot be read, a file that cannot be written.
pub(crate) fn batches(
    what: &str,
    source: &Source<'_>,
    measures: &[FeedMeasure],
    tenant: Option<&TenantName>,
    folder: &Path,
) -> Result<Published, Trouble> {
    let mut measured = source.measured(measures, tenant)?;
    let addressed = feed::address(std::mem::take(&mut measured.items));
    let batches = feed::external_metrics(&addressed.entries);
    let wrong = |error: SinkError| ground::unwritten(what, &error);
    let (mut rows_written, mut files_written) = (0, 0);
    let mut names = Vec::new();
    for (index, batch) in batches.iter().enumerate() {
        let name = format!("batch-{:04}.json", index + 1);
        let written = whole_file::write(&folder.join(&name), &batch.body, source.run_id).map_err(wrong)?;
        if written.changed {
            files_written += 1;
            rows_written += u64::try_from(batch.entries.len()).unwrap_or(u64::MAX);
        }
        names.push(name);
    }
    let n_removed = remove_strays(folder, &names).map_err(wrong)?;
    let mut warnings = left_out(&measured, &addressed.without_person, "user_email");
    warnings.extend(addressed.clashes);
    Ok(Published {
        bookmark: String::new(),
        rows_written,
        files_written,
        changed: files_written + n_removed > 0,
        where_: folder.display().to_string(),
        warnings,
    })
}

/// Removes batches that are no more; how many there were.
fn remove_strays(folder: &Path, names: &[String]) -> Result<u64, SinkError> {
    let disk = Disk::real();
    let mut n_removed = 0;
    for name in disk.names(folder)? {
        let number = name.strip_prefix("batch-").and_then(|rest| rest.strip_suffix(".json"));
        let is_batch = number.is_some_and(|number| number.len() >= 4 && number.bytes().all(|digit| digit.is_ascii_digit()));
        if is_batch && !names.contains(&name) {
            disk.remove_file(&folder.join(&name))?;
            n_removed += 1;
        }
    }
    Ok(n_removed)
}

/// What a receiver is not told, a line each.
fn left_out(measured: &Measured, without_person: &[(String, String)], column: &str) -> Vec<String> {
    let mut warnings = deliver::feed_warnings(measured);
    if !without_person.is_empty() {
        let agents = without_person.iter().map(|(tenant, agent_id)| format!("`{agent_id}` of `{tenant}`"));
        warnings.push(format!("{} agents have no `{column}` in the roster: {}", without_person.len(), named(agents)));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_batches_that_are_no_more_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["batch-0001.json", "batch-0002.json", "batch-2.json", "notes.json"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        assert_eq!(remove_strays(folder.path(), &["batch-0001.json".to_owned()]).unwrap(), 1);
        assert_eq!(Disk::real().names(folder.path()).unwrap(), ["batch-0001.json", "batch-2.json", "notes.json"]);
    }
}
