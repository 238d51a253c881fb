//! Done: what became of measures, feed and publications, for people, for summaries, and for the exit code.

use engine::measure::{FeedReport, MeasureReport};
use engine::publish::PublicationReport;
use engine::report::Trouble;
use engine::store::LateChange;
use serde_json::{Value, json};

use crate::command::{Context, told};
use crate::words::named;

/// What became of measures, feed and publications.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// The feed.
    pub(crate) restated: Restated,
    /// The publications.
    pub(crate) published: Vec<PublicationReport>,
}

impl Done {
    /// Everything that went wrong.
    pub(crate) fn troubles(&self) -> impl Iterator<Item = &Trouble> {
        self.restated.trouble().into_iter().chain(self.published.iter().filter_map(|report| report.outcome.as_ref().err()))
    }
}

/// What became of the feed of agent-days; nothing when the run did not come so far.
#[derive(Debug, Default)]
pub(crate) struct Restated(Option<Result<(MeasureReport, FeedReport), Trouble>>);

impl Restated {
    /// What the engine made of it.
    pub(crate) fn of(outcome: Result<(MeasureReport, FeedReport), Trouble>) -> Self {
        Self(Some(outcome))
    }

    /// Why the feed is not as it should be.
    pub(crate) fn trouble(&self) -> Option<&Trouble> {
        self.0.as_ref().and_then(|outcome| outcome.as_ref().err())
    }

    /// How many events it got.
    pub(crate) fn n_events(&self) -> u64 {
        self.feed().map_or(0, |feed| feed.inserted + feed.updated + feed.retracted)
    }

    fn feed(&self) -> Option<&FeedReport> {
        self.0.as_ref()?.as_ref().ok().map(|(_, feed)| feed)
    }

    /// The counters; null when the run did not come so far.
    pub(crate) fn to_json(&self) -> Value {
        match &self.0 {
            None => Value::Null,
            Some(Err(trouble)) => json!({ "trouble": told::trouble(trouble) }),
            Some(Ok((measured, feed))) => json!({
                "measured": measured.n_measured,
                "inserted": feed.inserted,
                "updated": feed.updated,
                "retracted": feed.retracted,
                "late": feed.late.len(),
                "warnings": self.warnings(),
            }),
        }
    }

    /// Says what went as it should.
    pub(crate) fn tell_words(&self, context: &Context) {
        if let Some(feed) = self.feed().filter(|_| self.n_events() > 0) {
            let words = format!("{} inserted, {} updated, {} retracted", feed.inserted, feed.updated, feed.retracted);
            context.screen.fact("agent-days", &words);
        }
    }

    /// Says every warning.
    pub(crate) fn tell_warnings(&self, context: &Context) {
        for warning in self.warnings() {
            context.screen.say("warning", &warning);
        }
    }

    fn warnings(&self) -> Vec<String> {
        let Some(feed) = self.feed() else { return Vec::new() };
        if feed.late.is_empty() {
            return Vec::new();
        }
        vec![format!("{} changes of closed days: {}", feed.late.len(), named(feed.late.iter().map(late)))]
    }
}

fn late(change: &LateChange) -> String {
    let key = &change.key;
    format!("agent `{}` of `{}` on {} ({}, revision {})", key.agent_id, key.tenant, key.business_date, change.op.word(), change.revision)
}
