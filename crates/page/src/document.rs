//! The HTML that the scripts fill: headings, filters, one place for each chart, and the words around them.
//! All text of the report that stands here is escaped by the template; everything else goes through `payload`.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use model::time;

use crate::assets::{LIBRARIES, policy_source, script, style};
use crate::{Report, definitions, payload};

/// A chart's place in the page.
struct Section {
    id: &'static str,
    title: &'static str,
    /// How to read it.
    how: &'static str,
    /// Which filters it follows, in words.
    follows: &'static str,
    /// It shows single agents.
    of_agents: bool,
}

static SECTIONS: [Section; 9] = [
    Section {
        id: "trend",
        title: "Trend by version cohort",
        how: "Weekly means of the normalized score, a line for each form version. Lines of two versions are never joined: they are \
              measured with two instruments. The thin grey line is the chained index, which carries on only what the common questions show.",
        follows: "Follows every filter.",
        of_agents: false,
    },
    Section {
        id: "split",
        title: "Change split",
        how: "What a new form version did to the mean, part by part. Read from the top: the old mean, what removing, reweighting and \
              adding questions did, what agents did differently, and the new mean.",
        follows: "Follows platform, tenant, scope and form, and shows the changes inside the period. Its sides reach 90 days around \
                  the change, whatever the period is, unless the settings say otherwise.",
        of_agents: false,
    },
    Section {
        id: "evaluators",
        title: "Evaluator leniency",
        how: "How many points an evaluator gives above or below what the agents and forms at hand let expect; right of the line is \
              lenient. The faint tick is the raw deviation, which still holds the luck of whom they had to evaluate.",
        follows: "Follows platform and tenant. One model speaks of all forms together, unless the report was made for one form. It has its own \
                  span of days and does not follow scope or period.",
        of_agents: false,
    },
    Section {
        id: "questions",
        title: "Question heat map",
        how: "Attainment of each question by week: 100 is every point that was to be had. The bars beside the names are the weight of \
              the question and how often it was not applicable. A blank cell has too few answers.",
        follows: "Follows every filter.",
        of_agents: false,
    },
    Section {
        id: "agents",
        title: "Agent funnel",
        how: "Every agent of a cohort by number of assessments. Between the limits lies what chance alone explains; only agents who \
              still stand out after correcting for the number of agents are named.",
        follows: "Follows platform, tenant and form, and scope where agents are pooled by it. Agents have their own span of days and \
                  do not follow the period.",
        of_agents: true,
    },
    Section {
        id: "reconciliation",
        title: "Reconciliation",
        how: "What was extracted, filled, against what the platform's own console counts, outlined. The tick is the share below which \
              it is an alert.",
        follows: "Follows platform, tenant and scope. The dates are those of the counts; it does not follow form or period.",
        of_agents: false,
    },
    Section {
        id: "control",
        title: "Control charts",
        how: "Whether a week differs from what the same cohort did in its first weeks. The limits are frozen after the baseline and \
              begin anew with every form version.",
        follows: "Follows every filter.",
        of_agents: false,
    },
    Section {
        id: "lag",
        title: "Edit lag",
        how: "Of all records that were edited after they were made, the share whose last edit had come after so many hours. Edits to \
              the right of the line come after the span that is read again.",
        follows: "Follows platform and tenant. It does not follow scope, form or period.",
        of_agents: false,
    },
    Section {
        id: "card",
        title: "Agent card",
        how: "One agent: the shrunken score with its interval, what it was pulled to, and the last assessments.",
        follows: "Follows platform, tenant and form. It has its own span of days and does not follow the period.",
        of_agents: true,
    },
];

/// The whole file.
pub(crate) fn html(report: &Report) -> String {
    let script = script();
    let sources: Vec<String> = LIBRARIES.iter().map(|library| library.text).chain([script.as_str()]).map(policy_source).collect();
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src {}; img-src data: blob:; base-uri 'none'; form-action 'none'",
        sources.join(" ")
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" href="data:,";
                title { (report.title) }
                style { (PreEscaped(style())) }
            }
            body {
                a class="skip" href="#main" { "Skip to the charts" }
                (patterns())
                (head(report))
                main id="main" tabindex="-1" {
                    (summary(report))
                    @for (index, section) in SECTIONS.iter().enumerate() { (place(report, index + 1, section)) }
                    section id="definitions" class="panel" aria-labelledby="definitions-title" {
                        h2 id="definitions-title" tabindex="-1" { "Definitions" }
                        p class="how" { "Every number of this page, what it means, and the house rule it follows. Numbers are kept unrounded, \
                            shown half up to one decimal, and given in tables and downloads with six." }
                        div id="definitions-list" {}
                    }
                }
                (foot(report))
                script type="application/json" id="rows" { (PreEscaped(payload::json(report))) }
                script type="application/json" id="words" { (PreEscaped(definitions::TEXT.replace('<', "\\u003c"))) }
                @for library in &LIBRARIES { script { (PreEscaped(library.text)) } }
                script { (PreEscaped(script.as_str())) }
            }
        }
    };
    page.into_string()
}

/// Hatchings, so that no meaning hangs on colour alone.
fn patterns() -> Markup {
    html! {
        svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false" {
            defs {
                pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    path d="M0 0V6" {}
                }
                pattern id="stripe" width="8" height="8" patternUnits="userSpaceOnUse" {
                    path d="M0 2H8M0 6H8" {}
                }
                pattern id="alert" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)" {
                    rect width="5" height="5" {}
                    path d="M0 0V5" {}
                }
            }
        }
    }
}

fn head(report: &Report) -> Markup {
    let filters = [
        ("platform", "Platform"),
        ("tenant", "Tenant"),
        ("scope", "Division or team"),
        ("form", "Form"),
        ("from", "From week"),
        ("to", "To week"),
    ];
    html! {
        header class="top" {
            div class="wide titles" {
                div {
                    h1 { (report.title) }
                    p class="made" { "Made at " time { (time::text(report.made_at)) } }
                }
                div class="field" {
                    label for="theme" { "Colours" }
                    select id="theme" {
                        option value="" { "As the device" }
                        option value="light" { "Light" }
                        option value="dark" { "Dark" }
                    }
                }
            }
        }
        div class="bar" {
            form id="filters" class="wide filters" aria-label="Filters" {
                @for (id, label) in filters {
                    div class="field" {
                        label for=(id) { (label) }
                        select id=(id) name=(id) autocomplete="off" {}
                    }
                }
                button type="reset" { "Reset" }
            }
        }
        noscript { p class="wide" { "This page draws its charts with the scripts that it carries; the browser has scripts turned off." } }
    }
}

fn summary(report: &Report) -> Markup {
    html! {
        section id="summary" aria-labelledby="summary-title" {
            h2 id="summary-title" class="quiet" tabindex="-1" { "What the changes of form did" }
            div id="headlines" {}
            div id="glance" {}
            @if !report.notes.is_empty() {
                div class="notes" {
                    h2 { "Before reading on" }
                    ul { @for note in &report.notes { li { (note) } } }
                }
            }
            nav aria-label="Charts" class="contents" {
                ul {
                    @for (index, section) in SECTIONS.iter().enumerate() {
                        li { span class="number" { (index + 1) } " " a href={ "#" (section.id) } { (section.title) } }
                    }
                    li { a href="#definitions" { "Definitions" } }
                }
            }
        }
    }
}

fn place(report: &Report, number: usize, section: &Section) -> Markup {
    let Section { id, title, how, follows, of_agents } = section;
    html! {
        section id=(id) class="panel" aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } tabindex="-1" { span class="number" { (number) } " " (title) }
            p class="how" { (how) }
            @match &report.agent_level {
                Err(reason) if *of_agents => { p class="withheld" { "Single agents are not shown in this report: " (reason) } }
                level => {
                    @if let (Ok(purpose), true) = (level, *of_agents) { p class="purpose" { "Single agents are shown for this purpose: " (purpose) } }
                    p class="follows" { (follows) }
                    div class="figures" id={ (id) "-figures" } {}
                }
            }
        }
    }
}

fn foot(report: &Report) -> Markup {
    html! {
        footer class="wide" {
            @if !report.facts.is_empty() {
                h2 { "What this report was made of" }
                dl { @for fact in &report.facts { div { dt { (fact.name) } dd { (fact.value) } } } }
            }
            p { "Charts are drawn with Observable Plot 0.6.17 (\u{a9} 2020-2025 Observable, Inc.) and D3 7.9.2 (\u{a9} 2010-2026 Mike \
                Bostock), both under the ISC licence. This file asks nothing of any network." }
        }
    }
}
