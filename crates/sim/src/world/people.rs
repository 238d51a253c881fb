//! Scopes (divisions, sites, queues) and the people in them. They are fixed for the life of a world.
//! Evaluators work in some scopes each, in such a way that all are connected through the agents they assess, but for the one
//! of the smallest Genesys division, who works there alone.

use crate::options::WorldOptions;
use crate::platform::Platform;
use crate::rng::Rng;
use crate::world::text;

/// Agents of one team, about.
const TEAM_SIZE: usize = 8;

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

/// An agent with a home scope, a team and a skill around 0.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) id: String,
    pub(crate) skill: f64,
    pub(crate) team_id: String,
}

/// Someone who assesses. The leniency moves the chance of full marks, on the scale of log odds; above 0 is lenient.
#[derive(Clone, Debug)]
pub(crate) struct Evaluator {
    pub(crate) id: String,
    pub(crate) leniency: f64,
}

/// Everyone of one tenant.
#[derive(Debug)]
pub(crate) struct People {
    pub(crate) scopes: Vec<Scope>,
    pub(crate) agents: Vec<Agent>,
    /// Places in `agents`, for each place in `scopes`.
    pub(crate) agents_of_scope: Vec<Vec<u32>>,
    pub(crate) evaluators: Vec<Evaluator>,
    /// Places in `evaluators` with the share of the work that they do, for each place in `scopes`.
    pub(crate) evaluators_of_scope: Vec<Vec<(u32, f64)>>,
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
                let team_id = team_id(scope.name, (serial - first) as usize, n_here as usize);
                agents.push(Agent { id, skill: rng.share() + rng.share() - 1.0, team_id });
            }
            agents_of_scope.push((first..first + n_here).collect());
        }
        let evaluators = evaluators(platform, seed, (n_agents / 8).max(6));
        let weights: Vec<f64> = scopes.iter().take(n_primary).map(|scope| scope.weight).collect();
        let evaluators_of_scope = match (platform, weights.split_last()) {
            (Platform::Genesys, Some((_, mainland))) => {
                let lone = evaluators.len() as u32 - 1;
                let mut places = shared_out(mainland, lone);
                places.push(vec![(lone, 1.0)]);
                places
            }
            _ => shared_out(&weights, evaluators.len() as u32),
        };
        Self { scopes, agents, agents_of_scope, evaluators, evaluators_of_scope }
    }

    /// Places of the scopes that a record has one of for certain: divisions or sites.
    pub(crate) fn primary(&self) -> impl Iterator<Item = (usize, &Scope)> + Clone {
        self.scopes.iter().enumerate().filter(|(_, scope)| scope.kind != ScopeKind::Queue)
    }

    pub(crate) fn queues(&self) -> impl Iterator<Item = (usize, &Scope)> + Clone {
        self.scopes.iter().enumerate().filter(|(_, scope)| scope.kind == ScopeKind::Queue)
    }
}

/// The team of the nth of so many agents of a scope: teams are as even as can be.
fn team_id(scope: &str, nth: usize, n_agents: usize) -> String {
    let n_teams = ((n_agents + TEAM_SIZE / 2) / TEAM_SIZE).max(1);
    format!("{scope} {}", 1 + nth * n_teams / n_agents)
}

fn evaluators(platform: Platform, seed: u64, n_evaluators: u32) -> Vec<Evaluator> {
    let mut rng = Rng::of(seed, &[platform.number(), 32]);
    let evaluator = |serial| Evaluator {
        id: text::opaque_id(seed, &format!("{}-evaluator", platform.name()), serial),
        leniency: 1.2 * (rng.share() + rng.share() - 1.0),
    };
    let mut evaluators: Vec<Evaluator> = (0..n_evaluators).map(evaluator).collect();
    // Strict and lenient ones balance each other, so that forms are as hard as they are meant to be.
    let mean = evaluators.iter().map(|evaluator| evaluator.leniency).sum::<f64>() / f64::from(n_evaluators);
    evaluators.iter_mut().for_each(|evaluator| evaluator.leniency -= mean);
    evaluators
}

/// Who works where: most of the work is done at home, some in the next scope, some in the largest. A scope that is nobody's
/// home has two evaluators from elsewhere.
fn shared_out(weights: &[f64], n_evaluators: u32) -> Vec<Vec<(u32, f64)>> {
    let mut places: Vec<Vec<(u32, f64)>> = vec![Vec::new(); weights.len()];
    let total: f64 = weights.iter().sum();
    for evaluator in 0..n_evaluators {
        let target = total * (f64::from(evaluator) + 0.5) / f64::from(n_evaluators);
        let sums = weights.iter().scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        let home = sums.take_while(|sum| *sum < target).count().min(weights.len().saturating_sub(1));
        let next = (home + 1) % weights.len().max(1);
        for (place, share) in [(home, 1.0), (next, 0.3), (0, 0.2)] {
            if let Some(here) = places.get_mut(place).filter(|here| here.iter().all(|(known, _)| *known != evaluator)) {
                here.push((evaluator, share));
            }
        }
    }
    for (place, here) in places.iter_mut().enumerate() {
        for step in 0..2 {
            let evaluator = (place as u32 + step) % n_evaluators.max(1);
            if here.len() < 2 && here.iter().all(|(known, _)| *known != evaluator) {
                here.push((evaluator, 1.0));
            }
        }
    }
    places
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
