//! The roster: what an employer knows of its agents and the platform does not tell. All names are made up.
//! One agent of each platform has no person id.

use crate::interactions::csv_line;
use crate::platform::Platform;
use crate::world::World;

const FIRST_NAMES: [&str; 23] = [
    "Ada", "Boris", "Chiara", "Dário", "Elif", "Finn", "Grace", "Hana", "Ilja", "Jun", "Kavya", "Léa", "Milo", "Noor", "Oisín", "Paula",
    "Quim", "Rosa", "Søren", "Tuva", "Uma", "Wim", "Zoë",
];

const LAST_NAMES: [&str; 29] = [
    "Abt",
    "Brandão",
    "Castellan",
    "Dvořák",
    "Ekström",
    "Fontaine",
    "Garrow",
    "Hollis",
    "Imhof",
    "Jaspers",
    "Kowal",
    "Lindqvist",
    "Marsh",
    "Nakada",
    "O'Dell",
    "Pereira",
    "Quist",
    "Rao",
    "Sørli",
    "Tanaka",
    "Ueda",
    "Varga",
    "Weir",
    "Xu",
    "Yilmaz",
    "Zeller",
    "Ash",
    "van der Berk",
    "St. Clair",
];

/// The agent who has no person id.
const NAMELESS: usize = 5;

/// The heading of the file.
pub(crate) const HEADING: &str = "tenant,agent_id,team_id,name,first_name,last_name,person_id,user_email\n";

/// The rows of one platform under the name that its tenant has with the reader.
pub(crate) fn rows(world: &World, platform: Platform, tenant: &str) -> String {
    let mut out = String::new();
    for (place, agent) in world.tenant(platform).people.agents.iter().enumerate() {
        let first_name = FIRST_NAMES.get(place % FIRST_NAMES.len()).copied().unwrap_or_default();
        let last_name = LAST_NAMES.get(place % LAST_NAMES.len()).copied().unwrap_or_default();
        let name = format!("{first_name} {last_name}");
        let person_id = if place == NAMELESS { String::new() } else { format!("E-{}", 1001 + place) };
        let cells = [tenant, &agent.id, &agent.team_id, &name, first_name, last_name, &person_id, &user_email(platform, place)];
        out.push_str(&csv_line(&cells));
    }
    out
}

/// The address under which the platform knows an agent.
pub(crate) fn user_email(platform: Platform, place: usize) -> String {
    format!("agent-{}@{}.example.com", 1001 + place, platform.name())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::options::WorldOptions;

    #[test]
    fn everyone_has_a_team_and_an_address_and_all_but_one_a_person_id() {
        let world = World::new(WorldOptions { n_assessments: 4000, n_feedback: 0, ..WorldOptions::default() });
        for platform in Platform::ALL {
            let text = rows(&world, platform, "acme");
            let cells: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
            assert_eq!(cells.len(), world.tenant(platform).people.agents.len());
            assert!(cells.iter().all(|row| row.len() == 8
                && row[0] == "acme"
                && row.iter().enumerate().all(|(place, cell)| { place == 6 || !cell.is_empty() })));
            assert_eq!(cells.iter().filter(|row| row[6].is_empty()).count(), 1);
            assert_eq!(cells.iter().map(|row| row[7]).collect::<BTreeSet<_>>().len(), cells.len());
            let mut teams: BTreeMap<&str, usize> = BTreeMap::new();
            cells.iter().for_each(|row| *teams.entry(row[2]).or_default() += 1);
            assert!(teams.values().all(|size| *size <= 12), "{teams:?}");
            assert!(teams.values().filter(|size| (6..=10).contains(*size)).count() >= 5, "{teams:?}");
        }
    }
}
