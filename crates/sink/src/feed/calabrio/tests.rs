//! Items as lines of a file.

use super::*;
use crate::feed::testing::item;

#[track_caller]
fn check(items: &[Item], separator: Separator, expected: &str) {
    let file = calabrio(items, separator);
    assert_eq!(file.text, expected);
    assert_eq!(file.n_lines, file.text.matches("\r\n").count() as u64);
}

fn of_person(change: impl FnOnce(&mut Person)) -> Item {
    let mut item = item("a-17", Some("82.54"));
    change(item.person.as_mut().unwrap());
    item
}

#[test]
fn a_line_stands_as_in_the_contract() {
    let items = [item("a-17", Some("82.54"))];
    check(&items, Separator::Comma, "20310203,E-1042,F,L,Quality Score,QS1,Percent,82.54\r\n");
    check(&items, Separator::Semicolon, "20310203;E-1042;F;L;Quality Score;QS1;Percent;82,54\r\n");
}

#[test]
fn a_field_is_quoted_only_where_it_has_to_be() {
    let items = [of_person(|person| {
        person.last_name = Some("O, \"L\"".to_owned());
        person.first_name = Some("a;b".to_owned());
    })];
    check(&items, Separator::Comma, "20310203,E-1042,a;b,\"O, \"\"L\"\"\",Quality Score,QS1,Percent,82.54\r\n");
    check(&items, Separator::Semicolon, "20310203;E-1042;\"a;b\";\"O, \"\"L\"\"\";Quality Score;QS1;Percent;82,54\r\n");
}

#[test]
fn names_and_ids_stand_as_they_are() {
    let items = [Item {
        name: "=Quality".to_owned(),
        kind: MeasureKind::Numeric,
        ..of_person(|person| person.person_id = Some("e-1042X".to_owned()))
    }];
    check(&items, Separator::Comma, "20310203,e-1042X,F,L,=Quality,QS1,Numeric,82.54\r\n");
    let nameless = [of_person(|person| (person.first_name, person.last_name) = (None, None))];
    check(&nameless, Separator::Comma, "20310203,E-1042,,,Quality Score,QS1,Percent,82.54\r\n");
}

#[test]
fn a_number_that_was_taken_back_is_listed() {
    let items = [item("a-17", None), Item { metric_id: "QS2".to_owned(), ..item("a-17", Some("100")) }];
    let file = calabrio(&items, Separator::Comma);
    assert_eq!(file.not_retractable, [&items[0]]);
    assert_eq!(file.text, "20310203,E-1042,F,L,Quality Score,QS2,Percent,100\r\n");
}

#[test]
fn an_agent_without_a_person_id_is_listed_once_and_left_out() {
    let unknown = Item { person: None, ..item("b", Some("1")) };
    let items = [unknown.clone(), Item { business_date: "2031-02-04".to_owned(), ..unknown }, of_person(|person| person.person_id = None)];
    let file = calabrio(&items, Separator::Comma);
    assert_eq!(file.without_person, [("acme".to_owned(), "a-17".to_owned()), ("acme".to_owned(), "b".to_owned())]);
    assert_eq!((file.text.as_str(), file.n_lines), ("", 0));
}

#[track_caller]
fn check_problem(items: &[Item], expected: &[&str]) {
    let file = calabrio(items, Separator::Semicolon);
    assert_eq!(file.problems, expected);
    assert_eq!(file.text, "");
}

#[test]
fn what_the_receiver_could_not_take_is_refused_with_a_line() {
    check_problem(
        &[of_person(|person| person.person_id = Some("é".repeat(131)))],
        &["agent `a-17` of `acme`: the person id has 131 characters; 130 are allowed"],
    );
    let long = Item { name: "é".repeat(51), ..item("a-17", Some("1")) };
    check_problem(
        &[long.clone(), Item { business_date: "2031-02-04".to_owned(), ..long }],
        &["measure `QS1`: its name has 51 characters; 50 are allowed"],
    );
    check_problem(
        &[of_person(|person| person.last_name = Some("L\nM".to_owned()))],
        &["agent `a-17` of `acme`: a line break in the last name"],
    );
    check_problem(&[Item { metric_id: "Q\r\nS".to_owned(), ..item("a-17", Some("1")) }], &["measure `Q\\r\\nS`: a line break in its id"]);
}

#[test]
fn the_longest_allowed_fields_are_taken() {
    let person_id = "é".repeat(130);
    let items = [Item { name: "é".repeat(50), ..of_person(|person| person.person_id = Some(person_id.clone())) }];
    let file = calabrio(&items, Separator::Comma);
    assert_eq!((file.n_lines, file.problems.len()), (1, 0));
}

#[test]
fn numbers_of_two_agents_are_never_one_persons() {
    check_problem(
        &[item("a-17", Some("82.54")), item("a-18", Some("70.00"))],
        &["measure `QS1` on 2031-02-03: agents `a-17` of `acme` and `a-18` of `acme` are one person `E-1042`"],
    );
    let moved = [item("a-17", None), item("a-18", Some("70.00"))];
    check(&moved, Separator::Comma, "20310203,E-1042,F,L,Quality Score,QS1,Percent,70.00\r\n");
}
