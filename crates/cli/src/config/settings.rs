//! From the file's words to the engine's settings: the one place that gives keys their meaning.
//! Every problem is noted and reading goes on, so that all are told at once.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use croner::Cron;
use engine::model::id::TenantName;
use engine::model::privacy::Privacy;
use engine::model::record::{Platform, Stream};
use engine::model::window::WindowLength;
use engine::settings::{Limits, ReconcileSettings, Retry, ScopeChoice, SweepSettings, Tenant, Timeouts, Workspace};
use engine::store::DeletedPolicy;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use url::Url;

use crate::config::analytics::{self, zone};
use crate::config::file::{File, PrivacyFile, PublicationFile, TenantFile, WordOrList, beside};
use crate::config::problem::{Place, nearest, quoted};
use crate::config::reader::{Reader, entry_place, fetch, name, required, text_or_secret};
use crate::config::{Config, Secrets, publication};
use crate::words::duration;

/// Statuses of Genesys assessments in the guide dialect.
const GENESYS_STATUSES: [&str; 6] = ["pending", "inProgress", "submitted", "released", "disputed", "deleted"];
/// What CXone is asked for when no scopes are configured.
const CXONE_SCOPE: &str = "quality:read";

/// The whole configuration; what could not be read is left out and noted.
pub(crate) fn config(file: &File, reader: &mut Reader<'_>) -> Config {
    let root = Place::default();
    let store = store(&file.store, reader);
    let privacy = privacy(&file.privacy, reader);
    let mut names = BTreeSet::new();
    let mut tenants = Vec::new();
    let (mut schedules, mut days) = (BTreeMap::new(), BTreeMap::new());
    for (index, tenant) in file.tenant.iter().enumerate() {
        let place = entry_place(&root, "tenant", tenant.name.as_deref(), index);
        let name = name(tenant.name.as_deref(), &place, &mut names, reader);
        let read = with_credentials(tenant, &file.publication, reader, |reader| self::tenant(tenant, &place, reader));
        let schedule = schedule(tenant, &place, reader);
        let of_days = analytics::days(tenant, read.as_ref().map_or(&TimeZone::UTC, |read| &read.timezone), &place, reader);
        if let (Some(name), Some(mut read)) = (name, read) {
            read.name = TenantName::new(name);
            if let Some(schedule) = schedule {
                schedules.insert(read.name.clone(), schedule);
            }
            days.insert(read.name.clone(), of_days);
            tenants.push(Arc::new(read));
        }
    }
    if file.tenant.is_empty() {
        reader.problems.note(&root, Some("tenant"), "no tenant: at least one `[[tenant]]` is needed");
    }
    let numbers = analytics::numbers(&file.analytics, reader);
    let publications = publication::publications(&file.publication, &file.tenant, reader);
    let limits = Limits { quarantine_percent: file.limits.quarantine_percent, delete_percent: file.limits.delete_percent };
    Config { workspace: Workspace { store, privacy: privacy.into(), limits }, tenants, schedules, days, numbers, publications }
}

/// Reads a tenant; its credentials are fetched with those of publications when one of them delivers with them.
fn with_credentials<T>(
    tenant: &TenantFile,
    publications: &[PublicationFile],
    reader: &mut Reader<'_>,
    read: impl FnOnce(&mut Reader<'_>) -> T,
) -> T {
    let delivers = |publication: &&PublicationFile| {
        publication.kind.as_deref() == Some("genesys-external-metrics") && publication.path.is_none() && publication.tenant == tenant.name
    };
    let secrets = reader.secrets;
    if secrets == Secrets::Publications && publications.iter().any(|publication| delivers(&publication)) {
        reader.secrets = Secrets::All;
    }
    let read = read(reader);
    reader.secrets = secrets;
    read
}

fn store(words: &str, reader: &mut Reader<'_>) -> std::path::PathBuf {
    let root = Place::default();
    let mut refuse = |reason: String| reader.problems.note_key(&root, "store", reason);
    if words.starts_with("postgres:") || words.starts_with("postgresql:") {
        refuse("PostgreSQL as the store is not available in this version; available: `sqlite:PATH`".to_owned());
    }
    match words.strip_prefix("sqlite:") {
        Some(path) => {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(':') {
                refuse(format!("{} names no file; `sqlite:PATH` is asked for", quoted(words)));
            }
            beside(reader.folder, path)
        }
        None => {
            refuse(format!("`sqlite:PATH` is asked for, not {}", quoted(words)));
            reader.folder.to_owned()
        }
    }
}

fn privacy(file: &PrivacyFile, reader: &mut Reader<'_>) -> Privacy {
    let place = Place::default().below("`privacy`");
    // Without secrets nothing is landed, so nothing is cleaned either.
    if !matches!(reader.secrets, Secrets::All | Secrets::Privacy) && !file.pseudonymise.is_empty() {
        return Privacy::none();
    }
    let key = file.key.as_ref().and_then(|source| fetch(source, "key", &place, reader));
    if key.is_none() && file.key.is_some() {
        return Privacy::none();
    }
    match Privacy::new(&file.redact, &file.pseudonymise, key.as_ref().map(|key| key.expose().as_bytes())) {
        Ok(privacy) => privacy,
        Err(reason) => {
            reader.problems.note(&place, None, reason);
            Privacy::none()
        }
    }
}

/// Everything of a tenant but its name.
fn tenant(file: &TenantFile, place: &Place, reader: &mut Reader<'_>) -> Option<Tenant> {
    let platform = required(file.platform.as_deref(), "platform", place, reader).and_then(Platform::from_word);
    let base_url = required(file.base_url.as_deref(), "base_url", place, reader).and_then(|words| base_url(words, place, reader));
    let client_id =
        required(file.client_id.as_ref(), "client_id", place, reader).and_then(|id| text_or_secret(id, "client_id", place, reader));
    let client_secret = required(file.client_secret.as_ref(), "client_secret", place, reader)
        .and_then(|source| fetch(source, "client_secret", place, reader));
    let start = required(file.start.as_deref(), "start", place, reader).and_then(|words| day(words, "start", place, reader));
    let timezone = zone(file.timezone.as_deref().unwrap_or("UTC"), place, reader);
    let window = WindowLength::read(&file.window).map_err(|reason| reader.problems.note_key(place, "window", reason)).ok();
    let [divisions, sites, queues] = [("divisions", &file.divisions), ("sites", &file.sites), ("queues", &file.queues)]
        .map(|(key, choice)| scope_choice(choice, key, place, reader));
    let streams = streams(file, place, reader);
    let (sweep, retry, timeouts) = (sweep(file, place, reader), retry(file, place, reader), timeouts(file, place, reader));
    let lookback = length(&file.lookback, "lookback", place, reader);
    let modified_fallback = length(&file.modified_fallback, "modified_fallback", place, reader);
    let token_margin = length(&file.token_margin, "token_margin", place, reader);
    let platform = platform?;
    Some(Tenant {
        name: TenantName::new(""),
        platform,
        dialect: file.dialect.clone(),
        base_url: base_url?,
        client_id: client_id?,
        client_secret: client_secret?,
        oauth_scope: oauth_scope(file, platform),
        ca_file: file.ca_file.as_ref().map(|path| beside(reader.folder, path)),
        timezone: timezone?,
        streams,
        divisions,
        sites,
        queues,
        statuses: statuses(file, platform, place, reader),
        start: start?,
        window: window?,
        lookback,
        sweep,
        modified_fallback,
        deleted: if file.deleted == "exclude" { DeletedPolicy::Exclude } else { DeletedPolicy::Archive },
        page_size: file.page_size,
        requests_per_minute: file.requests_per_minute,
        concurrency: usize::try_from(file.concurrency).unwrap_or(1),
        token_margin,
        retry,
        timeouts,
        reconcile: ReconcileSettings {
            totals: file.reconcile.totals.as_ref().map(|path| beside(reader.folder, path)),
            alert_below_percent: u64::from(file.reconcile.alert_below_percent),
        },
    })
}

fn base_url(words: &str, place: &Place, reader: &mut Reader<'_>) -> Option<Url> {
    let url = match Url::parse(words) {
        Ok(url) => url,
        Err(error) => {
            reader.problems.note_key(place, "base_url", format!("{} is no URL: {error}", quoted(words)));
            return None;
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        reader.problems.note_key(place, "base_url", "a user or password in the URL is refused; use `client_id` and `client_secret`");
        return None;
    }
    if url.query().is_some() || url.fragment().is_some() {
        reader.problems.note_key(place, "base_url", "a URL without `?` and `#` is asked for");
        return None;
    }
    match engine::wire::live::check_base_url(&url) {
        Ok(()) => Some(url),
        Err(reason) => {
            reader.problems.note_key(place, "base_url", reason);
            None
        }
    }
}

fn oauth_scope(file: &TenantFile, platform: Platform) -> Option<String> {
    match (&file.scopes, platform) {
        (Some(scopes), _) => Some(scopes.join(" ")).filter(|scopes| !scopes.is_empty()),
        (None, Platform::Cxone) => Some(CXONE_SCOPE.to_owned()),
        (None, Platform::Genesys) => None,
    }
}

fn day(words: &str, key: &str, place: &Place, reader: &mut Reader<'_>) -> Option<Date> {
    let day = Some(words).filter(|words| words.len() == 10).and_then(|words| words.parse::<Date>().ok());
    if day.is_none() {
        reader.problems.note_key(place, key, format!("{} is no date such as `2024-01-31`", quoted(words)));
    }
    day
}

/// A duration; one that cannot be read is noted and stands for nothing.
fn length(words: &str, key: &str, place: &Place, reader: &mut Reader<'_>) -> Duration {
    duration(words).unwrap_or_else(|reason| {
        reader.problems.note_key(place, key, reason);
        Duration::ZERO
    })
}

/// A duration that may not be nothing.
fn positive(words: &str, key: &str, place: &Place, reader: &mut Reader<'_>) -> Duration {
    let read = length(words, key, place, reader);
    if read.is_zero() {
        reader.problems.note_key(place, key, "more than nothing is asked for");
    }
    read
}

fn streams(file: &TenantFile, place: &Place, reader: &mut Reader<'_>) -> BTreeSet<Stream> {
    if file.streams.is_empty() {
        reader.problems.note_key(place, "streams", "at least one stream is asked for");
    }
    file.streams.iter().filter_map(|word| Stream::from_word(word)).collect()
}

fn scope_choice(choice: &WordOrList, key: &str, place: &Place, reader: &mut Reader<'_>) -> ScopeChoice {
    match choice {
        WordOrList::Word(word) if word == "all" => ScopeChoice::All,
        WordOrList::Word(word) if word == "none" => ScopeChoice::None,
        WordOrList::Word(word) => {
            reader.problems.note_key(place, key, format!("`\"all\"`, `\"none\"` or a list of ids is asked for, not {}", quoted(word)));
            ScopeChoice::All
        }
        WordOrList::List(ids) => {
            if ids.is_empty() || ids.iter().any(String::is_empty) {
                reader.problems.note_key(place, key, "an empty list or id is refused; `\"none\"` asks for none");
            }
            ScopeChoice::Only(ids.iter().cloned().collect())
        }
    }
}

fn statuses(file: &TenantFile, platform: Platform, place: &Place, reader: &mut Reader<'_>) -> BTreeSet<String> {
    for status in &file.statuses {
        if platform == Platform::Genesys && !GENESYS_STATUSES.contains(&status.as_str()) {
            reader.problems.note_key(place, "statuses", format!("unknown status {}{}", quoted(status), nearest(status, GENESYS_STATUSES)));
        } else if status.is_empty() {
            reader.problems.note_key(place, "statuses", "a status is empty");
        }
    }
    file.statuses.iter().cloned().collect()
}

fn sweep(file: &TenantFile, place: &Place, reader: &mut Reader<'_>) -> SweepSettings {
    let place = place.below("`sweep`");
    let every = length(&file.sweep.every, "every", &place, reader);
    if every < Duration::from_secs(1) {
        reader.problems.note_key(&place, "every", format!("{} is shorter than `1s`", quoted(&file.sweep.every)));
    }
    SweepSettings { every, span: positive(&file.sweep.span, "span", &place, reader) }
}

fn retry(file: &TenantFile, place: &Place, reader: &mut Reader<'_>) -> Retry {
    let place = place.below("`retry`");
    Retry {
        attempts: file.retry.attempts,
        base: length(&file.retry.base, "base", &place, reader),
        cap: length(&file.retry.cap, "cap", &place, reader),
        budget: length(&file.retry.budget, "budget", &place, reader),
    }
}

fn timeouts(file: &TenantFile, place: &Place, reader: &mut Reader<'_>) -> Timeouts {
    let place = place.below("`timeouts`");
    Timeouts {
        connect: positive(&file.timeouts.connect, "connect", &place, reader),
        first_byte: positive(&file.timeouts.first_byte, "first_byte", &place, reader),
        body: positive(&file.timeouts.body, "body", &place, reader),
    }
}

fn schedule(file: &TenantFile, place: &Place, reader: &mut Reader<'_>) -> Option<Cron> {
    let words = file.schedule.as_deref()?;
    match Cron::from_str(words) {
        Ok(cron) => Some(cron),
        Err(error) => {
            let reason = error.to_string();
            let reason = reason.trim_end_matches('.');
            reader.problems.note_key(place, "schedule", format!("{} is no cron expression: {}", quoted(words), reason.to_lowercase()));
            None
        }
    }
}
