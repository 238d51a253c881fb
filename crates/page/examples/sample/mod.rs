//! A made-up centre, laid out as the report's tables. The numbers are drawn, not computed: they only have to look like numbers,
//! except that the parts of a split add up and that means lie in their intervals.

mod controls;
mod people;
mod trends;

use std::cell::Cell as Slot;

use model::table::{Cell, Row, Table};
use scorelake_page::{Fact, Report, Reread};

/// A name that would run if it were taken for HTML.
pub(crate) const HOSTILE: &str = "</script><img src=x onerror=alert(1)>";

/// How large the centre is.
pub(crate) struct Centre {
    pub(crate) n_agents: usize,
    pub(crate) n_divisions: usize,
    pub(crate) n_teams: usize,
    pub(crate) n_weeks: usize,
    pub(crate) n_evaluators: usize,
    pub(crate) n_questions: usize,
    seed: Slot<u64>,
}

/// One version of a form, as one instrument used it.
pub(crate) struct Version {
    pub(crate) tenant: &'static str,
    pub(crate) platform: &'static str,
    pub(crate) form_id: &'static str,
    pub(crate) form_name: &'static str,
    pub(crate) number: usize,
    pub(crate) scored_by: &'static str,
    /// Weeks, half-open.
    pub(crate) weeks: std::ops::Range<usize>,
    pub(crate) mean: f64,
}

/// A scope of a tenant.
#[derive(Clone)]
pub(crate) struct Scope {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    /// The share of all assessments.
    pub(crate) share: f64,
}

/// The report of that kind; none if there is no such kind.
pub(crate) fn report(kind: &str) -> Option<Report> {
    let small = |seed| Centre::of(44, 4, 3, 30, 14, 12, seed);
    let (centre, agent_level) = match kind {
        "small" => (small(7), Ok("coaching, agreed with the works council on 3 March 2031".to_owned())),
        "withheld" => (small(7), Err("no purpose is set for single agents in this publication".to_owned())),
        "year" => (Centre::of(500, 10, 60, 52, 60, 18, 11), Ok("coaching".to_owned())),
        "empty" => (Centre::of(0, 0, 0, 0, 0, 0, 1), Err("there are no agents".to_owned())),
        _ => return None,
    };
    let tables = if kind == "empty" { Vec::new() } else { tables(&centre) };
    Some(Report {
        title: "Quality report: Aurora Contact Centre".to_owned(),
        made_at: "2031-12-29T05:15:00Z".parse().ok()?,
        facts: facts(&[("Store", "scorelake.db"), ("Last run", "run-2031-12-29-0500"), ("Assessments", "61 204"), ("Version", "0.2.0")]),
        notes: vec!["Two weeks of division APAC are missing: its windows were not read to their end.".to_owned()],
        settings: facts(&[
            ("provisional_below", "10"),
            ("baseline_points", "8"),
            ("split_span_days", "90"),
            ("agent_span_days", "90"),
            ("leniency_span_days", "180"),
            ("common_share", "0.5"),
            ("least_effect", "2.0"),
            ("false_discovery_rate", "0.05"),
            ("flat_slope", "0.1"),
            ("k_anonymity", "5"),
            ("agent_pool", "tenant"),
            ("pass_score", "80"),
            ("alert_below_percent", "95"),
        ]),
        reread: vec![Reread { tenant: "aurora".to_owned(), hours: 72.0 }],
        agent_level,
        tables,
    })
}

fn facts(pairs: &[(&str, &str)]) -> Vec<Fact> {
    pairs.iter().map(|(name, value)| Fact { name: (*name).to_owned(), value: (*value).to_owned() }).collect()
}

fn tables(centre: &Centre) -> Vec<(&'static Table, Vec<Row>)> {
    let versions = centre.versions();
    let mut tables = trends::tables(centre, &versions);
    tables.extend(people::tables(centre, &versions));
    tables.extend(controls::tables(centre, &versions));
    tables
}

impl Centre {
    fn of(n_agents: usize, n_divisions: usize, n_teams: usize, n_weeks: usize, n_evaluators: usize, n_questions: usize, seed: u64) -> Self {
        Self { n_agents, n_divisions, n_teams, n_weeks, n_evaluators, n_questions, seed: Slot::new(seed) }
    }

    /// Evenly between 0 and 1 (SplitMix64).
    pub(crate) fn even(&self) -> f64 {
        let seed = self.seed.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.seed.set(seed);
        let mixed = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal, mean 0 and variance 1.
    pub(crate) fn normal(&self) -> f64 {
        (0..12).map(|_| self.even()).sum::<f64>() - 6.0
    }

    /// The Monday of a week, counted from the first.
    pub(crate) fn week(&self, index: usize) -> String {
        let first = jiff::civil::date(2031, 1, 6);
        first.saturating_add(jiff::Span::new().weeks(index as i64)).to_string()
    }

    /// A day of a week.
    pub(crate) fn day(&self, week: usize, day: i64) -> String {
        let first = jiff::civil::date(2031, 1, 6);
        first.saturating_add(jiff::Span::new().weeks(week as i64).days(day)).to_string()
    }

    fn versions(&self) -> Vec<Version> {
        let weeks = self.n_weeks;
        let version = |form_id, form_name, number, scored_by, weeks, mean| Version {
            tenant: "aurora",
            platform: "genesys",
            form_id,
            form_name,
            number,
            scored_by,
            weeks,
            mean,
        };
        let (third, two) = (weeks / 3, 2 * weeks / 3);
        let mut all = vec![
            version("f-service", "Service call", 1, "human", 0..third, 94.3),
            version("f-service", "Service call", 2, "human", third..two, 81.8),
            version("f-service", "Service call", 3, "human", two..weeks, 83.4),
            version("f-service", "Service call", 3, "ai", two..weeks, 78.1),
            version("f-sales", "Sales call", 1, "human", 0..third + 2, 76.0),
            version("f-sales", "Sales call", 2, "human", third + 2..two + 3, 79.5),
            version("f-sales", "Sales call", 3, "human", two + 3..weeks, 80.2),
            version("f-mail", "E-mail <b>&amp;</b>", 1, "human", 0..third + 5, 88.0),
            version("f-mail", "E-mail <b>&amp;</b>", 2, "human", third + 5..two + 5, 84.0),
            version("f-mail", "E-mail <b>&amp;</b>", 3, "human", two + 5..weeks, 86.0),
        ];
        all.push(Version {
            tenant: "aurora-nice",
            platform: "cxone",
            form_id: "name:Retention",
            form_name: "Retention",
            number: 1,
            scored_by: "human",
            weeks: 0..weeks / 2,
            mean: 71.0,
        });
        all.push(Version {
            tenant: "aurora-nice",
            platform: "cxone",
            form_id: "name:Retention",
            form_name: "Retention",
            number: 2,
            scored_by: "human",
            weeks: weeks / 2..weeks,
            mean: 74.0,
        });
        all
    }

    /// The whole tenant, and its divisions.
    pub(crate) fn divisions(&self) -> Vec<Scope> {
        const NAMES: [&str; 10] = ["EMEA", "APAC", "LATAM", "NA-East", "NA-West", "Nordics", "Iberia", "DACH", "India", "Night"];
        let whole = Scope { kind: "tenant", id: "*".to_owned(), share: 1.0 };
        // The last one has a single agent.
        let share = |index: usize| if index + 1 == self.n_divisions { 0.012 } else { 1.0 / self.n_divisions as f64 };
        let divisions = NAMES.iter().take(self.n_divisions).enumerate();
        let divisions = divisions.map(|(index, name)| Scope { kind: "division", id: (*name).to_owned(), share: share(index) });
        std::iter::once(whole).chain(divisions).collect()
    }

    /// These, and the teams.
    pub(crate) fn scopes(&self) -> Vec<Scope> {
        let teams =
            (1..=self.n_teams).map(|index| Scope { kind: "team", id: format!("team-{index:02}"), share: 0.8 / self.n_teams as f64 });
        self.divisions().into_iter().chain(teams).collect()
    }
}

impl Version {
    pub(crate) fn id(&self) -> String {
        format!("{}-v{}", self.form_id.trim_start_matches("name:"), self.number)
    }

    pub(crate) fn hash(&self) -> String {
        let sum = self.id().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{sum:016x}")
    }

    /// The columns that all rows of a cohort share.
    pub(crate) fn columns(&self) -> Vec<(&'static str, Cell)> {
        vec![
            ("tenant", text(self.tenant)),
            ("platform", text(self.platform)),
            ("form_id", text(self.form_id)),
            ("form_version_id", text(&self.id())),
            ("content_hash", text(&self.hash())),
            ("scored_by", text(self.scored_by)),
        ]
    }
}

/// A row with these cells by name; the rest is null.
pub(crate) fn row(table: &Table, cells: Vec<(&str, Cell)>) -> Row {
    let mut row: Row = table.columns.iter().map(|_| Cell::Null).collect();
    for (name, cell) in cells {
        if let Some(place) = table.position(name).and_then(|position| row.get_mut(position)) {
            *place = cell;
        }
    }
    row
}

pub(crate) fn text(words: &str) -> Cell {
    Cell::Text(words.to_owned())
}

pub(crate) fn int(number: usize) -> Cell {
    Cell::Int(number as i64)
}

pub(crate) fn real(number: f64) -> Cell {
    Cell::Real(number)
}
