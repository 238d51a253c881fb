//! The form book: the form versions and rubrics of one tenant, each fetched once and kept for ever in the store.
//! One that the platform does not know (404), or that gives no answer, is remembered for the run only, and asked for
//! again by the next.

use std::collections::HashMap;
use std::sync::Arc;

use model::form::FormVersion;
use model::id::{FormVersionId, TenantName};
use model::record::Platform;
use platform::dialect::Found;
use tokio::sync::Mutex;
use wire::error::WireError;

use crate::ledger::Ledger;
use crate::source::{Failure, Source};

/// What became known of form versions on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Learnt {
    /// Versions that were not in the store before.
    pub new: Vec<FormVersionId>,
    /// Lines for the operator.
    pub warnings: Vec<String>,
    /// Versions fetched or listed that were new.
    pub n_fetched: u64,
}

/// The form versions of one tenant.
pub struct FormBook {
    tenant: TenantName,
    platform: Platform,
    source: Source,
    ledger: Ledger,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: HashMap<FormVersionId, Option<Arc<FormVersion>>>,
    out_of_reach: HashMap<FormVersionId, WireError>,
    learnt: Learnt,
}

impl FormBook {
    /// A book that has looked nothing up yet.
    pub fn new(tenant: TenantName, platform: Platform, source: Source, ledger: Ledger) -> Self {
        Self { tenant, platform, source, ledger, state: Mutex::default() }
    }

    /// Reads the listing of form versions, where the platform has one, so that a version published since the last run
    /// is known before its first assessment comes.
    ///
    /// # Errors
    /// [`Failure`]; look-ups by id still work then.
    pub async fn read_listing(&self, page_size: u32) -> Result<(), Failure> {
        let dialect = Arc::clone(self.source.dialect());
        let sources = self.source.catalogue(|| dialect.form_versions(page_size)).await?;
        let mut state = self.state.lock().await;
        let mut forms = Vec::new();
        for source in sources {
            match dialect.read_form_version(source) {
                Ok(form) => forms.push(form),
                Err(unreadable) => state.learnt.warnings.push(format!("a listed form version cannot be read: {unreadable}")),
            }
        }
        self.keep(&mut state, forms)
    }

    /// The form version of that id, or none when the platform does not know it. Whoever asks while it is being fetched
    /// waits for the same answer.
    ///
    /// # Errors
    /// [`Failure`] if it can neither be had nor be told to be unknown; [`Failure::FormVersion`] if it gave no answer, in
    /// this call or an earlier one.
    pub async fn version(&self, id: &FormVersionId) -> Result<Option<Arc<FormVersion>>, Failure> {
        let mut state = self.state.lock().await;
        if let Some(known) = state.known.get(id) {
            return Ok(known.clone());
        }
        if let Some(error) = state.out_of_reach.get(id) {
            return Err(Failure::FormVersion(error.clone()));
        }
        if let Some(kept) = self.ledger.with(|store| store.form_version(&self.tenant, id))? {
            let kept = Arc::new(kept);
            state.known.insert(id.clone(), Some(Arc::clone(&kept)));
            return Ok(Some(kept));
        }
        if matches!(id.as_str(), "" | "." | "..") {
            // No URL can name it, so nobody can know it.
            state.known.insert(id.clone(), None);
            return Ok(None);
        }
        let dialect = Arc::clone(self.source.dialect());
        let request = dialect.form_version(id);
        let found = match self.source.look_up(&request).await {
            Err(Failure::Wire(error @ WireError::Unavailable { .. })) => {
                state.out_of_reach.insert(id.clone(), error.clone());
                return Err(Failure::FormVersion(error));
            }
            found => found?,
        };
        let form = match found {
            Found::Gone => None,
            Found::Present(source) => match dialect.read_form_version(source) {
                Ok(form) if form.id == *id => Some(form),
                Ok(form) => {
                    state.learnt.warnings.push(format!("{}: the answer is of another id, `{}`; taken as unknown", request.what, form.id));
                    None
                }
                Err(unreadable) => {
                    state.learnt.warnings.push(format!("{}: cannot be read, taken as unknown: {unreadable}", request.what));
                    None
                }
            },
        };
        match form {
            Some(form) => self.keep(&mut state, vec![form])?,
            None => {
                state.known.insert(id.clone(), None);
            }
        }
        Ok(state.known.get(id).cloned().flatten())
    }

    /// What became known since the last call.
    pub async fn take_learnt(&self) -> Learnt {
        std::mem::take(&mut self.state.lock().await.learnt)
    }

    /// What is kept first stays: a version is immutable, and a source that says otherwise is reported.
    fn keep(&self, state: &mut State, forms: Vec<FormVersion>) -> Result<(), Failure> {
        let (kept, current) = self.ledger.with(|store| {
            let kept = store.keep_form_versions(&self.tenant, self.platform, &forms)?;
            let current = forms.iter().map(|form| store.form_version(&self.tenant, &form.id)).collect::<Result<Vec<_>, _>>()?;
            Ok((kept, current))
        })?;
        for form in current.into_iter().flatten() {
            state.known.insert(form.id.clone(), Some(Arc::new(form)));
        }
        for id in &kept.differing {
            state.learnt.warnings.push(format!(
                "form version `{id}` came with other content than when it was first seen; a version is immutable, so the first is used"
            ));
        }
        state.learnt.n_fetched += kept.new.len() as u64;
        state.learnt.new.extend(kept.new);
        Ok(())
    }
}
