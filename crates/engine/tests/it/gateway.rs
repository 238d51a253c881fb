//! A gateway between the engine and the simulator, for what no fault of the simulator does: it answers a request itself,
//! or changes what comes back.

use std::sync::Arc;

use engine::wire::http::{Answer, BoxFuture, HttpError, HttpService, Outgoing};
use serde_json::{Value, json};

type Answers = dyn Fn(&Outgoing) -> Option<Answer> + Send + Sync;
type Changes = dyn Fn(&Outgoing, &mut Answer) + Send + Sync;

pub struct Gateway {
    behind: Arc<dyn HttpService>,
    answers: Box<Answers>,
    changes: Box<Changes>,
}

impl Gateway {
    /// Answers itself where `answers` gives something, and changes everything else on its way back.
    pub fn new(
        behind: &Arc<dyn HttpService>,
        answers: impl Fn(&Outgoing) -> Option<Answer> + Send + Sync + 'static,
        changes: impl Fn(&Outgoing, &mut Answer) + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { behind: Arc::clone(behind), answers: Box::new(answers), changes: Box::new(changes) })
    }

    /// Answers itself where `answers` gives something.
    pub fn answering(behind: &Arc<dyn HttpService>, answers: impl Fn(&Outgoing) -> Option<Answer> + Send + Sync + 'static) -> Arc<Self> {
        Self::new(behind, answers, |_, _| {})
    }

    /// Lets everything pass and changes it on its way back.
    pub fn changing(behind: &Arc<dyn HttpService>, changes: impl Fn(&Outgoing, &mut Answer) + Send + Sync + 'static) -> Arc<Self> {
        Self::new(behind, |_| None, changes)
    }
}

impl HttpService for Gateway {
    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Answer, HttpError>> {
        Box::pin(async move {
            if let Some(answer) = (self.answers)(&outgoing) {
                return Ok(answer);
            }
            let mut answer = self.behind.send(outgoing.clone()).await?;
            (self.changes)(&outgoing, &mut answer);
            Ok(answer)
        })
    }
}

/// The value of a query parameter.
pub fn param(outgoing: &Outgoing, name: &str) -> Option<String> {
    outgoing.url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// Whether it asks for a page of records of that stream: `assessments` or `feedback`.
pub fn lists(outgoing: &Outgoing, stream: &str) -> bool {
    outgoing.url.path().ends_with(&format!("/{stream}"))
}

/// The id of the CXone feedback entry that it asks for, if it does. Ids of tests hold nothing that must be decoded.
pub fn looked_up(outgoing: &Outgoing) -> Option<&str> {
    outgoing.url.path().split_once("/agent-performance/feedback/").map(|(_, id)| id)
}

/// The refusal of the contract.
pub fn refusal(status: u16, code: &str) -> Answer {
    engine::wire::testing::json_answer(status, &json!({"status": status, "code": code, "message": "the gateway says so"}))
}

/// Changes the entities of a page, if it is one.
pub fn edit_page(answer: &mut Answer, edit: impl FnOnce(&mut Vec<Value>)) {
    let Ok(mut page) = serde_json::from_slice::<Value>(&answer.body) else { return };
    if let Some(entities) = page["entities"].as_array_mut() {
        edit(entities);
        answer.body = page.to_string().into_bytes();
    }
}

/// Takes these ids out of a page.
pub fn hide(answer: &mut Answer, is_hidden: impl Fn(&str) -> bool) {
    edit_page(answer, |entities| entities.retain(|entity| !entity["id"].as_str().is_some_and(&is_hidden)));
}

/// Gives a page another token.
pub fn edit_token(answer: &mut Answer, token: &str) {
    let Ok(mut page) = serde_json::from_slice::<Value>(&answer.body) else { return };
    page["nextPageToken"] = json!(token);
    answer.body = page.to_string().into_bytes();
}
