//! Items as the bodies of requests.

use super::*;
use crate::feed::testing::item;

fn bodies(items: Vec<Item>) -> Vec<String> {
    external_metrics(&address(items).entries).into_iter().map(|batch| batch.body).collect()
}

fn on_cxone(agent_id: &str, value: Option<&str>) -> Item {
    Item { platform: "cxone".to_owned(), ..item(agent_id, value) }
}

#[test]
fn an_item_replaces_the_day_of_its_user() {
    assert_eq!(
        bodies(vec![item("a-17", Some("82.54"))]),
        [r#"{"items":[{"userId":"a-17","metricId":"QS1","dateOccurred":"2031-02-03","value":82.54,"count":1,"type":"Total"}]}"#]
    );
}

#[test]
fn an_agent_of_another_platform_is_named_by_the_address_of_the_roster() {
    assert_eq!(
        bodies(vec![on_cxone("7001", Some("82.50"))]),
        [
            r#"{"items":[{"userEmail":"F.L@example.org","metricId":"QS1","dateOccurred":"2031-02-03","value":82.50,"count":1,"type":"Total"}]}"#
        ]
    );
}

#[test]
fn a_retracted_number_is_null() {
    assert_eq!(
        bodies(vec![item("a-17", None)]),
        [r#"{"items":[{"userId":"a-17","metricId":"QS1","dateOccurred":"2031-02-03","value":null,"count":1,"type":"Total"}]}"#]
    );
}

#[test]
fn ids_stand_as_json_text() {
    let [body] = bodies(vec![item("a\"\n\u{1}ü", Some("1"))]).try_into().unwrap();
    assert!(body.starts_with(r#"{"items":[{"userId":"a\"\n\u0001ü","#), "{body}");
}

#[test]
fn no_request_has_more_than_a_hundred_items() {
    let sizes = |n: usize| {
        let addressed = address((0..n).map(|n| item(&format!("a-{n:03}"), Some("1"))).collect());
        let batches = external_metrics(&addressed.entries);
        let n_items = |body: &str| serde_json::from_str::<serde_json::Value>(body).unwrap()["items"].as_array().unwrap().len();
        assert!(batches.iter().all(|batch| n_items(&batch.body) == batch.entries.len()));
        batches.iter().map(|batch| batch.entries.len()).collect::<Vec<_>>()
    };
    assert_eq!(sizes(0), Vec::<usize>::new());
    assert_eq!(sizes(100), [100]);
    assert_eq!(sizes(101), [100, 1]);
    assert_eq!(sizes(250), [100, 100, 50]);
}

#[test]
fn an_agent_whom_the_receiver_cannot_know_is_listed_once_and_not_sent() {
    let unknown = Item { person: None, ..on_cxone("7002", Some("1")) };
    let next_day = Item { business_date: "2031-02-04".to_owned(), ..unknown.clone() };
    let addressed = address(vec![unknown, next_day, on_cxone("7001", Some("2"))]);
    assert_eq!(addressed.without_person, [("acme".to_owned(), "7002".to_owned())]);
    assert_eq!(addressed.entries.len(), 1);
}

#[test]
fn numbers_of_two_agents_are_never_sent_as_one_users() {
    let other = Item {
        person: Some(crate::feed::Person { user_email: Some("f.l@EXAMPLE.org".to_owned()), ..Default::default() }),
        ..on_cxone("7002", Some("2"))
    };
    let addressed = address(vec![on_cxone("7001", Some("1")), other.clone()]);
    assert_eq!(addressed.entries, []);
    assert_eq!(
        addressed.clashes,
        ["metric `QS1` on 2031-02-03: agents `7001` of `acme` and `7002` of `acme` are one user `f.l@example.org`"]
    );
    let moved = address(vec![on_cxone("7001", None), other]);
    let sent: Vec<_> = moved.entries.iter().map(|entry| (entry.item.agent_id.as_str(), entry.item.value.as_deref())).collect();
    assert_eq!(sent, [("7002", Some("2"))]);
    assert_eq!(moved.clashes, Vec::<String>::new());
}
