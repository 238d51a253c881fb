//! The listing of interactions, as the telephony would export it to be joined with: one row for each agent of an interaction.
//! It is as imperfect as such files are, by the rates of the world: rows that are missing, that name somebody else, or that end
//! after the assessment they were assessed in. It follows from the records as they stand, and nothing of it is ever sent by a platform.

use std::collections::HashMap;

use serde_json::Value;

use crate::platform::Platform;
use crate::rng::Rng;
use crate::stamp::{HOUR_MS, MINUTE_MS, stamp};
use crate::world::{Makers, Record, Stream, World};

/// Serials of interactions that nobody assessed.
const UNASSESSED_SERIALS: u32 = 2_000_000_000;

/// One agent's part of an interaction.
struct Row {
    interaction_id: String,
    external_reference_id: String,
    segment_id: String,
    agent: u32,
    media: &'static str,
    started_ms: i64,
    ended_ms: i64,
}

/// All rows of one platform, sorted by their ends.
pub(crate) struct Interactions<'a> {
    makers: Makers<'a>,
    rows: Vec<Row>,
}

impl<'a> Interactions<'a> {
    pub(crate) fn of(world: &'a World, platform: Platform) -> Self {
        let makers = world.makers(platform);
        let tenant = world.tenant(platform);
        let mut rows = Vec::new();
        for record in tenant.assessments.iter() {
            let form = tenant.forms.versions.get(record.making.form_version).map_or(0, |version| version.form);
            add_rows(&mut rows, &makers, record, form);
        }
        rows.sort_by(|one, other| (one.ended_ms, &one.segment_id).cmp(&(other.ended_ms, &other.segment_id)));
        Self { makers, rows }
    }

    /// The file: `interaction_id,external_reference_id,segment_id,agent_id,media,started_at,ended_at`.
    pub(crate) fn csv(&self) -> String {
        let mut out = String::with_capacity(200 * self.rows.len() + 100);
        out.push_str("interaction_id,external_reference_id,segment_id,agent_id,media,started_at,ended_at\n");
        for row in &self.rows {
            let (started, ended) = (stamp(row.started_ms), stamp(row.ended_ms));
            let cells = [&row.interaction_id, &row.external_reference_id, &row.segment_id, self.agent_id(row), row.media, &started, &ended];
            out.push_str(&csv_line(&cells));
        }
        out
    }

    fn agent_id(&self, row: &Row) -> &str {
        self.makers.people.agents.get(row.agent as usize).map_or("", |agent| &agent.id)
    }

    /// The rows by the ids that records name.
    pub(crate) fn by_key(&self) -> Joiner<'_> {
        let mut joiner = Joiner { interactions: self, by_interaction: HashMap::new(), by_reference: HashMap::new() };
        for row in &self.rows {
            joiner.by_interaction.entry(row.interaction_id.as_str()).or_default().push(row);
            joiner.by_reference.entry(row.external_reference_id.as_str()).or_default().push(row);
        }
        joiner
    }
}

fn add_rows(rows: &mut Vec<Row>, makers: &Makers<'_>, record: &Record, form: usize) {
    let making = &record.making;
    let rates = makers.rates;
    let mut rng = makers.rng(Stream::Assessments, making.serial, 14);
    let colleagues = makers.people.agents_of_scope.get(usize::from(making.scope)).map_or(&[][..], Vec::as_slice);
    let colleagues: Vec<u32> = colleagues.iter().copied().filter(|agent| *agent != record.agent).collect();
    let is_missing = rng.chance(rates.interactions_missing);
    let is_of_another = rng.chance(rates.interactions_of_others);
    let is_late = rng.chance(rates.interactions_late);
    let is_transferred = rng.chance(rates.interactions_transferred);
    let has_unassessed = rng.chance(rates.interactions_unassessed);
    let other = rng.pick(&colleagues).copied().unwrap_or(record.agent);
    let late_ms = making.time_ms + rng.between(5 * MINUTE_MS, 90 * MINUTE_MS);
    let ended_ms = if is_late { late_ms } else { makers.interaction_end_ms(making.serial, making.born_ms) };

    let assessed = row(makers, &mut rng, making.serial, form, if is_of_another { other } else { record.agent }, ended_ms);
    let unassessed_serial = UNASSESSED_SERIALS.wrapping_add(making.serial);
    let before_ms = ended_ms.min(making.born_ms) - rng.between(0, 6 * HOUR_MS);
    let unassessed = row(makers, &mut rng, unassessed_serial, form, other, before_ms);
    if !is_missing {
        if is_transferred {
            let first = row(makers, &mut rng, making.serial, form, other, assessed.started_ms);
            rows.push(Row { segment_id: format!("{}-0", assessed.segment_id), media: assessed.media, ..first });
        }
        rows.push(assessed);
    }
    if has_unassessed {
        rows.push(unassessed);
    }
}

fn row(makers: &Makers<'_>, rng: &mut Rng, serial: u32, form: usize, agent: u32, ended_ms: i64) -> Row {
    // The second form is the one for chats and e-mails.
    let media = match (form, rng.below(3)) {
        (1, 0) => "email",
        (1, _) => "chat",
        _ => "call",
    };
    Row {
        interaction_id: makers.interaction_id(serial),
        external_reference_id: makers.external_reference_id(serial),
        segment_id: format!("seg-{serial}"),
        agent,
        media,
        started_ms: ended_ms - rng.between(3 * MINUTE_MS, 25 * MINUTE_MS),
        ended_ms,
    }
}

/// What a join with the listing must come to.
pub(crate) struct Joiner<'a> {
    interactions: &'a Interactions<'a>,
    by_interaction: HashMap<&'a str, Vec<&'a Row>>,
    by_reference: HashMap<&'a str, Vec<&'a Row>>,
}

impl Joiner<'_> {
    /// The status of a record that was submitted or created at this moment: by `interactionId`, else by
    /// `externalReferenceId`, and by the agent.
    pub(crate) fn status(&self, record: &Value, time_ms: i64) -> &'static str {
        let text = |name: &str| record.get(name).and_then(Value::as_str);
        let by_interaction = text("interactionId").and_then(|id| self.by_interaction.get(id));
        let rows = by_interaction.or_else(|| text("externalReferenceId").and_then(|id| self.by_reference.get(id)));
        let Some(rows) = rows else { return "no_interaction" };
        let mut own = rows.iter().filter(|row| text("agentId") == Some(self.interactions.agent_id(row))).peekable();
        if own.peek().is_none() {
            return "agent_not_on_interaction";
        }
        if own.any(|row| row.ended_ms <= time_ms) { "matched" } else { "time_mismatch" }
    }
}

/// One line of a CSV file.
pub(crate) fn csv_line(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
    cells.join(",") + "\n"
}

/// A cell, in quotes where it must be.
pub(crate) fn csv_cell(text: &str) -> String {
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::options::{Rates, WorldOptions};
    use crate::stamp::read_stamp;

    const PERFECT: fn() -> Rates = || Rates {
        interactions_missing: 0.0,
        interactions_of_others: 0.0,
        interactions_late: 0.0,
        interactions_transferred: 0.3,
        ..Rates::default()
    };

    /// How often each status comes of records that name an interaction, of both streams of Genesys.
    fn statuses(rates: Rates) -> BTreeMap<&'static str, u32> {
        let world = World::new(WorldOptions { seed: 5, n_assessments: 300, n_feedback: 200, rates, ..WorldOptions::default() });
        let interactions = Interactions::of(&world, Platform::Genesys);
        let joiner = interactions.by_key();
        let mut counts = BTreeMap::new();
        for stream in Stream::ALL {
            for record in world.tenant(Platform::Genesys).shelf(stream).iter() {
                let body: Value = serde_json::from_str(&record.body).unwrap();
                if body["interactionId"].is_string() || body["externalReferenceId"].is_string() {
                    *counts.entry(joiner.status(&body, record.making.time_ms)).or_default() += 1;
                }
            }
        }
        counts
    }

    #[test]
    fn every_record_that_names_an_interaction_finds_it_in_a_perfect_listing() {
        assert_eq!(statuses(PERFECT()).into_keys().collect::<Vec<_>>(), ["matched"]);
    }

    #[test]
    fn each_imperfection_has_its_status() {
        assert_eq!(statuses(Rates { interactions_missing: 1.0, ..PERFECT() }).into_keys().collect::<Vec<_>>(), ["no_interaction"]);
        let others = statuses(Rates { interactions_of_others: 1.0, ..PERFECT() });
        assert_eq!(others.into_keys().collect::<Vec<_>>(), ["agent_not_on_interaction"]);
        // Feedback may be younger than an end that is late for the assessment.
        let late = statuses(Rates { interactions_late: 1.0, ..PERFECT() });
        assert!(late["time_mismatch"] >= 290 && late.len() <= 2, "{late:?}");
    }

    #[test]
    fn listing_is_sorted_and_holds_more_than_what_was_assessed() {
        let world = World::new(WorldOptions::scaled(6, 0.2));
        for platform in Platform::ALL {
            let csv = Interactions::of(&world, platform).csv();
            let rows: Vec<&str> = csv.lines().skip(1).collect();
            assert!(rows.len() > 600 * 3 / 2, "{}", rows.len());
            let ends: Vec<i64> = rows.iter().map(|row| read_stamp(row.rsplit(',').next().unwrap()).unwrap()).collect();
            assert!(ends.is_sorted());
            let starts = rows.iter().map(|row| read_stamp(row.rsplit(',').nth(1).unwrap()).unwrap());
            assert!(starts.zip(&ends).all(|(started_ms, ended_ms)| started_ms < *ended_ms));
            for media in [",call,", ",chat,", ",email,"] {
                assert!(csv.contains(media), "{platform:?} has no {media}");
            }
        }
    }

    #[test]
    fn same_world_gives_the_same_listing() {
        let csv = || Interactions::of(&World::new(WorldOptions::scaled(7, 0.1)), Platform::Cxone).csv();
        assert_eq!(csv(), csv());
    }
}
