//! Measures out of rows of `agent_day`.

use super::*;

const ROW: [&str; 4] = ["acme", "genesys", "form-1", "human"];

/// A row of one version of `form-1` scored by `human`; no mean makes it a retracted one.
fn row(agent: &str, day: &str, version: &str, n: i64, mean: Option<f64>) -> Row {
    let [tenant, platform, form_id, scored_by] = ROW;
    let of = |name: &str| match name {
        "tenant" => Cell::Text(tenant.to_owned()),
        "platform" => Cell::Text(platform.to_owned()),
        "agent_id" => Cell::Text(agent.to_owned()),
        "business_date" => Cell::Text(day.to_owned()),
        "form_id" => Cell::Text(form_id.to_owned()),
        "form_version_id" => Cell::Text(version.to_owned()),
        "content_hash" => Cell::Text(format!("hash-{version}")),
        "scored_by" => Cell::Text(scored_by.to_owned()),
        "n" => Cell::Int(n),
        "mean_normalized" => Cell::real(mean),
        "mean_final" => Cell::real(mean.map(|mean| mean / 2.0)),
        _ => Cell::Null,
    };
    AGENT_DAY.columns.iter().map(|column| of(column.name)).collect()
}

fn measure(value: MeasureValue, precision: u8) -> FeedMeasure {
    FeedMeasure {
        form_id: "form-1".to_owned(),
        scored_by: "human".to_owned(),
        metric_id: "QS1".to_owned(),
        name: "Quality Score".to_owned(),
        precision,
        kind: MeasureKind::Percent,
        value,
    }
}

fn ages(ages: &[(&str, Option<&str>, Option<&str>)]) -> VersionAges {
    let age = |(version, published, seen): &(&str, Option<&str>, Option<&str>)| {
        let age = VersionAge {
            published_at: published.map(|moment| moment.parse().unwrap()),
            first_seen: seen.map(|date| date.parse().unwrap()),
        };
        (("acme".to_owned(), (*version).to_owned(), format!("hash-{version}")), age)
    };
    ages.iter().map(age).collect()
}

fn shown(rows: &[Row], setting: FeedMeasure, ages: &VersionAges) -> String {
    let measured = measures(rows, &[setting], &People::new(), ages);
    let item = |item: &Item| {
        let version = item.form_version_id.as_deref().unwrap_or("-");
        format!("{} {} {version} n {} {}", item.agent_id, item.business_date, item.n, item.value.as_deref().unwrap_or("null"))
    };
    let choice = |two: &TwoVersions| format!("shown {:?} left out {:?}", two.shown, two.left_out);
    measured.items.iter().map(item).chain(measured.two_versions.iter().map(choice)).collect::<Vec<_>>().join(" | ")
}

#[track_caller]
fn check_rows(rows: &[Row], version_ages: &[(&str, Option<&str>, Option<&str>)], expected: &str) {
    let ages = ages(version_ages);
    let setting = measure(MeasureValue::MeanNormalized, 2);
    assert_eq!(shown(rows, setting.clone(), &ages), expected);
    let reversed: Vec<Row> = rows.iter().rev().cloned().collect();
    assert_eq!(shown(&reversed, setting, &ages), expected, "the order of the rows shows");
}

const DAY: &str = "2031-02-03";

#[test]
fn an_agent_day_is_one_number_rounded_to_the_measures_precision() {
    let rows = [row("a-17", DAY, "v1", 2, Some(82.540_540_540_540_54))];
    check_rows(&rows, &[], "a-17 2031-02-03 v1 n 2 82.54");
    assert_eq!(shown(&rows, measure(MeasureValue::MeanNormalized, 0), &VersionAges::new()), "a-17 2031-02-03 v1 n 2 83");
    assert_eq!(shown(&rows, measure(MeasureValue::MeanNormalized, 5), &VersionAges::new()), "a-17 2031-02-03 v1 n 2 82.54054");
    assert_eq!(shown(&rows, measure(MeasureValue::MeanFinal, 2), &VersionAges::new()), "a-17 2031-02-03 v1 n 2 41.27");
}

#[test]
fn a_retracted_agent_day_takes_its_number_back() {
    check_rows(&[row("a", DAY, "v1", 0, None)], &[], "a 2031-02-03 - n 0 null");
}

#[test]
fn a_version_that_is_still_there_goes_before_a_retracted_one() {
    check_rows(&[row("a", DAY, "v1", 0, None), row("a", DAY, "v2", 1, Some(70.0))], &[], "a 2031-02-03 v2 n 1 70.00");
}

#[test]
fn of_two_versions_the_one_with_more_assessments_is_shown_and_told() {
    let rows = [row("a", DAY, "v1", 3, Some(90.0)), row("a", DAY, "v2", 2, Some(70.0))];
    let newer = [("v1", Some("2031-01-01T00:00:00Z"), None), ("v2", Some("2031-02-01T00:00:00Z"), None)];
    check_rows(&rows, &newer, "a 2031-02-03 v1 n 3 90.00 | shown (\"v1\", 3) left out [(\"v2\", 2)]");
}

#[test]
fn on_a_tie_the_version_published_later_is_shown() {
    let rows = [row("a", DAY, "v2", 2, Some(70.0)), row("a", DAY, "v1", 2, Some(90.0))];
    let newer = [("v1", Some("2031-02-01T09:00:00Z"), None), ("v2", Some("2031-02-01T08:00:00Z"), None)];
    check_rows(&rows, &newer, "a 2031-02-03 v1 n 2 90.00 | shown (\"v1\", 2) left out [(\"v2\", 2)]");
}

#[test]
fn without_a_time_of_publication_the_version_seen_later_is_the_newer() {
    let rows = [row("a", DAY, "v2", 2, Some(70.0)), row("a", DAY, "v1", 2, Some(90.0))];
    let seen = [("v1", None, Some("2031-02-01")), ("v2", None, Some("2031-01-01"))];
    check_rows(&rows, &seen, "a 2031-02-03 v1 n 2 90.00 | shown (\"v1\", 2) left out [(\"v2\", 2)]");
    let mixed = [("v1", None, Some("2031-02-01")), ("v2", Some("2031-02-02T00:00:00Z"), None)];
    check_rows(&rows, &mixed, "a 2031-02-03 v2 n 2 70.00 | shown (\"v2\", 2) left out [(\"v1\", 2)]");
    check_rows(&rows, &[], "a 2031-02-03 v2 n 2 70.00 | shown (\"v2\", 2) left out [(\"v1\", 2)]");
}

#[test]
fn forms_without_a_measure_are_counted_and_not_sent() {
    let rows = [row("a", DAY, "v1", 3, Some(90.0)), row("b", DAY, "v1", 3, Some(90.0))];
    let other = FeedMeasure { scored_by: "ai".to_owned(), ..measure(MeasureValue::MeanNormalized, 2) };
    let measured = measures(&rows, &[other], &People::new(), &VersionAges::new());
    assert_eq!(measured.items, []);
    assert_eq!(measured.unmeasured, BTreeMap::from([(("form-1".to_owned(), "human".to_owned()), 2)]));
}

#[test]
fn an_agent_carries_what_the_roster_knows() {
    let person = Person { person_id: Some("E-1042".to_owned()), ..Person::default() };
    let people = People::from([(("acme".to_owned(), "a".to_owned()), person.clone())]);
    let rows = [row("b", DAY, "v1", 1, Some(90.0)), row("a", DAY, "v1", 1, Some(90.0))];
    let measured = measures(&rows, &[measure(MeasureValue::MeanNormalized, 2)], &people, &VersionAges::new());
    let persons: Vec<_> = measured.items.iter().map(|item| item.person.clone()).collect();
    assert_eq!(persons, [Some(person), None]);
}

#[test]
fn measures_that_cannot_be_meant_are_named() {
    let one = measure(MeasureValue::MeanNormalized, 2);
    let other = FeedMeasure { scored_by: "ai".to_owned(), precision: 6, ..one.clone() };
    assert_eq!(check(std::slice::from_ref(&one)), Vec::<String>::new());
    assert_eq!(
        check(&[one.clone(), other, FeedMeasure { metric_id: "QS2".to_owned(), ..one.clone() }]),
        [
            "metric `QS1` is that of two measures",
            "metric `QS1`: precision 6 is above 5",
            "form `form-1` scored by `human` has two measures"
        ]
    );
    let many: Vec<FeedMeasure> =
        (0..51).map(|n| FeedMeasure { form_id: format!("f{n}"), metric_id: format!("m{n}"), ..one.clone() }).collect();
    assert_eq!(check(&many), ["51 measures; an organisation may have 50"]);
}
