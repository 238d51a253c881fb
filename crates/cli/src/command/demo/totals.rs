//! The demo's totals file: the consoles' daily counts added up, so that a newcomer reads a line a scope.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::exit::{Exit, Failure, Outcome};

/// One row a scope and stream over the whole range, of a file with one a day. Scopes stay in their order.
///
/// # Errors
/// A file of the simulator that is not as it promises.
pub(super) fn summed(daily: &str, from: Date, to: Date) -> Outcome<String> {
    let wrong = |error: csv::Error| Failure::new(Exit::Bug, format!("bug: the simulator's totals: {error}"));
    let mut order: Vec<(String, String)> = Vec::new();
    let mut sums: BTreeMap<(String, String), u64> = BTreeMap::new();
    for row in csv::Reader::from_reader(daily.as_bytes()).deserialize() {
        let (scope, _, _, stream, reported): (String, String, String, String, u64) = row.map_err(wrong)?;
        let key = (scope, stream);
        if !sums.contains_key(&key) {
            order.push(key.clone());
        }
        *sums.entry(key).or_default() += reported;
    }
    let lines = order.iter().map(|key| format!("{},{from},{to},{},{}\n", key.0, key.1, sums.get(key).copied().unwrap_or_default()));
    Ok(std::iter::once("scope_id,date_from,date_to,stream,reported\n".to_owned()).chain(lines).collect())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_added_up_a_scope_and_stream() {
        let daily = "scope_id,date_from,date_to,stream,reported
b,2024-01-01,2024-01-02,assessments,2
a,2024-01-01,2024-01-02,assessments,1
b,2024-01-02,2024-01-03,assessments,3
b,2024-01-01,2024-01-02,feedback,4
";
        let expected = "scope_id,date_from,date_to,stream,reported
b,2024-01-01,2024-01-03,assessments,5
a,2024-01-01,2024-01-03,assessments,1
b,2024-01-01,2024-01-03,feedback,4
";
        assert_eq!(summed(daily, date(2024, 1, 1), date(2024, 1, 3)).unwrap(), expected);
    }
}
