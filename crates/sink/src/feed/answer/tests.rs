//! Answers to a batch of three: `a` with 82.54, `b` taken back, `c` named by its address.

use super::*;
use crate::feed::external::{address, external_metrics};
use crate::feed::measure::Item;
use crate::feed::testing::item;

const A: &str = r#""userId":"a","metricId":"QS1","dateOccurred":"2031-02-03""#;
const B: &str = r#""userId":"b","metricId":"QS1","dateOccurred":"2031-02-03""#;
const C: &str = r#""userId":"u-9","userEmail":"f.l@example.org","metricId":"QS1","dateOccurred":"2031-02-03""#;

#[track_caller]
fn check(body: &str, expected: &str) {
    let items = vec![item("a", Some("82.54")), item("b", None), Item { platform: "cxone".to_owned(), ..item("c", Some("7")) }];
    let addressed = address(items);
    let batches = external_metrics(&addressed.entries);
    let named = |entries: &[&Entry]| entries.iter().map(|entry| entry.item.agent_id.as_str()).collect::<Vec<_>>().join("");
    let seen = match read_answer(&batches[0], body) {
        Err(reason) => reason,
        Ok(answer) => {
            let refused = answer.refused.iter().map(|one| format!("{} {:?} {:?}", one.entry.item.agent_id, one.code, one.message));
            let mismatched =
                answer.mismatched.iter().map(|one| format!("{} {:?} {:?}", one.entry.item.agent_id, one.total_value, one.total_count));
            format!(
                "taken {} | refused {} | other {} | silent {} | foreign {}",
                named(&answer.acknowledged),
                refused.collect::<Vec<_>>().join(", "),
                mismatched.collect::<Vec<_>>().join(", "),
                named(&answer.unanswered),
                answer.n_foreign
            )
        }
    };
    assert_eq!(seen, expected);
}

fn body(processed: &[String], unprocessed: &[String]) -> String {
    format!("{{\"processedEntities\":[{}],\"unprocessedEntities\":[{}]}}", processed.join(","), unprocessed.join(","))
}

fn told(who: &str, rest: &str) -> String {
    format!("{{{who},{rest}}}")
}

#[test]
fn a_total_that_is_what_was_sent_is_an_acknowledgement() {
    let processed = [
        told(A, r#""value":82.54,"totalValue":82.540,"totalCount":1"#),
        told(B, r#""value":null,"totalValue":null,"totalCount":0"#),
        told(C, r#""totalValue":"7.0","totalCount":1"#),
    ];
    check(&body(&processed, &[]), "taken abc | refused  | other  | silent  | foreign 0");
}

#[test]
fn a_number_taken_back_has_no_total_left() {
    check(&body(&[told(B, r#""value":null"#)], &[]), "taken b | refused  | other  | silent ac | foreign 0");
    check(&body(&[told(B, r#""totalValue":0,"totalCount":0"#)], &[]), "taken b | refused  | other  | silent ac | foreign 0");
    check(
        &body(&[told(B, r#""totalValue":3,"totalCount":1"#)], &[]),
        "taken  | refused  | other b Some(3.0) Some(1.0) | silent ac | foreign 0",
    );
}

#[test]
fn another_total_or_count_is_no_acknowledgement() {
    let expected = "taken  | refused  | other a Some(165.08) Some(2.0), c Some(7.0) None | silent b | foreign 0";
    check(&body(&[told(A, r#""totalValue":165.08,"totalCount":2"#), told(C, r#""totalValue":7"#)], &[]), expected);
    check(
        &body(&[told(A, r#""totalValue":82.55,"totalCount":1"#)], &[]),
        "taken  | refused  | other a Some(82.55) Some(1.0) | silent bc | foreign 0",
    );
}

#[test]
fn what_is_refused_comes_with_its_words() {
    let unprocessed = [told(A, r#""code":"user.not.found","message":"no such user""#), told(B, r#""message":null"#)];
    check(
        &body(&[], &unprocessed),
        "taken  | refused a Some(\"user.not.found\") Some(\"no such user\"), b None None | other  | silent c | foreign 0",
    );
}

#[test]
fn what_is_both_taken_and_refused_is_refused() {
    let receipt = told(A, r#""totalValue":82.54,"totalCount":1"#);
    check(
        &body(&[receipt.clone(), receipt], &[told(A, r#""code":"x""#)]),
        "taken  | refused a Some(\"x\") None | other  | silent bc | foreign 0",
    );
}

#[test]
fn what_was_not_sent_is_counted() {
    let strange = r#"{"userId":"z","metricId":"QS1","dateOccurred":"2031-02-03","totalValue":1,"totalCount":1}"#.to_owned();
    let other_day = A.replace("02-03", "02-04");
    check(
        &body(&[strange, told(&other_day, r#""totalValue":82.54,"totalCount":1"#)], &[]),
        "taken  | refused  | other  | silent abc | foreign 2",
    );
}

#[test]
fn a_body_that_is_no_answer_says_nothing_of_any_entry() {
    check("{}", "the answer has neither `processedEntities` nor `unprocessedEntities`");
    check("{\"processedEntities\":{}}", "`processedEntities` of the answer is no list");
    check("{\"processed", "the answer is no JSON: EOF while parsing a string at line 1 column 11");
    check("{\"processedEntities\":[]}", "taken  | refused  | other  | silent abc | foreign 0");
}
