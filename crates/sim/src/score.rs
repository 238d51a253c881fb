//! The score table of the contract, worked out a second time. It reads the very JSON that is sent, and knows nothing of how the
//! record was made.
//! Where the table leaves a choice: weights are looked for on every question, also on those not applicable; `applicable_share`
//! runs over the questions of the form version and those that only the payload has.

use std::collections::HashMap;

use serde_json::{Number, Value, json};

use crate::world::Words;

/// Weights and maxima of one form version, read from its JSON.
pub(crate) struct FormTruth {
    weights: HashMap<String, f64>,
    /// Known on CXone only.
    max_scores: HashMap<String, f64>,
    max_possible_score: Option<f64>,
}

impl FormTruth {
    pub(crate) fn read(body: &Value) -> Self {
        let mut form =
            Self { weights: HashMap::new(), max_scores: HashMap::new(), max_possible_score: number(body.get("maxPossibleScore")) };
        for (id, weight) in body.get("weightDistribution").and_then(Value::as_object).into_iter().flatten() {
            form.weights.extend(number(Some(weight)).map(|weight| (id.clone(), weight)));
        }
        for question in body.get("questions").and_then(Value::as_array).into_iter().flatten() {
            let Some(id) = question.get("id").and_then(Value::as_str) else { continue };
            form.weights.extend(number(question.get("weight")).map(|weight| (id.to_owned(), weight)));
            form.max_scores.extend(number(question.get("maxScore")).map(|max_score| (id.to_owned(), max_score)));
        }
        form
    }
}

/// A number, also one written as text.
fn number(value: Option<&Value>) -> Option<f64> {
    match value? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse::<Number>().ok()?.as_f64(),
        _ => None,
    }
}

/// One question as the table sees it.
struct Line {
    id: String,
    score: Option<f64>,
    max_score: Option<f64>,
    weight_in_form: Option<f64>,
    weight_in_payload: Option<f64>,
}

impl Line {
    fn weight(&self) -> Option<f64> {
        self.weight_in_form.or(self.weight_in_payload)
    }
}

/// What a reader must make of an assessment. `form` is `None` where the look-up of its form version is 404.
pub(crate) fn expected(record: &Value, form: Option<&FormTruth>, words: &Words) -> Value {
    let lines = lines(record, form, words);
    let answered: Vec<&Line> = lines.iter().filter(|line| line.score.is_some()).collect();
    let na_questions = lines.len() - answered.len();
    let failed_critical = record.get("failedCritical") == Some(&Value::Bool(true));

    let sums = sums(&answered);
    let normalized = sums.and_then(|(points, points_max)| (points_max != 0.0).then(|| 100.0 * points / points_max));
    let mut flags = Vec::new();
    if form.is_some_and(|form| na_questions == 0 && maxima_differ(&lines, form)) {
        flags.push("max_score_mismatch");
    }
    if lines.iter().any(|line| line.weight().is_none()) {
        flags.push("missing_weight");
    }
    if sums.is_some_and(|(_, points_max)| points_max == 0.0) {
        flags.push("no_denominator");
    }
    if answered.iter().any(|line| is_out_of_range(line)) {
        flags.push("out_of_range");
    }
    if form.is_none() {
        flags.push("unverified_form_version");
    }
    if lines.iter().any(|line| line.weight_in_form.zip(line.weight_in_payload).is_some_and(|(form, payload)| form != payload)) {
        flags.push("weight_mismatch");
    }
    json!({
        "raw_score": number(record.get(words.score)),
        "normalized_score": normalized,
        "final_score": if failed_critical { Some(0.0) } else { normalized },
        "applicable_share": form.and_then(|form| applicable_share(&lines, form)),
        "na_questions": na_questions,
        "failed_critical": failed_critical,
        "score_flags": flags,
        "weight_source": weight_source(&lines),
    })
}

fn lines(record: &Value, form: Option<&FormTruth>, words: &Words) -> Vec<Line> {
    let questions = record.get("questions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    questions
        .iter()
        .map(|question| {
            let id = question.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            let not_applicable = question.get(words.not_applicable) == Some(&Value::Bool(true));
            let score = number(question.get("score")).filter(|_| !not_applicable);
            let max_in_form = form.and_then(|form| form.max_scores.get(&id).copied());
            Line {
                score,
                max_score: number(question.get("maxScore")).or(max_in_form),
                weight_in_form: form.and_then(|form| form.weights.get(&id).copied()),
                weight_in_payload: number(question.get("weight")),
                id,
            }
        })
        .collect()
}

/// Points and possible points of the answered questions; `None` if a number for them is missing.
fn sums(answered: &[&Line]) -> Option<(f64, f64)> {
    let mut points = 0.0;
    let mut points_max = 0.0;
    for line in answered {
        points += line.score? * line.weight()?;
        points_max += line.max_score? * line.weight()?;
    }
    Some((points, points_max))
}

fn maxima_differ(lines: &[Line], form: &FormTruth) -> bool {
    let total: f64 = lines.iter().filter_map(|line| line.max_score).sum();
    form.max_possible_score.is_some_and(|max_possible_score| max_possible_score != total)
}

fn is_out_of_range(line: &Line) -> bool {
    let score = line.score.unwrap_or(0.0);
    line.max_score.is_some_and(|max_score| score > max_score || max_score < 0.0)
        || score < 0.0
        || line.weight().is_some_and(|weight| weight < 0.0)
}

fn applicable_share(lines: &[Line], form: &FormTruth) -> Option<f64> {
    let mut answered = 0.0;
    let mut whole = 0.0;
    for line in lines {
        let points_max = line.max_score? * line.weight()?;
        whole += points_max;
        if line.score.is_some() {
            answered += points_max;
        }
    }
    for (id, weight) in form.weights.iter().filter(|(id, _)| lines.iter().all(|line| line.id != **id)) {
        whole += form.max_scores.get(id)? * weight;
    }
    (whole != 0.0).then(|| answered / whole)
}

fn weight_source(lines: &[Line]) -> &'static str {
    let from_form = lines.iter().any(|line| line.weight_in_form.is_some());
    let from_payload = lines.iter().any(|line| line.weight_in_form.is_none() && line.weight_in_payload.is_some());
    match (from_form, from_payload) {
        (true, true) => "mixed",
        (true, false) => "form_version",
        (false, true) => "payload",
        (false, false) => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Platform;
    use crate::world::words;

    #[track_caller]
    fn check(form: Option<Value>, questions: Value, expected_text: &str) {
        let form = form.map(|weights| FormTruth::read(&json!({"weightDistribution": weights, "maxPossibleScore": 10})));
        let record = json!({"score": "83.5", "questions": questions});
        let seen = expected(&record, form.as_ref(), words(Platform::Genesys));
        let seen = format!(
            "{} {} {} {} {}",
            seen["normalized_score"], seen["applicable_share"], seen["na_questions"], seen["score_flags"], seen["weight_source"]
        );
        assert_eq!(seen, expected_text);
    }

    #[test]
    fn answered_questions_are_weighed_with_their_own_form_version() {
        let form = json!({"a": 2, "b": 1});
        let questions = json!([{"id": "a", "weight": 2, "score": 3, "maxScore": 5}, {"id": "b", "weight": 1, "score": 5, "maxScore": 5}]);
        check(Some(form), questions, r#"73.33333333333333 1.0 0 [] "form_version""#);
    }

    #[test]
    fn not_applicable_is_out_of_both_sums() {
        let form = json!({"a": 2, "b": "1"});
        let questions = json!([
            {"id": "a", "score": "4", "maxScore": 5},
            {"id": "b", "score": 0, "maxScore": 5, "markedNA": true},
        ]);
        check(Some(form), questions, r#"80.0 0.6666666666666666 1 [] "form_version""#);
    }

    #[test]
    fn form_version_wins_over_the_payload() {
        let questions = json!([{"id": "a", "weight": 9, "score": 10, "maxScore": 10}]);
        check(Some(json!({"a": 2})), questions, r#"100.0 1.0 0 ["weight_mismatch"] "form_version""#);
    }

    #[test]
    fn unknown_form_version_leaves_the_payload() {
        let questions = json!([{"id": "a", "weight": 2, "score": 1, "maxScore": 4}]);
        check(None, questions, r#"25.0 null 0 ["unverified_form_version"] "payload""#);
        let bare = json!([{"id": "a", "score": 1, "maxScore": 4}]);
        check(None, bare, r#"null null 0 ["missing_weight","unverified_form_version"] "none""#);
    }

    #[test]
    fn no_denominator_is_no_score() {
        let questions = json!([{"id": "a", "score": null, "maxScore": 10}]);
        check(Some(json!({"a": 2})), questions, r#"null 0.0 1 ["no_denominator"] "form_version""#);
        check(None, json!([]), r#"null null 0 ["no_denominator","unverified_form_version"] "none""#);
    }

    #[test]
    fn bonus_and_negative_points_are_flagged_and_kept() {
        let questions = json!([{"id": "a", "score": 12, "maxScore": 10}]);
        check(Some(json!({"a": 2})), questions, r#"120.0 1.0 0 ["out_of_range"] "form_version""#);
    }
}
