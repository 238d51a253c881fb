//! Scopes (divisions, sites, queues) and the people in them. They are fixed for the life of a world.

use crate::options::WorldOptions;
use crate::platform::Platform;
use crate::rng::Rng;
use crate::world::text;

/// What a scope is on its platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Division,
    Site,
    Queue,
}

impl ScopeKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Division => "division",
            Self::Site => "site",
            Self::Queue => "queue",
        }
    }
}

/// A division, a site or a queue.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) kind: ScopeKind,
    pub(crate) zone: &'static str,
    pub(crate) weight: f64,
    pub(crate) visible: bool,
}

/// An agent with a home scope and a skill around 0.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) id: String,
    pub(crate) skill: f64,
}

/// Everyone of one tenant.
#[derive(Debug)]
pub(crate) struct People {
    pub(crate) scopes: Vec<Scope>,
    pub(crate) agents: Vec<Agent>,
    /// Places in `agents`, for each place in `scopes`.
    pub(crate) agents_of_scope: Vec<Vec<u32>>,
    pub(crate) evaluators: Vec<String>,
}

impl People {
    pub(crate) fn new(platform: Platform, options: &WorldOptions) -> Self {
        let seed = options.seed;
        let mut rng = Rng::of(seed, &[platform.number(), 31]);
        let scopes = match platform {
            Platform::Genesys => divisions(&mut rng, options),
            Platform::Cxone => sites_and_queues(&mut rng, seed),
        };
        let n_agents = (options.n_assessments / 40).clamp(30, 3000);
        let mut agents = Vec::new();
        let mut agents_of_scope = Vec::new();
        let n_primary = scopes.iter().filter(|scope| scope.kind != ScopeKind::Queue).count();
        let weight_total: f64 = scopes.iter().take(n_primary).map(|scope| scope.weight).sum();
        for scope in scopes.iter().take(n_primary) {
            let n_here = ((f64::from(n_agents) * scope.weight / weight_total).round() as u32).max(2);
            let first = agents.len() as u32;
            for serial in first..first + n_here {
                let id = text::opaque_id(seed, &format!("{}-agent", platform.name()), serial);
                agents.push(Agent { id, skill: rng.share() + rng.share() - 1.0 });
            }
            agents_of_scope.push((first..first + n_here).collect());
        }
        let n_evaluators = (n_agents / 12).max(5);
        let evaluators = (0..n_evaluators).map(|serial| text::opaque_id(seed, &format!("{}-evaluator", platform.name()), serial)).collect();
        Self { scopes, agents, agents_of_scope, evaluators }
    }

    /// Places of the scopes that a record has one of for certain: divisions or sites.
    pub(crate) fn primary(&self) -> impl Iterator<Item = (usize, &Scope)> + Clone {
        self.scopes.iter().enumerate().filter(|(_, scope)| scope.kind != ScopeKind::Queue)
    }

    pub(crate) fn queues(&self) -> impl Iterator<Item = (usize, &Scope)> + Clone {
        self.scopes.iter().enumerate().filter(|(_, scope)| scope.kind == ScopeKind::Queue)
    }
}

fn divisions(rng: &mut Rng, options: &WorldOptions) -> Vec<Scope> {
    let n_divisions = 5 + rng.below(8);
    let names = text::DIVISIONS.iter().take(n_divisions).enumerate();
    let mut divisions: Vec<Scope> = names
        .map(|(place, (name, zone))| Scope {
            id: text::opaque_id(options.seed, "division", place as u32),
            name,
            kind: ScopeKind::Division,
            zone,
            weight: 1.0 / ((place + 1) as f64).powf(1.4),
            visible: !(options.hidden_division && *name == "APAC"),
        })
        .collect();
    if let Some(last) = divisions.last_mut() {
        last.weight = 0.004;
    }
    divisions
}

fn sites_and_queues(rng: &mut Rng, seed: u64) -> Vec<Scope> {
    let n_sites = 3 + rng.below(4);
    let n_queues = 6 + rng.below(7);
    let site = |(place, (name, zone)): (usize, &(&'static str, &'static str))| Scope {
        id: text::opaque_id(seed, "site", place as u32),
        name,
        kind: ScopeKind::Site,
        zone,
        weight: 1.0 / ((place + 1) as f64).powf(1.2),
        visible: true,
    };
    let queue = |(place, name): (usize, &&'static str)| Scope {
        id: text::opaque_id(seed, "queue", place as u32),
        name,
        kind: ScopeKind::Queue,
        zone: "UTC",
        weight: 1.0 / ((place + 1) as f64).sqrt(),
        visible: true,
    };
    let sites = text::SITES.iter().take(n_sites).enumerate().map(site);
    sites.chain(text::QUEUES.iter().take(n_queues).enumerate().map(queue)).collect()
}
