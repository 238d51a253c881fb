//! The interactions that some record names, found by any of their ids.
//! Of the others only fingerprints pass through here, to be counted.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash as _, Hasher as _};

use jiff::Timestamp;
use model::interaction::{Interaction, JoinKey};
use model::privacy::Privacy;
use serde_json::{Value, json};

use super::asked::Asked;

/// Stands for an id: two different ids have two different ones, as surely as numbers of 128 bits can tell.
pub(super) type Fingerprint = u128;

fn fingerprint(key: JoinKey, id: &str) -> Fingerprint {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, key, id).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

/// What an interaction is counted by: its first id. All agents' parts of it have the same.
pub(super) fn identity(interaction: &Interaction) -> Fingerprint {
    let first = JoinKey::ALL.into_iter().find_map(|key| key.of(interaction).map(|id| fingerprint(key, id)));
    first.unwrap_or_default()
}

/// The ids that records ask for.
#[derive(Debug, Default)]
pub(super) struct Wanted(HashSet<Fingerprint>);

impl Wanted {
    pub(super) fn add(&mut self, asked: &Asked) {
        self.0.extend(asked.ids.iter().map(|(key, id)| fingerprint(*key, id)));
    }

    /// Whether some record names the interaction.
    pub(super) fn has(&self, interaction: &Interaction) -> bool {
        JoinKey::ALL.into_iter().any(|key| key.of(interaction).is_some_and(|id| self.0.contains(&fingerprint(key, id))))
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Book {
    parts: Vec<Part>,
    places: BTreeMap<JoinKey, HashMap<String, Vec<usize>>>,
}

/// An agent's part of an interaction.
#[derive(Debug)]
struct Part {
    interaction: Interaction,
    /// What privacy calls the agent, if it calls them otherwise.
    pseudonym: Option<String>,
}

/// What stands under an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// The agent's own part.
    Agent(&'a Interaction),
    /// Parts of others only; this is one of them.
    Others(&'a Interaction),
    /// Nothing.
    Nothing,
}

impl Book {
    /// Takes the rows in any order; what is there twice counts once.
    pub(super) fn new(mut interactions: Vec<Interaction>, privacy: &Privacy) -> Self {
        interactions.sort_unstable();
        interactions.dedup();
        let mut book = Self::default();
        for (place, interaction) in interactions.into_iter().enumerate() {
            for key in JoinKey::ALL {
                if let Some(id) = key.of(&interaction) {
                    book.places.entry(key).or_default().entry(id.to_owned()).or_default().push(place);
                }
            }
            let pseudonym = interaction.agent_id.as_deref().and_then(|agent| pseudonym(agent, privacy));
            book.parts.push(Part { interaction, pseudonym });
        }
        book
    }

    /// What stands under an id. Of several parts of the agent the one that ended last before the moment; if none did, the one
    /// that ended first after it; those without an end come last.
    pub(super) fn find(&self, key: JoinKey, id: &str, agent: Option<&str>, moment: Option<Timestamp>) -> Found<'_> {
        let places = self.places.get(&key).and_then(|places| places.get(id)).into_iter().flatten();
        let parts: Vec<&Part> = places.filter_map(|place| self.parts.get(*place)).collect();
        let own = parts.iter().filter(|part| part.is_of(agent)).map(|part| &part.interaction);
        if let Some(interaction) = own.max_by_key(|interaction| nearness(interaction, moment)) {
            return Found::Agent(interaction);
        }
        let others = parts.iter().map(|part| &part.interaction);
        others.max_by_key(|interaction| nearness(interaction, moment)).map_or(Found::Nothing, Found::Others)
    }
}

impl Part {
    fn is_of(&self, agent: Option<&str>) -> bool {
        agent.is_some() && (self.interaction.agent_id.as_deref() == agent || self.pseudonym.as_deref() == agent)
    }
}

/// The greater, the nearer. The parts stand in order, so equals are told apart the same way every time.
fn nearness(interaction: &Interaction, moment: Option<Timestamp>) -> (u8, i64) {
    let Some(end) = interaction.ended_at else { return (0, 0) };
    if moment.is_none_or(|moment| end <= moment) { (2, end.as_millisecond()) } else { (1, -end.as_millisecond()) }
}

fn pseudonym(agent: &str, privacy: &Privacy) -> Option<String> {
    if privacy.is_none() {
        return None;
    }
    let mut source = json!({ "agentId": agent });
    privacy.apply(&mut source);
    let cleaned = source.get("agentId").and_then(Value::as_str)?;
    (cleaned != agent).then(|| cleaned.to_owned())
}
