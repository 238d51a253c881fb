//! Publications about single agents: the feed of agent-days and what is made of it for workforce management.
//! None of them is written without a purpose, and no two measures of one speak of the same form and scorer.

use std::collections::BTreeMap;
use std::path::PathBuf;

use engine::model::id::TenantName;
use engine::sink::encode::Format;
use engine::sink::feed::{FeedMeasure, MeasureKind, MeasureValue, Separator};

use crate::config::file::{MeasureFile, PublicationFile, TenantFile, beside};
use crate::config::problem::{Place, nearest, quoted};
use crate::config::reader::{Reader, required};

/// Metrics an organisation may have in Genesys.
const METRICS_MAX: usize = 50;
/// Characters of a measure's name in Calabrio.
const NAME_CHARS_MAX: usize = 50;
/// Digits behind the point, where none are asked for.
const PRECISION: u8 = 2;
/// The scorer of assessments whose platform does not tell.
const UNKNOWN: &str = "unknown";

/// What is told about single agents, and where.
#[derive(Debug, Clone)]
pub(crate) enum Feed {
    /// Agent-days as they stand, and every event.
    AgentDay {
        /// The folder.
        folder: PathBuf,
        /// How rows stand in the files.
        format: Format,
    },
    /// A file for Calabrio's gamification.
    Calabrio {
        /// The file.
        path: PathBuf,
        /// What stands between fields.
        separator: Separator,
        /// Only this tenant's agents.
        tenant: Option<TenantName>,
        /// What is handed over.
        measures: Vec<FeedMeasure>,
    },
    /// Metrics of employee performance in Genesys.
    ExternalMetrics {
        /// Whose agents, and whose credentials deliver.
        tenant: TenantName,
        /// What is handed over.
        measures: Vec<FeedMeasure>,
        /// Where batches are written instead of being sent.
        folder: Option<PathBuf>,
    },
}

impl Feed {
    /// The word of its kind.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::AgentDay { .. } => "agent-day",
            Self::Calabrio { .. } => "calabrio",
            Self::ExternalMetrics { .. } => "genesys-external-metrics",
        }
    }

    /// The file or folder that is written.
    pub(crate) fn path(&self) -> Option<&PathBuf> {
        match self {
            Self::AgentDay { folder: path, .. } | Self::Calabrio { path, .. } => Some(path),
            Self::ExternalMetrics { folder, .. } => folder.as_ref(),
        }
    }
}

/// What a publication of one of these kinds writes and where; nothing if it cannot be meant.
pub(super) fn feed(kind: &str, file: &PublicationFile, tenants: &[TenantFile], place: &Place, reader: &mut Reader<'_>) -> Option<Feed> {
    purpose(file, place, reader);
    let path = file.path.as_deref().map(|path| {
        if path.is_empty() {
            reader.problems.note_key(place, "path", "is empty");
        }
        beside(reader.folder, path)
    });
    match kind {
        "agent-day" => {
            required(path.as_ref(), "path", place, reader)?;
            let format = match file.format.as_deref() {
                Some("json") => Format::JsonArray,
                Some("ndjson") => Format::Ndjson,
                _ => Format::Csv,
            };
            Some(Feed::AgentDay { folder: path?, format })
        }
        "calabrio" => {
            let tenant = file.tenant.as_deref().map(|name| tenant(name, tenants, Wanted::Any, place, reader));
            let measures = measures(kind, file, place, reader);
            required(path.as_ref(), "path", place, reader)?;
            let separator = if file.separator.as_deref() == Some("semicolon") { Separator::Semicolon } else { Separator::Comma };
            Some(Feed::Calabrio { path: path?, separator, tenant, measures })
        }
        _ => {
            let measures = measures(kind, file, place, reader);
            let name = required(file.tenant.as_deref(), "tenant", place, reader)?;
            Some(Feed::ExternalMetrics { tenant: tenant(name, tenants, Wanted::Genesys, place, reader), measures, folder: path })
        }
    }
}

/// Agent level is off unless somebody says what it is for.
fn purpose(file: &PublicationFile, place: &Place, reader: &mut Reader<'_>) {
    match file.purpose.as_deref().map(str::trim) {
        None => reader.problems.note(place, Some("purpose"), "`purpose` is missing: agent level is off unless enabled with a purpose"),
        Some("") => reader.problems.note_key(place, "purpose", "is empty: agent level is off unless enabled with a purpose"),
        Some(_) => {}
    }
}

/// Which tenants will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Any,
    Genesys,
}

fn tenant(name: &str, tenants: &[TenantFile], wanted: Wanted, place: &Place, reader: &mut Reader<'_>) -> TenantName {
    let named = |tenant: &&TenantFile| tenant.name.as_deref() == Some(name);
    match tenants.iter().find(named) {
        None => {
            let known = tenants.iter().filter_map(|tenant| tenant.name.as_deref());
            reader.problems.note_key(place, "tenant", format!("no tenant {}{}", quoted(name), nearest(name, known)));
        }
        Some(tenant) if wanted == Wanted::Genesys && tenant.platform.as_deref() != Some("genesys") => {
            reader.problems.note_key(place, "tenant", format!("{} is no tenant of the platform `genesys`", quoted(name)));
        }
        Some(_) => {}
    }
    TenantName::new(name)
}

/// The measures of a publication; what could not be read is left out and noted.
fn measures(kind: &str, file: &PublicationFile, place: &Place, reader: &mut Reader<'_>) -> Vec<FeedMeasure> {
    let written = file.measure.as_deref().unwrap_or_default();
    if written.is_empty() {
        reader.problems.note(place, Some("measure"), "`measure` is missing: at least one `[[publication.measure]]` is needed");
    }
    if kind == "genesys-external-metrics" && METRICS_MAX < written.len() {
        let text = format!("{} metrics, and an organisation may have {METRICS_MAX}", written.len());
        reader.problems.note_key(place, "measure", text);
    }
    let mut measures = Vec::new();
    let (mut subjects, mut ids) = (BTreeMap::new(), BTreeMap::new());
    for (index, one) in written.iter().enumerate() {
        let place = measure_place(place, one, index);
        let Some(measure) = measure(kind, one, &place, reader) else { continue };
        if let Some(first) = subjects.insert((measure.form_id.clone(), measure.scored_by.clone()), index + 1) {
            let text = format!("measure {first} is of the same form, scored by `{}`", measure.scored_by);
            reader.problems.note_key(&place, "form_id", text);
        }
        if let Some(first) = ids.insert(measure.metric_id.clone(), index + 1) {
            let key = if kind == "calabrio" { "id" } else { "metric_id" };
            reader.problems.note_key(&place, key, format!("{} is taken by measure {first}", quoted(&measure.metric_id)));
        }
        measures.push(measure);
    }
    measures
}

/// A measure by its name, or by its number where it has none; the same words as for unknown keys in it.
fn measure_place(place: &Place, file: &MeasureFile, index: usize) -> Place {
    place.below(file.name.as_deref().map_or_else(|| format!("measure {}", index + 1), |name| format!("measure {}", quoted(name))))
}

fn measure(kind: &str, file: &MeasureFile, place: &Place, reader: &mut Reader<'_>) -> Option<FeedMeasure> {
    let of_genesys = kind != "calabrio";
    let given = [
        ("name", file.name.is_some(), false),
        ("id", file.id.is_some(), false),
        ("kind", file.kind.is_some(), false),
        ("metric_id", file.metric_id.is_some(), true),
        ("precision", file.precision.is_some(), true),
    ];
    for (key, given, is_genesys) in given {
        if given && is_genesys != of_genesys {
            reader.problems.note_key(place, key, format!("the kind `{kind}` has no use for it"));
        }
    }
    let form_id = filled(file.form_id.as_deref(), "form_id", place, reader);
    let id = if of_genesys {
        filled(file.metric_id.as_deref(), "metric_id", place, reader)
    } else {
        filled(file.id.as_deref(), "id", place, reader)
    };
    let name = if of_genesys { Some(String::new()) } else { filled(file.name.as_deref(), "name", place, reader) };
    if let Some(name) = name.as_ref().filter(|name| NAME_CHARS_MAX < name.chars().count()) {
        reader.problems.note_key(place, "name", format!("{} characters, and Calabrio takes {NAME_CHARS_MAX}", name.chars().count()));
    }
    Some(FeedMeasure {
        form_id: form_id?,
        scored_by: file.scored_by.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
        value: if file.value.as_deref() == Some("mean_final") { MeasureValue::MeanFinal } else { MeasureValue::MeanNormalized },
        metric_id: id?,
        name: name?,
        kind: if file.kind.as_deref() == Some("Numeric") { MeasureKind::Numeric } else { MeasureKind::Percent },
        precision: file.precision.and_then(|digits| u8::try_from(digits).ok()).unwrap_or(PRECISION),
    })
}

/// A text that must be there and hold something.
fn filled(text: Option<&str>, key: &str, place: &Place, reader: &mut Reader<'_>) -> Option<String> {
    let text = required(text, key, place, reader)?;
    if text.is_empty() {
        reader.problems.note_key(place, key, "is empty");
        return None;
    }
    Some(text.to_owned())
}
