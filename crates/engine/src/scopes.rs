//! Scopes: which divisions, sites or queues get a stream of their own.
//!
//! Where all are wanted, one listing without a scope goes with them: it is the only one that shows records that name no
//! scope, and the sum of the others is held against it.

use model::record::{Scope, ScopeKind};
use platform::dialect::ScopeAsk;

use crate::ledger::Ledger;
use crate::report::Trouble;
use crate::settings::{ScopeChoice, Tenant};
use crate::source::{Failure, Source};

/// What is to be listed, and what the operator should know of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scoping {
    /// The listings of every window, in their order.
    pub asks: Vec<ScopeAsk>,
    /// Lines for the operator.
    pub warnings: Vec<String>,
    /// Scope listings that were refused; records are still read without them.
    pub troubles: Vec<Trouble>,
}

/// Which scopes of a kind the tenant wants.
pub fn choice(tenant: &Tenant, kind: ScopeKind) -> &ScopeChoice {
    match kind {
        ScopeKind::Division => &tenant.divisions,
        ScopeKind::Site => &tenant.sites,
        ScopeKind::Queue => &tenant.queues,
    }
}

/// Lists the tenant's scopes, keeps them, and says what to ask for.
///
/// # Errors
/// [`Failure`] if the source or the store gave out; a refused listing is no failure.
pub async fn scoping(tenant: &Tenant, source: &Source, ledger: &Ledger) -> Result<Scoping, Failure> {
    let mut scoping = Scoping::default();
    let mut everything = true;
    for kind in source.dialect().scope_kinds() {
        let choice = choice(tenant, *kind);
        if *choice == ScopeChoice::None {
            continue;
        }
        let listed = list(tenant, source, ledger, *kind, &mut scoping).await?;
        let asked = |scope: &Scope| ScopeAsk::One(*kind, scope.id.clone());
        match choice {
            ScopeChoice::All => scoping.asks.extend(listed.iter().map(asked)),
            ScopeChoice::None => {}
            ScopeChoice::Only(ids) => {
                everything = false;
                for id in ids {
                    if !listed.is_empty() && !listed.iter().any(|scope| scope.id.as_str() == id) {
                        scoping.warnings.push(format!("{} `{id}` is configured, but the source does not list it", kind.word()));
                    }
                    scoping.asks.push(ScopeAsk::One(*kind, model::id::ScopeId::new(id)));
                }
            }
        }
    }
    scoping.asks.sort_unstable();
    scoping.asks.dedup();
    if everything || scoping.asks.is_empty() {
        scoping.asks.push(ScopeAsk::Everything);
    }
    Ok(scoping)
}

async fn list(tenant: &Tenant, source: &Source, ledger: &Ledger, kind: ScopeKind, scoping: &mut Scoping) -> Result<Vec<Scope>, Failure> {
    let dialect = source.dialect();
    let sources = match source.catalogue(|| Some(dialect.scopes(kind, tenant.page_size))).await {
        Ok(sources) => sources,
        Err(failure @ Failure::Dialect(_)) => {
            scoping.troubles.extend(failure.trouble());
            return Ok(Vec::new());
        }
        Err(failure) => return Err(failure),
    };
    let mut scopes = Vec::new();
    for one in sources {
        match dialect.read_scope(kind, one) {
            Ok(scope) => scopes.push(scope),
            Err(unreadable) => scoping.warnings.push(format!("a listed {} cannot be read: {unreadable}", kind.word())),
        }
    }
    ledger.with(|store| store.keep_scopes(&tenant.name, tenant.platform, &scopes))?;
    Ok(scopes)
}
