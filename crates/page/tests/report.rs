//! The report as a file: what it asks for, what it holds, how large it is. What it shows is tested in a browser (`tests/page`).

#![allow(clippy::expect_used, clippy::indexing_slicing)]

#[path = "../examples/sample/mod.rs"]
mod sample;

use scorelake_page::Report;

fn html(kind: &str) -> String {
    scorelake_page::render(&report(kind))
}

fn report(kind: &str) -> Report {
    sample::report(kind).expect("the kind is known")
}

/// The file without the two libraries and our own scripts: markup, style and data.
fn without_scripts(html: &str) -> String {
    let mut rest = html;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once("<script>") {
        kept.push_str(before);
        rest = after.split_once("</script>").expect("a script ends").1;
    }
    kept + rest
}

#[test]
fn a_year_of_500_agents_is_under_five_megabytes() {
    let bytes = html("year").len();
    assert!(bytes < 5_000_000, "{bytes} bytes");
    println!("{bytes} bytes");
}

#[test]
fn the_same_report_is_the_same_bytes() {
    assert_eq!(html("small"), html("small"));
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    let markup = without_scripts(&html("small")).to_lowercase();
    for load in ["src=", "@import", "url(http", "url(//", "<iframe", "<object", "<embed", "<base", "http-equiv=\"refresh\"", "srcset"] {
        let places = markup.matches(load).count();
        // The hostile name is the only text with a `src`, and stands there as data.
        let expected = if load == "src=" { markup.matches("img src=x").count() } else { 0 };
        assert_eq!(places, expected, "{load}");
    }
    let links: Vec<&str> = markup.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default()).collect();
    assert!(!links.is_empty());
    assert!(links.iter().all(|link| link.starts_with('#') || *link == "data:,"), "{links:?}");
    assert!(!markup.contains("<script src") && !markup.contains(" onload") && !markup.contains(" onclick"));
}

#[test]
fn the_policy_allows_our_scripts_only() {
    let html = html("empty");
    let policy = html.split("Content-Security-Policy\" content=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-"), "{policy}");
    assert_eq!(policy.matches("'sha256-").count(), 3);
    assert!(!policy.contains("script-src 'unsafe"), "{policy}");
}

#[test]
fn a_hostile_name_ends_no_script_and_is_no_markup() {
    let mut report = report("small");
    report.title = sample::HOSTILE.to_owned();
    report.notes = vec![sample::HOSTILE.to_owned()];
    report.facts[0].value = sample::HOSTILE.to_owned();
    report.settings[0].value = sample::HOSTILE.to_owned();
    report.agent_level = Ok(sample::HOSTILE.to_owned());
    let html = scorelake_page::render(&report);
    assert!(!html.contains("<img"));
    assert_eq!(html.matches("</script>").count(), 5);
    assert!(html.contains("\\u003c/script>\\u003cimg src=x onerror=alert(1)>"));
}

#[test]
fn without_a_purpose_no_agent_is_in_the_file() {
    let html = html("withheld");
    assert!(html.contains("Single agents are not shown in this report: no purpose is set"));
    for word in ["a-001", "Chidi Okafor", "\"agent_score\":{\"n\"", "\"agent_recent\":{\"n\"", "9.5 points below the cohort"] {
        assert!(!html.contains(word), "{word}");
    }
    assert!(html.contains("the weekly mean is above the upper limit"), "other alarms are shown");
    assert!(!html.contains("id=\"card-figures\"") && !html.contains("id=\"agents-figures\""));
}

#[test]
fn with_a_purpose_it_is_named() {
    let html = html("small");
    assert!(html.contains("Single agents are shown for this purpose: coaching, agreed"));
    assert!(html.contains("\"agent_score\":{\"n\""));
}

#[test]
fn tables_that_no_chart_shows_are_left_out() {
    let mut report = report("empty");
    report.tables = vec![
        (&model::table::ASSESSMENT, Vec::new()),
        (&model::table::analytics::AGENT_DAY, Vec::new()),
        (&model::table::SCOPE, Vec::new()),
        (&model::table::SCOPE, Vec::new()),
    ];
    let html = scorelake_page::render(&report);
    assert!(!html.contains("\"assessment\":{\"n\"") && !html.contains("\"agent_day\":{\"n\""));
    assert_eq!(html.matches("\"scope\":{\"n\"").count(), 1);
}
