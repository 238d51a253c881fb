//! Genesys external metrics: items as the bodies of `POST /api/v2/employeeperformance/externalmetrics/data`.
//! A body replaces the day of each user and metric in it, so no two items may speak of the same one.

use std::collections::{BTreeMap, BTreeSet};

use model::record::Platform;

use super::measure::Item;

/// Items of one request.
const ITEMS_MAX: usize = 100;

/// How a user is named; one or the other, never both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum User {
    /// `userId`: the platform's own id, which an agent of Genesys has already.
    Id(String),
    /// `userEmail`: the address in the roster.
    Email(String),
}

/// An item and the user it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What is told.
    pub item: Item,
    /// Of whom.
    pub user: User,
}

/// Items with their users, and those that have none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addressed {
    /// What can be sent.
    pub entries: Vec<Entry>,
    /// Agents whom the receiver cannot know: tenant and agent id, each once.
    pub without_person: Vec<(String, String)>,
    /// Numbers of several agents for one user, day and metric, a line each. None of them is sent.
    pub clashes: Vec<String>,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<'a> {
    /// What it tells, in the order of the body.
    pub entries: Vec<&'a Entry>,
    /// The body.
    pub body: String,
}

/// Finds the user of each item. Bring all items and choose afterwards which are due: whether two agents are one user shows
/// in the whole only. Where of several agents with one user only one has a number, that is the day's number.
pub fn address(items: Vec<Item>) -> Addressed {
    let mut addressed = Addressed::default();
    let mut without_person = BTreeSet::new();
    let mut places: BTreeMap<(String, String, String), Vec<Entry>> = BTreeMap::new();
    for item in items {
        match user(&item) {
            None => {
                without_person.insert((item.tenant, item.agent_id));
            }
            Some(user) => {
                let place = (folded(&user), item.business_date.clone(), item.metric_id.clone());
                places.entry(place).or_default().push(Entry { item, user });
            }
        }
    }
    for ((user, day, metric), mut entries) in places {
        let n_numbers = entries.iter().filter(|entry| entry.item.value.is_some()).count();
        if 1 < n_numbers {
            let agents: Vec<String> = entries.iter().map(|entry| format!("`{}` of `{}`", entry.item.agent_id, entry.item.tenant)).collect();
            addressed.clashes.push(format!("metric `{metric}` on {day}: agents {} are one user `{user}`", agents.join(" and ")));
            continue;
        }
        entries.sort_by_key(|entry| entry.item.value.is_none());
        addressed.entries.extend(entries.into_iter().next());
    }
    addressed.without_person = without_person.into_iter().collect();
    addressed.entries.sort_by_cached_key(|entry| entry.item.key());
    addressed
}

fn user(item: &Item) -> Option<User> {
    if item.platform == Platform::Genesys.word() {
        return Some(User::Id(item.agent_id.clone()));
    }
    let email = item.person.as_ref().and_then(|person| person.user_email.clone());
    email.map(User::Email)
}

/// Addresses are the same in capitals and small letters; ids are not.
fn folded(user: &User) -> String {
    match user {
        User::Id(id) => id.clone(),
        User::Email(email) => email.to_lowercase(),
    }
}

/// The requests that tell these entries, of at most 100 items each, in their order.
pub fn external_metrics<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<Batch<'a>> {
    let entries: Vec<&Entry> = entries.into_iter().collect();
    entries.chunks(ITEMS_MAX).map(|chunk| Batch { entries: chunk.to_vec(), body: body(chunk) }).collect()
}

fn body(entries: &[&Entry]) -> String {
    let items: Vec<String> = entries.iter().map(|entry| object(entry)).collect();
    format!("{{\"items\":[{}]}}", items.join(","))
}

fn object(entry: &Entry) -> String {
    let (name, user) = match &entry.user {
        User::Id(id) => ("userId", id),
        User::Email(email) => ("userEmail", email),
    };
    let quoted = |words: &str| serde_json::Value::from(words).to_string();
    format!(
        "{{\"{name}\":{},\"metricId\":{},\"dateOccurred\":{},\"value\":{},\"count\":1,\"type\":\"Total\"}}",
        quoted(user),
        quoted(&entry.item.metric_id),
        quoted(&entry.item.business_date),
        entry.item.value.as_deref().unwrap_or("null")
    )
}

#[cfg(test)]
mod tests;
