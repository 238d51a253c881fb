//! The demo's folder: made, told from other folders, emptied of an earlier demo, and given its configuration.
//! Nothing is removed but what a demo itself writes, and nothing at all from a folder without a demo's mark.

use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use sim::{Platform, Sim};

use crate::config::plain;
use crate::exit::{Failure, Outcome};

/// The mark of a demo's folder.
const MARK: &str = ".scorelake-demo";
const CONFIG: &str = "scorelake.toml";
const SECRET: &str = "client-secret";
/// What a demo writes, besides the locks beside the store.
const FILES: [&str; 11] = [
    CONFIG,
    SECRET,
    "scorelake.db",
    "scorelake.db-wal",
    "scorelake.db-shm",
    "genesys-totals.csv",
    "cxone-totals.csv",
    "genesys-interactions.csv",
    "cxone-interactions.csv",
    ROSTER,
    REPORT,
];
/// Names, teams and person ids of agents.
pub(super) const ROSTER: &str = "roster.csv";
/// The page with the charts.
pub(super) const REPORT: &str = "report.html";
const OUT: &str = "out";

/// An empty folder with the mark of a demo. `shown` is the folder as the caller wrote it.
///
/// # Errors
/// A folder that holds anything else than a demo; one that cannot be written.
pub(super) fn prepare(folder: &Path, shown: &Path) -> Outcome<()> {
    let name = shown.display();
    let wrong = |error: io::Error| Failure::storage(format!("`{name}`: {}", plain(&error)));
    disk::make(folder).map_err(wrong)?;
    if !disk::is_empty(folder).map_err(wrong)? {
        if !folder.join(MARK).is_file() {
            return Err(Failure::usage(format!("`{name}` is not empty and no folder of a demo")).with_hint("name another one with `--dir`"));
        }
        disk::clear(folder).map_err(wrong)?;
    }
    write(&folder.join(MARK), "made by `scorelake demo`; it removes what it wrote here when it is run again\n")
}

/// Writes the configuration that the demo and whoever comes after it use, and the files it names.
///
/// # Errors
/// A folder that cannot be written.
pub(super) fn write_config(folder: &Path, sim: &Sim, start: Date) -> Outcome<PathBuf> {
    write(&folder.join(SECRET), &format!("{}\n", sim.options().client_secret))?;
    let names = Platform::ALL.map(|platform| (platform, tenant_name(platform)));
    let names: Vec<(Platform, &str)> = names.iter().map(|(platform, name)| (*platform, name.as_str())).collect();
    write(&folder.join(ROSTER), &sim.roster_csv(&names))?;
    let tenants: Vec<String> = Platform::ALL.iter().map(|platform| tenant(sim, *platform, start)).collect();
    let path = folder.join(CONFIG);
    write(&path, &format!("{HEAD}{}{ANALYTICS}{PUBLICATIONS}", tenants.concat()))?;
    Ok(path)
}

/// A form that is handed over to workforce management: its id and its name.
pub(super) type Form = (String, String);

/// Adds the publication for gamification, now that the forms are known: a measure a form.
///
/// # Errors
/// A file that cannot be read or written.
pub(super) fn add_measures(config: &Path, forms: &[Form]) -> Outcome<()> {
    let wrong = |error: io::Error| Failure::storage(format!("`{}`: {}", config.display(), plain(&error)));
    let measures: Vec<String> = forms.iter().enumerate().map(|(index, (id, name))| measure(index, id, name)).collect();
    write(config, &format!("{}{CALABRIO}{}", disk::read(config).map_err(wrong)?, measures.concat()))
}

fn measure(index: usize, id: &str, name: &str) -> String {
    // TOML writes text as JSON does.
    let text = |words: &str| serde_json::Value::from(words).to_string();
    let name: String = name.chars().take(44).collect();
    let (id, name, number) = (text(id), text(&format!("{name} {}", index + 1)), text(&format!("QS{}", index + 1)));
    format!("\n[[publication.measure]]\nform_id = {id}\nname = {name}\nid = {number}\n")
}

/// What the demo calls the tenant of a platform.
pub(super) fn tenant_name(platform: Platform) -> String {
    format!("demo-{}", platform.name())
}

/// The listing of interactions of a platform.
pub(super) fn interactions(platform: Platform) -> String {
    format!("{}-interactions.csv", platform.name())
}

const HEAD: &str = "\
# Written by `scorelake demo`. The simulator it speaks of ends with the demo; the store and the files stay.
store = \"sqlite:scorelake.db\"
";

const PUBLICATIONS: &str = r#"
[[publication]]
name = "payload"
kind = "json"
path = "out/payload/"

[[publication]]
name = "lines"
kind = "ndjson"
path = "out/ndjson/{table}.ndjson.gz"

[[publication]]
name = "tables"
kind = "csv"
path = "out/csv/"

[[publication]]
name = "lake"
kind = "parquet"
path = "out/parquet/"

[[publication]]
name = "planning"
kind = "agent-day"
path = "out/planning/"
purpose = "workforce management"
"#;

const ANALYTICS: &str = r#"
[analytics]
roster = "roster.csv"
"#;

const CALABRIO: &str = r#"
# Written by the demo when it knew the forms.
[[publication]]
name = "gamification"
kind = "calabrio"
path = "out/gamification.csv"
purpose = "gamification"
"#;

fn tenant(sim: &Sim, platform: Platform, start: Date) -> String {
    let name = platform.name();
    format!(
        r#"
[[tenant]]
name = "{tenant}"
platform = "{name}"
base_url = "{url}"
client_id = "{id}"
client_secret = {{ file = "{SECRET}" }}
start = "{start}"
window = "7d"
requests_per_minute = 100000

{zones}
[tenant.reconcile]
totals = "{name}-totals.csv"
"#,
        tenant = tenant_name(platform),
        zones = zones(&sim.truth(platform)),
        url = sim.base_url(platform),
        id = sim.options().client_id,
    )
}

/// The time zones of divisions and sites, by which their business dates go.
fn zones(truth: &serde_json::Value) -> String {
    let scopes = truth.get("scopes").and_then(serde_json::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let zone = |scope: &serde_json::Value| {
        let text = |key: &str| scope.get(key).and_then(serde_json::Value::as_str).map(ToOwned::to_owned);
        let kind = text("kind").filter(|kind| kind != "queue");
        kind.and_then(|_| Some(format!("[tenant.zones.\"{}\"]\ntimezone = \"{}\"\n", text("id")?, text("timezone")?)))
    };
    scopes.iter().filter_map(zone).collect()
}

/// Writes one file of the demo.
///
/// # Errors
/// A file that cannot be written.
pub(super) fn write(path: &Path, text: &str) -> Outcome<()> {
    disk::write(path, text).map_err(|error| Failure::storage(format!("`{}`: {}", path.display(), plain(&error))))
}

/// The disk, as far as the demo needs it.
mod disk {
    use std::path::Path;
    use std::{fs, io};

    use super::{FILES, OUT};

    pub(super) fn make(folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)
    }

    pub(super) fn is_empty(folder: &Path) -> io::Result<bool> {
        Ok(fs::read_dir(folder)?.next().is_none())
    }

    pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
        fs::write(path, text)
    }

    pub(super) fn read(path: &Path) -> io::Result<String> {
        fs::read_to_string(path)
    }

    /// Removes what a demo wrote.
    pub(super) fn clear(folder: &Path) -> io::Result<()> {
        for name in FILES {
            gone(fs::remove_file(folder.join(name)))?;
        }
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with("scorelake.db.") && name.ends_with(".lock") {
                gone(fs::remove_file(&path))?;
            }
        }
        gone(fs::remove_dir_all(folder.join(OUT)))
    }

    fn gone(removed: io::Result<()>) -> io::Result<()> {
        match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_somebody_else_is_refused_and_untouched() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("scorelake.db"), "mine").unwrap();
        assert!(prepare(folder.path(), Path::new("d")).is_err());
        assert_eq!(std::fs::read_to_string(folder.path().join("scorelake.db")).unwrap(), "mine");
    }

    #[test]
    fn an_earlier_demo_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path(), Path::new("d")).unwrap();
        for name in ["scorelake.db", "scorelake.db.demo-genesys.lock", "notes.txt"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        prepare(folder.path(), Path::new("d")).unwrap();
        let mut names: Vec<String> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, [MARK, "notes.txt"]);
    }
}
