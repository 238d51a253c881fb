//! Calabrio's gamification file: a line an agent, day and measure, without a heading.
//! Names stand as they are, `=` in front or not: the receiver is an import and no spreadsheet. It takes nothing back.

use std::collections::{BTreeMap, BTreeSet};

use super::measure::{Item, MeasureKind, Person};

/// Characters of a person id.
const PERSON_ID_MAX: usize = 130;
/// Characters of a measure's name.
const NAME_MAX: usize = 50;

/// What stands between fields, and with it the sign of decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// `,` between fields and `.` in numbers.
    Comma,
    /// `;` between fields and `,` in numbers.
    Semicolon,
}

/// A file, and what could not be put into it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calabrio<'a> {
    /// The file's text; empty when there is no line.
    pub text: String,
    /// Its lines.
    pub n_lines: u64,
    /// Items that take a number back; the file knows no way to say so.
    pub not_retractable: Vec<&'a Item>,
    /// Agents without a person id: tenant and agent id, each once.
    pub without_person: Vec<(String, String)>,
    /// What was left out because the receiver could not take it or it cannot be meant, a line each.
    pub problems: Vec<String>,
}

/// Renders the items, in their order. Bring all of them: whether two agents are one person shows in the whole only.
pub fn calabrio(items: &[Item], separator: Separator) -> Calabrio<'_> {
    let mut file = Calabrio::default();
    let (mut without_person, mut problems) = (BTreeSet::new(), BTreeSet::new());
    let clashes = clashes(items);
    for item in items {
        let Some(value) = &item.value else {
            file.not_retractable.push(item);
            continue;
        };
        let Some((person, person_id)) = person(item) else {
            without_person.insert((item.tenant.clone(), item.agent_id.clone()));
            continue;
        };
        let problem = unfit(item, person, person_id).or_else(|| clashes.get(&place(item, person_id)).cloned());
        if let Some(problem) = problem {
            problems.insert(problem);
            continue;
        }
        file.text.push_str(&line(item, person, person_id, value, separator));
        file.n_lines += 1;
    }
    file.without_person = without_person.into_iter().collect();
    file.problems = problems.into_iter().collect();
    file
}

fn person(item: &Item) -> Option<(&Person, &str)> {
    let person = item.person.as_ref()?;
    person.person_id.as_deref().map(|id| (person, id))
}

/// Person, day and measure: what one line is about.
type Place<'a> = (&'a str, &'a str, &'a str);

fn place<'a>(item: &'a Item, person_id: &'a str) -> Place<'a> {
    (person_id, &item.business_date, &item.metric_id)
}

/// Places that several agents have a number for.
fn clashes(items: &[Item]) -> BTreeMap<Place<'_>, String> {
    let mut agents: BTreeMap<Place<'_>, Vec<String>> = BTreeMap::new();
    for item in items.iter().filter(|item| item.value.is_some()) {
        if let Some((_, person_id)) = person(item) {
            agents.entry(place(item, person_id)).or_default().push(format!("`{}` of `{}`", item.agent_id, item.tenant));
        }
    }
    let several = agents.into_iter().filter(|(_, agents)| 1 < agents.len());
    several
        .map(|((person, day, metric), agents)| {
            let words = format!("measure `{metric}` on {day}: agents {} are one person `{person}`", agents.join(" and "));
            ((person, day, metric), words)
        })
        .collect()
}

/// Why the receiver could not take a line, if it could not.
fn unfit(item: &Item, person: &Person, person_id: &str) -> Option<String> {
    let agent = format!("agent `{}` of `{}`", item.agent_id, item.tenant);
    let n_person = person_id.chars().count();
    if PERSON_ID_MAX < n_person {
        return Some(format!("{agent}: the person id has {n_person} characters; {PERSON_ID_MAX} are allowed"));
    }
    let n_name = item.name.chars().count();
    if NAME_MAX < n_name {
        return Some(format!("measure `{}`: its name has {n_name} characters; {NAME_MAX} are allowed", item.metric_id));
    }
    let of_measure = [("name", item.name.as_str()), ("id", &item.metric_id)];
    if let Some((what, _)) = of_measure.into_iter().find(|(_, words)| is_broken(words)) {
        return Some(format!("measure `{}`: a line break in its {what}", item.metric_id.escape_debug()));
    }
    let names = [("first name", person.first_name.as_deref()), ("last name", person.last_name.as_deref()), ("person id", Some(person_id))];
    let broken = names.into_iter().find(|(_, words)| words.is_some_and(is_broken));
    broken.map(|(what, _)| format!("{agent}: a line break in the {what}"))
}

fn is_broken(words: &str) -> bool {
    words.contains(['\r', '\n'])
}

fn line(item: &Item, person: &Person, person_id: &str, value: &str, separator: Separator) -> String {
    let (between, value) = match separator {
        Separator::Comma => (',', value.to_owned()),
        Separator::Semicolon => (';', value.replace('.', ",")),
    };
    let kind = match item.kind {
        MeasureKind::Percent => "Percent",
        MeasureKind::Numeric => "Numeric",
    };
    let day = item.business_date.replace('-', "");
    let (first, last) = (person.first_name.as_deref().unwrap_or_default(), person.last_name.as_deref().unwrap_or_default());
    let fields = [&day, person_id, first, last, &item.name, &item.metric_id, kind, &value];
    let fields = fields.map(|field| quoted(field, between));
    format!("{}\r\n", fields.join(&between.to_string()))
}

/// Quotes only where the field could not be read otherwise.
fn quoted(field: &str, between: char) -> String {
    if field.contains([between, '"']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}

#[cfg(test)]
mod tests;
