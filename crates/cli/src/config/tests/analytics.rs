//! Tests of `[analytics]`, of the days of tenants and of feeds.

use engine::analysis::settings::Analytics;
use jiff::civil::time;

use super::*;
use crate::config::analytics::DateFallback;
use crate::config::publication::{Feed, Target};

fn loaded(text: &str, variables: &[(&str, &str)]) -> Config {
    load(text, variables).unwrap_or_else(|lines| panic!("{}", lines.join("\n")))
}

#[test]
fn absent_keys_are_the_house_rules() {
    let config = loaded(TENANT, &[]);
    assert_eq!(config.numbers.settings().unwrap(), Analytics::default());
    assert_eq!(config.numbers.date_fallback, DateFallback::None);
    let days = &config.days[&config.tenants[0].name];
    assert_eq!((days.tenant.start, days.scopes.len()), (time(0, 0, 0, 0), 0));
}

#[test]
fn every_key_of_analytics_reaches_its_setting() {
    let text = format!(
        "{TENANT}[analytics]\nsplit_span_days = 1\nagent_span_days = 2\nleniency_span_days = 3\nagent_pool = \"team\"\nbaseline_points = 4\n\
         common_share = 0.1\nside_assessments = 5\nsame_evaluators = 0.2\nprovisional_below = 6\nleast_effect = 0.3\nleast_rate_effect = 0.4\n\
         false_discovery_rate = 0.6\nflat_slope = 0.7\npass_score = 80\nk_anonymity = 7\ndate_fallback = \"submitted\"\n"
    );
    let config = loaded(&text, &[]);
    let seen = format!("{:?}", config.numbers.settings().unwrap());
    let expected = "Analytics { split_span_days: 1, agent_span_days: 2, leniency_span_days: 3, agent_pool: Team, baseline_points: 4, \
                    common_share: 0.1, side_assessments: 5, same_evaluators: 0.2, provisional_below: 6, least_effect: 0.3, \
                    least_rate_effect: 0.4, false_discovery_rate: 0.6, flat_slope: 0.7, pass_score: Some(80.0), k_anonymity: 7, \
                    roster: Roster({}) }";
    assert_eq!(seen, expected);
    assert_eq!(config.numbers.date_fallback, DateFallback::Submitted);
}

#[test]
fn numbers_and_words_beyond_their_limits_are_told_a_line_each() {
    check_refused(
        &format!(
            "{TENANT}[analytics]\nsplit_span_day = 3\nagent_pool = \"site\"\ncommon_share = 1.5\nbaseline_points = 1\nleast_effect = \"two\"\ndate_fallback = \"start\"\nroster = \"\"\n"
        ),
        &[
            "`analytics`: `agent_pool`: `site` is none of `tenant`, `division`, `team`",
            "`analytics`: `baseline_points`: a whole number from 2 to 520 is asked for, not `1`",
            "`analytics`: `common_share`: a number from 0 to 1 is asked for, not `1.5`",
            "`analytics`: `date_fallback`: `start` is none of `none`, `submitted`",
            "`analytics`: `least_effect`: a number from 0 to 100 is asked for, not `two`",
            "`analytics`: unknown key `split_span_day`; did you mean `split_span_days`?",
            "`analytics`: `roster`: is empty",
        ],
    );
}

#[test]
fn a_scope_has_the_tenants_day_where_it_says_nothing() {
    let text = format!(
        "{TENANT}timezone = \"America/New_York\"\nday_start = \"04:00\"\n[tenant.zones.D1]\ntimezone = \"Asia/Kolkata\"\n[tenant.zones.\"d-2\"]\nday_start = \"06:30\"\n"
    );
    let of = |config: &Config, id: &str| {
        let days = &config.days[&config.tenants[0].name];
        let day = days.scopes.get(id).unwrap_or(&days.tenant);
        format!("{} {}", day.zone.iana_name().unwrap(), day.start)
    };
    let config = loaded(&text, &[]);
    assert_eq!(
        ["", "D1", "d-2"].map(|id| of(&config, id)),
        ["America/New_York 04:00:00", "Asia/Kolkata 04:00:00", "America/New_York 06:30:00"]
    );
    let overlaid = loaded(
        &text,
        &[
            ("SCORELAKE__TENANT__ACME__DAY_START", "05:00"),
            ("SCORELAKE__TENANT__ACME__ZONES__D1__DAY_START", "07:00"),
            ("SCORELAKE__TENANT__ACME__ZONES__D_2__TIMEZONE", "Europe/Madrid"),
        ],
    );
    assert_eq!(
        ["", "D1", "d-2"].map(|id| of(&overlaid, id)),
        ["America/New_York 05:00:00", "Asia/Kolkata 07:00:00", "Europe/Madrid 06:30:00"]
    );
    let whole = loaded(TENANT, &[("SCORELAKE__TENANT__ACME__ZONES", "{ \"d3\" = { timezone = \"Asia/Kolkata\" } }")]);
    assert_eq!(of(&whole, "d3"), "Asia/Kolkata 00:00:00");
    let lines = load(&text, &[("SCORELAKE__TENANT__ACME__ZONES__D3__TIMEZONE", "UTC")]).map(drop).unwrap_err();
    assert_eq!(
        lines,
        ["environment variable `SCORELAKE__TENANT__ACME__ZONES__D3__TIMEZONE`: no `d3` with a key behind it; did you mean `d1`?"]
    );
}

#[test]
fn days_that_cannot_be_meant_are_told() {
    check_tenant_refused("day_start = \"4\"\n", ": `day_start`: `4` is no time of day such as `04:00`");
    check_tenant_refused("day_start = \"25:00\"\n", ": `day_start`: `25:00` is no time of day such as `04:00`");
    check_tenant_refused("[tenant.zones.d1]\n", ", `zones`, `d1`: `timezone` or `day_start` is asked for");
    check_tenant_refused(
        "[tenant.zones.d1]\ntimezone = \"Mars/Olympus\"\n",
        ", `zones`, `d1`: `timezone`: `Mars/Olympus` is no IANA time zone such as `America/New_York`",
    );
    check_tenant_refused(
        "[tenant.zones.d1]\ntimezon = \"UTC\"\nday_start = \"01:00\"",
        ", `zones`, `d1`: unknown key `timezon`; did you mean `timezone`?",
    );
}

#[test]
fn a_roster_is_read_when_it_is_needed_and_named_when_it_is_not_there() {
    let config = loaded(&format!("{TENANT}[analytics]\nroster = \"people.csv\"\n"), &[]);
    let failure = config.numbers.settings().unwrap_err();
    assert_eq!(failure.code(), 3);
    assert!(failure.message().starts_with("roster `/etc/scorelake/people.csv`: "), "{}", failure.message());
}

const CALABRIO: &str = "[[publication]]\nname = \"c\"\nkind = \"calabrio\"\npath = \"c.csv\"\npurpose = \"p\"\n";
const METRICS: &str = "[[publication]]\nname = \"m\"\nkind = \"genesys-external-metrics\"\ntenant = \"acme\"\npurpose = \"p\"\n";

#[test]
fn feeds_load_with_their_measures() {
    let text = format!(
        "{TENANT}[[publication]]\nname = \"a\"\nkind = \"agent-day\"\npath = \"days\"\nformat = \"ndjson\"\npurpose = \"planning\"\n\
         {CALABRIO}separator = \"semicolon\"\n[[publication.measure]]\nform_id = \"f\"\nname = \"Quality\"\nid = \"Q1\"\nkind = \"Numeric\"\nvalue = \"mean_final\"\n\
         {METRICS}[[publication.measure]]\nform_id = \"f\"\nscored_by = \"ai\"\nmetric_id = \"m1\"\nprecision = 1\n"
    );
    let config = loaded(&text, &[]);
    let seen: Vec<String> = config.publications.iter().map(|publication| format!("{:?}", publication.target)).collect();
    assert_eq!(
        seen,
        [
            "Feed(AgentDay { folder: \"/etc/scorelake/days\", format: Ndjson })",
            "Feed(Calabrio { path: \"/etc/scorelake/c.csv\", separator: Semicolon, tenant: None, measures: [FeedMeasure { form_id: \"f\", \
             scored_by: \"unknown\", metric_id: \"Q1\", name: \"Quality\", precision: 2, kind: Numeric, value: MeanFinal }] })",
            "Feed(ExternalMetrics { tenant: TenantName(\"acme\"), measures: [FeedMeasure { form_id: \"f\", scored_by: \"ai\", metric_id: \"m1\", \
             name: \"\", precision: 1, kind: Percent, value: MeanNormalized }], folder: None })",
        ]
    );
    let overlaid = loaded(&text, &[("SCORELAKE__PUBLICATION__M__PATH", "batches")]);
    assert!(matches!(&overlaid.publications[2].target, Target::Feed(Feed::ExternalMetrics { folder: Some(_), .. })));
}

#[test]
fn agent_level_is_off_without_a_purpose() {
    let agent_day = "[[publication]]\nname = \"a\"\nkind = \"agent-day\"\npath = \"days\"\n";
    let missing = "publication `a`: `purpose` is missing: agent level is off unless enabled with a purpose";
    check_refused(&format!("{TENANT}{agent_day}"), &[missing]);
    let empty = "publication `a`: `purpose`: is empty: agent level is off unless enabled with a purpose";
    check_refused(&format!("{TENANT}{agent_day}purpose = \" \"\n"), &[empty]);
    let useless = "publication `a`: `separator`: the kind `agent-day` has no use for it";
    check_refused(&format!("{TENANT}{agent_day}purpose = \"p\"\nseparator = \"comma\"\n"), &[useless]);
}

#[test]
fn measures_that_cannot_be_meant_are_told_a_line_each() {
    check_refused(
        &format!("{TENANT}{CALABRIO}"),
        &["publication `c`: `measure` is missing: at least one `[[publication.measure]]` is needed"],
    );
    let measure = |more: &str| format!("[[publication.measure]]\nform_id = \"f\"\n{more}\n");
    check_refused(
        &format!(
            "{TENANT}{CALABRIO}{}{}{}",
            measure("name = \"A\"\nid = \"1\""),
            measure("name = \"B\"\nid = \"1\""),
            measure(&format!("name = \"{}\"\nid = \"\"\nmetric_id = \"m\"\nscored_by = \"robot\"", "n".repeat(51))),
        ),
        &[
            &format!(
                "publication `c`, measure `{}...`: `scored_by`: `robot` is none of `human`, `ai`, `ai_edited`, `unknown`",
                "n".repeat(51)
            )
            .replace("...", ""),
            "publication `c`, measure `B`: `form_id`: measure 1 is of the same form, scored by `unknown`",
            "publication `c`, measure `B`: `id`: `1` is taken by measure 1",
            &format!("publication `c`, measure `{}`: `metric_id`: the kind `calabrio` has no use for it", "n".repeat(51)),
            &format!("publication `c`, measure `{}`: `id`: is empty", "n".repeat(51)),
            &format!("publication `c`, measure `{}`: `name`: 51 characters, and Calabrio takes 50", "n".repeat(51)),
        ],
    );
    let many: String = (0..51).map(|n| format!("[[publication.measure]]\nform_id = \"f{n}\"\nmetric_id = \"m{n}\"\n")).collect();
    check_refused(&format!("{TENANT}{METRICS}{many}"), &["publication `m`: `measure`: 51 metrics, and an organisation may have 50"]);
}

#[test]
fn external_metrics_go_to_a_genesys_tenant() {
    let measure = "[[publication.measure]]\nform_id = \"f\"\nmetric_id = \"m\"\n";
    let with = |metrics: &str| format!("{TENANT}{metrics}{measure}");
    check_refused(&with(&METRICS.replace("tenant = \"acme\"\n", "")), &["publication `m`: `tenant` is missing"]);
    check_refused(&with(&METRICS.replace("\"acme\"", "\"acne\"")), &["publication `m`: `tenant`: no tenant `acne`; did you mean `acme`?"]);
    check_refused(
        &with(METRICS).replace("platform = \"genesys\"", "platform = \"cxone\""),
        &["publication `m`: `tenant`: `acme` is no tenant of the platform `genesys`"],
    );
}

#[test]
fn credentials_are_fetched_for_publications_that_send_and_for_no_others() {
    let folder = Path::new("/etc/scorelake");
    let measure = "[[publication.measure]]\nform_id = \"f\"\nmetric_id = \"m\"\n";
    let read = |text: &str| read(text, folder, Secrets::Publications, &Environment::of(&VARIABLES, folder));
    let secret = |text: &str| read(text).unwrap().tenants[0].client_secret.expose().to_owned();
    assert_eq!(secret(TENANT), "");
    assert_eq!(secret(&format!("{TENANT}{METRICS}{measure}")), "hunter2");
    assert_eq!(secret(&format!("{TENANT}{METRICS}path = \"batches\"\n{measure}")), "");
}
