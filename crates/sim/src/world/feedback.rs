//! Feedback entries: how one is made up from its serial number and written out.
//! The same making always gives the same text.

use std::sync::Arc;

use crate::platform::Platform;
use crate::rng::Rng;
use crate::stamp::stamp;
use crate::world::assessment::{Makers, optional};
use crate::world::json::ObjectWriter;
use crate::world::shelf::{Making, Record};
use crate::world::text;
use crate::world::words::{Status, Stream, words};

/// Makes the record.
pub(crate) fn make(makers: &Makers<'_>, making: Making) -> Record {
    let serial = making.serial;
    let id: Arc<str> = text::opaque_id(makers.seed, &format!("{}-f", makers.platform.name()), serial).into();
    let agent = makers.agent(Stream::Feedback, &making);
    let scopes = makers.scopes(Stream::Feedback, &making);
    let words = words(makers.platform);
    let mut rng = makers.rng(Stream::Feedback, serial, 5);
    let mut object = ObjectWriter::new(700);
    object.text("id", &id);
    object.text(words.created, &stamp(making.time_ms));
    let bare = rng.chance(0.005);
    match making.modified_ms {
        Some(modified_ms) => object.text(words.modified, &stamp(modified_ms)),
        None if bare => object.null(words.modified),
        None => object.text(words.modified, &stamp(making.time_ms)),
    }
    object.text("agentId", makers.people.agents.get(agent as usize).map_or("", |agent| &agent.id));
    object.text("authorId", makers.evaluator(Stream::Feedback, &making).map_or("", |author| &author.id));
    makers.write_scopes(&mut object, scopes);
    let mut words_rng = makers.rng(Stream::Feedback, serial, 1000 + u64::from(making.n_edits));
    object.text(words.content, &content(&mut words_rng, making.n_edits));
    match makers.platform {
        Platform::Genesys => {
            if let Some(about) = making.about {
                optional(&mut object, &mut rng, "interactionId", &makers.interaction_id(about.serial));
            }
            object.raw("tags", &tags(&mut words_rng));
            object.text("status", making.status.name());
        }
        Platform::Cxone => object.text("category", words_rng.pick(&text::CATEGORIES).copied().unwrap_or("other")),
    }
    if rng.chance(makers.rates.odd_fields) {
        object.raw("sentiment", "{\"label\":\"neutral\",\"score\":0.10,\"straße\":null}");
    }
    Record { id, body: object.end().into(), previous: None, scopes, agent, making, status_before: None }
}

fn content(rng: &mut Rng, n_edits: u32) -> String {
    let words = text::comment(rng);
    match n_edits {
        0 => words,
        _ => format!("{words} [edit {n_edits}]"),
    }
}

fn tags(rng: &mut Rng) -> String {
    let n_tags = rng.below(4);
    let tags: Vec<&str> = (0..n_tags).filter_map(|_| rng.pick(&text::TAGS).copied()).collect();
    serde_json::Value::from(tags).to_string()
}

/// Drafts exist on Genesys only, where they are published later.
pub(crate) fn first_status(makers: &Makers<'_>, serial: u32) -> Status {
    let is_draft = makers.platform == Platform::Genesys && makers.rng(Stream::Feedback, serial, 10).chance(0.05);
    if is_draft { Status::Draft } else { Status::Published }
}
