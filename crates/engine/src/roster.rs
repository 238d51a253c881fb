//! The roster: what the operator knows of agents and the platform does not tell. Teams, names, and the ids under which
//! other systems know a person. Nobody is guessed: an agent who is not in it has none of these.

use std::collections::BTreeMap;
use std::path::Path;

use csv::StringRecord;

use crate::report::{Trouble, TroubleKind};

/// The columns of the file; the first two must be filled.
pub const COLUMNS: [&str; 8] = ["tenant", "agent_id", "team_id", "name", "first_name", "last_name", "person_id", "user_email"];

/// One person of the roster. What is empty in the file is none here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The team whose sums this agent's assessments enter.
    pub team_id: Option<String>,
    /// How reports call them.
    pub name: Option<String>,
    /// For receivers that want it.
    pub first_name: Option<String>,
    /// For receivers that want it.
    pub last_name: Option<String>,
    /// The person's id in workforce management.
    pub person_id: Option<String>,
    /// The person's e-mail address on the platform.
    pub user_email: Option<String>,
}

/// People by tenant and agent id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster(BTreeMap<(String, String), Person>);

impl Roster {
    /// Reads the CSV file.
    ///
    /// # Errors
    /// A trouble of configuration that names the file, the row and the column: a file that is not there, a column that
    /// is missing or unknown, a row without tenant or agent, an agent who comes twice.
    pub fn read(path: &Path) -> Result<Self, Trouble> {
        let name = path.display();
        let refuse = |fact: String| Trouble::new(TroubleKind::Configuration, format!("roster `{name}`: {fact}"));
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(|error| refuse(error.to_string()))?;
        let header = reader.headers().map_err(|error| refuse(error.to_string()))?.clone();
        let places = places(&header).map_err(refuse)?;
        let mut people = BTreeMap::new();
        for (index, record) in reader.records().enumerate() {
            let row = index + 2;
            let record = record.map_err(|error| refuse(fact(row, &error)))?;
            let mut fields = places
                .iter()
                .map(|place| place.and_then(|place| record.get(place)).filter(|field| !field.is_empty()).map(ToOwned::to_owned));
            let mut next = || fields.next().flatten();
            let (Some(tenant), Some(agent_id)) = (next(), next()) else {
                return Err(refuse(format!("row {row} has no `tenant` or no `agent_id`")));
            };
            let person =
                Person { team_id: next(), name: next(), first_name: next(), last_name: next(), person_id: next(), user_email: next() };
            if people.insert((tenant.clone(), agent_id.clone()), person).is_some() {
                return Err(refuse(format!("row {row}: agent `{agent_id}` of tenant `{tenant}` comes twice")));
            }
        }
        Ok(Self(people))
    }

    /// What is known of an agent.
    pub fn person(&self, tenant: &str, agent_id: &str) -> Option<&Person> {
        self.0.get(&(tenant.to_owned(), agent_id.to_owned()))
    }

    /// Everyone, by tenant and agent id.
    pub fn people(&self) -> impl Iterator<Item = (&str, &str, &Person)> {
        self.0.iter().map(|((tenant, agent_id), person)| (tenant.as_str(), agent_id.as_str(), person))
    }
}

/// What is wrong with a row, in our own words.
fn fact(row: usize, error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!("row {row} has {len} fields, the heading has {expected_len}"),
        csv::ErrorKind::Utf8 { .. } => format!("row {row} is no UTF-8"),
        _ => format!("row {row}: {error}"),
    }
}

/// Where each of [`COLUMNS`] stands in the file.
fn places(header: &StringRecord) -> Result<Vec<Option<usize>>, String> {
    if let Some(unknown) = header.iter().find(|column| !COLUMNS.contains(column)) {
        return Err(format!("unknown column `{unknown}`; known are {}", COLUMNS.join(", ")));
    }
    if let Some(twice) = COLUMNS.iter().find(|column| 1 < header.iter().filter(|found| found == *column).count()) {
        return Err(format!("column `{twice}` stands there twice"));
    }
    let places: Vec<Option<usize>> = COLUMNS.iter().map(|column| header.iter().position(|found| found == *column)).collect();
    for (column, place) in COLUMNS.iter().zip(&places).take(2) {
        if place.is_none() {
            return Err(format!("no column `{column}`"));
        }
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Roster, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roster.csv");
        std::fs::write(&path, text).unwrap();
        Roster::read(&path).map_err(|trouble| trouble.message.replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn columns_may_stand_in_any_order_and_may_be_left_out() {
        let roster = read("agent_id,tenant,name\na-1,acme,Ann\na-2,acme,\n").unwrap();
        assert_eq!(roster.person("acme", "a-1").and_then(|person| person.name.as_deref()), Some("Ann"));
        assert_eq!(roster.person("acme", "a-2"), Some(&Person::default()));
        assert_eq!(roster.person("other", "a-1"), None);
    }

    #[test]
    fn a_roster_that_cannot_be_meant_is_refused_with_row_and_column() {
        assert_eq!(read("tenant,agent\nacme,a-1\n"), Err("roster `FILE`: unknown column `agent`; known are tenant, agent_id, team_id, name, first_name, last_name, person_id, user_email".to_owned()));
        assert_eq!(read("tenant,agent_id,agent_id\n"), Err("roster `FILE`: column `agent_id` stands there twice".to_owned()));
        assert_eq!(read("tenant,agent_id\nacme\n"), Err("roster `FILE`: row 2 has 1 fields, the heading has 2".to_owned()));
        assert_eq!(read("tenant,name\nacme,Ann\n"), Err("roster `FILE`: no column `agent_id`".to_owned()));
        assert_eq!(read("tenant,agent_id\nacme,\n"), Err("roster `FILE`: row 2 has no `tenant` or no `agent_id`".to_owned()));
        assert_eq!(
            read("tenant,agent_id\nacme,a\nacme,a\n"),
            Err("roster `FILE`: row 3: agent `a` of tenant `acme` comes twice".to_owned())
        );
    }
}
