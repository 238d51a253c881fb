//! The light copies: files of whole tables. The payload of the guide (`json`), and every table as `ndjson` or `csv`.
//! They cut nothing into partitions: archived rows stand among the others with `is_archived`.
//! What must hold: a file's bytes are a function of the rows and of the file's name.

use std::path::{Path, PathBuf};

use model::table::{ASSESSMENT, FEEDBACK, PUBLISHED, Table};

use crate::contract::{Abilities, Occasion, Published, Rows, Sink, Wanted};
use crate::disk::{Aside, Disk};
use crate::encode::{self, Format, Written};
use crate::error::{SinkError, SinkErrorKind};
use crate::folder::{self, Care, Piece, Plan};
use crate::packing::Packed;

/// The files of the guide's payload.
const PAYLOAD: [(&Table, &str); 2] = [(&ASSESSMENT, "qa_assessments_payload.json"), (&FEEDBACK, "agent_feedback_payload.json")];

/// The tables of the payload.
static PAYLOAD_TABLES: [&Table; 2] = [&ASSESSMENT, &FEEDBACK];

/// A folder with a file a table.
#[derive(Debug)]
pub struct Files {
    disk: Disk,
    root: PathBuf,
    format: Format,
    tables: &'static [&'static Table],
    paths: Vec<String>,
}

/// One table in one file, without a manifest: for `export --table`.
#[derive(Debug)]
pub struct OneFile {
    disk: Disk,
    path: PathBuf,
    format: Format,
    table: &'static Table,
}

impl Files {
    /// `qa_assessments_payload.json` and `agent_feedback_payload.json` in that folder.
    pub fn payload(folder: &str) -> Self {
        let paths = PAYLOAD.iter().map(|(_, name)| (*name).to_owned()).collect();
        Self { disk: Disk::real(), root: PathBuf::from(folder), format: Format::JsonArray, tables: &PAYLOAD_TABLES, paths }
    }

    /// Every published table as `<table>.ndjson` in a folder, or by a pattern such as `out/{table}.ndjson.gz`.
    ///
    /// # Errors
    /// Kind configuration if the path is the name of one file.
    pub fn ndjson(path: &str) -> Result<Self, SinkError> {
        Self::every_table(path, Format::Ndjson, "ndjson")
    }

    /// Every published table as `<table>.csv` in a folder, or by a pattern such as `out/{table}.csv.zst`.
    ///
    /// # Errors
    /// Kind configuration if the path is the name of one file.
    pub fn csv(path: &str) -> Result<Self, SinkError> {
        Self::every_table(path, Format::Csv, "csv")
    }

    /// The same on another disk, for tests.
    #[must_use]
    pub fn on(mut self, disk: Disk) -> Self {
        self.disk = disk;
        self
    }

    fn every_table(path: &str, format: Format, ending: &str) -> Result<Self, SinkError> {
        let (root, pattern) = match path.find("{table}") {
            Some(place) => match path.get(..place).and_then(|before| before.rfind('/')) {
                Some(slash) => (path.get(..=slash).unwrap_or_default(), path.get(slash + 1..).unwrap_or_default().to_owned()),
                None => ("", path.to_owned()),
            },
            None if [".csv", ".ndjson", ".jsonl", ".json", ".gz", ".zst"].iter().any(|end| path.ends_with(end)) => {
                let message = format!("path `{path}`: one file cannot hold all tables");
                let hint = format!("name a folder, or put `{{table}}` into the name: `out/{{table}}.{ending}`");
                return Err(SinkError::new(SinkErrorKind::Configuration, message).with_hint(hint));
            }
            None => (path, format!("{{table}}.{ending}")),
        };
        let paths = PUBLISHED.iter().map(|table| pattern.replace("{table}", table.name)).collect();
        Ok(Self { disk: Disk::real(), root: PathBuf::from(root), format, tables: &PUBLISHED, paths })
    }
}

impl Sink for Files {
    fn kind(&self) -> &'static str {
        kind_of(self.format)
    }

    fn abilities(&self) -> Abilities {
        abilities_of(self.format, self.tables.to_vec())
    }

    fn publish(&mut self, rows: &dyn Rows, bookmark: Option<&str>, occasion: &Occasion) -> Result<Published, SinkError> {
        let named = self.tables.iter().zip(&self.paths);
        let pieces: Result<Vec<Piece>, SinkError> = named.map(|(table, path)| Piece::of_table(rows, table, path.clone())).collect();
        let pieces = pieces?;
        let plan = Plan { disk: &self.disk, root: &self.root, care: Care::Hash, pieces: &pieces, strays: &[] };
        let format = self.format;
        let outcome = folder::publish(&plan, rows, bookmark, occasion, &mut |piece, aside| {
            write_file(rows, piece.table, &piece.wanted, format, aside, &self.root.join(&piece.path))
        })?;
        Ok(Published {
            bookmark: outcome.bookmark,
            rows_written: outcome.rows_written,
            files_written: outcome.files_written,
            changed: 0 < outcome.files_written,
            where_: self.root.display().to_string(),
            warnings: nul_warning(outcome.n_nul).into_iter().collect(),
        })
    }
}

impl OneFile {
    /// One table as NDJSON.
    pub fn ndjson(table: &'static Table, path: &str) -> Self {
        Self { disk: Disk::real(), path: PathBuf::from(path), format: Format::Ndjson, table }
    }

    /// One table as CSV.
    pub fn csv(table: &'static Table, path: &str) -> Self {
        Self { disk: Disk::real(), path: PathBuf::from(path), format: Format::Csv, table }
    }

    /// One table as a JSON array.
    pub fn json(table: &'static Table, path: &str) -> Self {
        Self { disk: Disk::real(), path: PathBuf::from(path), format: Format::JsonArray, table }
    }
}

impl Sink for OneFile {
    fn kind(&self) -> &'static str {
        kind_of(self.format)
    }

    fn abilities(&self) -> Abilities {
        abilities_of(self.format, vec![self.table])
    }

    /// Writes the file aside at every call and leaves it alone if it has these bytes already. The bookmark says nothing.
    fn publish(&mut self, rows: &dyn Rows, _bookmark: Option<&str>, occasion: &Occasion) -> Result<Published, SinkError> {
        let name = self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let folder = self.path.parent().unwrap_or_else(|| Path::new(""));
        self.disk.size(&self.path)?;
        self.disk.make_folder(folder)?;
        self.disk.remove_left_overs(folder, &|target| target == name)?;
        let aside = self.disk.aside(&self.path, &occasion.run_id)?;
        let (aside, written) = write_file(rows, self.table, &Wanted::all(), self.format, aside, &self.path)?;
        let sealed = aside.seal()?;
        let changed = self.disk.bytes(&self.path)?.as_ref() != Some(sealed.bytes());
        if changed {
            sealed.publish()?;
        }
        Ok(Published {
            bookmark: "{}".to_owned(),
            rows_written: if changed { written.n_rows } else { 0 },
            files_written: u64::from(changed),
            changed,
            where_: self.path.display().to_string(),
            warnings: nul_warning(written.n_nul).into_iter().collect(),
        })
    }
}

/// What the operator is told of replaced U+0000.
pub fn nul_warning(n_nul: u64) -> Option<String> {
    (0 < n_nul).then(|| format!("{n_nul} characters U+0000 are shown as `{}`", encode::NUL_SHOWN))
}

fn abilities_of(format: Format, tables: Vec<&'static Table>) -> Abilities {
    Abilities { tables, keeps_nul: format != Format::Csv, row_by_row: false, key_bytes_max: None }
}

const fn kind_of(format: Format) -> &'static str {
    match format {
        Format::JsonArray => "json",
        Format::Ndjson => "ndjson",
        Format::Csv => "csv",
    }
}

fn write_file(
    rows: &dyn Rows,
    table: &'static Table,
    wanted: &Wanted,
    format: Format,
    aside: Aside,
    path: &Path,
) -> Result<(Aside, Written), SinkError> {
    let wrong = |error: std::io::Error| SinkError::of_io(path, &error);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut packed = Packed::start(name, aside).map_err(wrong)?;
    let written = encode::write_table(rows, table, wanted, format, &mut packed, path)?;
    Ok((packed.end().map_err(wrong)?, written))
}

#[cfg(test)]
mod tests;
