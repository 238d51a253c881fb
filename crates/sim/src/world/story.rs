//! The story that trends are tested with: a form is revised on a Tuesday, the mean falls, and nobody works differently.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::Value;

use super::*;
use crate::world::form::FormVersion;
use crate::world::text::DIVISIONS;

fn first_form(tenant: &Tenant, nth: u32) -> &FormVersion {
    tenant.forms.versions.iter().find(|version| version.form == 0 && version.version == nth).unwrap()
}

fn local(time_ms: i64, zone: &str) -> Zoned {
    Timestamp::from_millisecond(time_ms).unwrap().to_zoned(TimeZone::get(zone).unwrap())
}

/// One answered question of a Genesys assessment: its id and the share of its points, and the weight of these.
fn answers(record: &Record) -> Vec<(String, f64, f64)> {
    let body: Value = serde_json::from_str(&record.body).unwrap();
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    let answered = body["questions"].as_array().unwrap().iter().filter(|question| question["markedNA"] != true);
    let read = |question: &Value| {
        let (score, max_score) = (number(&question["score"])?, number(&question["maxScore"])?);
        Some((question["id"].as_str()?.to_owned(), score / max_score, max_score * number(&question["weight"])?))
    };
    answered.filter_map(read).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

/// The mean score over these questions, and over all of them.
fn mean_score(records: &[&Record], questions: &BTreeSet<&str>) -> (f64, f64) {
    let score = |record: &&Record, wanted: &dyn Fn(&str) -> bool| {
        let answers: Vec<_> = answers(record).into_iter().filter(|(id, _, _)| wanted(id)).collect();
        let heft: f64 = answers.iter().map(|(_, _, heft)| heft).sum();
        (heft > 0.0).then(|| 100.0 * answers.iter().map(|(_, share, heft)| share * heft).sum::<f64>() / heft)
    };
    let common = mean(records.iter().filter_map(|record| score(record, &|id| questions.contains(id))));
    (common, mean(records.iter().filter_map(|record| score(record, &|_| true))))
}

#[test]
fn first_form_is_revised_on_a_tuesday_wherever_the_reader_is() {
    for seed in 1..6 {
        for options in [WorldOptions::scaled(seed, 0.1), WorldOptions::half_year(seed, 0.1)] {
            let days = (options.end.as_millisecond() - options.start.as_millisecond()) / DAY_MS;
            let start_ms = options.start.as_millisecond();
            let world = World::new(options);
            for platform in Platform::ALL {
                let revised_ms = first_form(world.tenant(platform), 2).published_ms;
                let zone = world.tenant(platform).scope(0).unwrap().zone;
                for zone in [zone, "UTC", "America/Los_Angeles", "Europe/Zurich"] {
                    assert_eq!(local(revised_ms, zone).weekday(), Weekday::Tuesday, "seed {seed}, {zone}");
                }
                assert!(revised_ms - start_ms >= 56 * DAY_MS && revised_ms - start_ms < days * DAY_MS - 4 * 7 * DAY_MS);
            }
        }
    }
}

#[test]
fn short_world_is_revised_within_its_span() {
    for days in [1, 2, 4, 7, 9, 12] {
        let options = WorldOptions { n_assessments: 30, n_feedback: 0, ..WorldOptions::default() };
        let end = options.end;
        let options = options.ending_at(end, days);
        let span = options.start.as_millisecond()..options.end.as_millisecond();
        let world = World::new(options);
        assert!(span.contains(&first_form(world.tenant(Platform::Genesys), 2).published_ms), "{days} days");
    }
}

#[test]
fn first_revision_adds_two_heavy_questions_that_are_less_than_half_of_the_form() {
    for seed in 1..20 {
        let world = World::new(WorldOptions { seed, n_assessments: 20, n_feedback: 0, ..WorldOptions::default() });
        for platform in Platform::ALL {
            let (old, new) = (first_form(world.tenant(platform), 1), first_form(world.tenant(platform), 2));
            let heft = |questions: &[form::Question]| questions.iter().map(|question| question.weight * question.max_score).sum::<f64>();
            let (kept, added) = new.questions.split_at(old.questions.len());
            assert_eq!(added.len(), 2);
            assert!(added.iter().all(|question| question.weight >= 2.0 * heft(kept) / kept.len() as f64 / 5.0 && question.na_share == 0.0));
            let share = heft(added) / heft(&new.questions);
            assert!((0.29..0.37).contains(&share), "seed {seed}: {share}");
        }
    }
}

#[test]
fn revision_lowers_the_mean_by_twelve_points_and_the_common_questions_by_none() {
    for seed in [1, 2, 7] {
        let world = World::new(WorldOptions::scaled(seed, 1.0));
        let tenant = world.tenant(Platform::Genesys);
        let common: BTreeSet<&str> = first_form(tenant, 1).questions.iter().map(|question| question.id.as_str()).collect();
        let of_version = |nth: u32| -> Vec<&Record> {
            let version = first_form(tenant, nth);
            let fits = |record: &&Record| record.making.scored && tenant.forms.versions[record.making.form_version].id == version.id;
            tenant.assessments.iter().filter(fits).collect()
        };
        let (before, after) = (mean_score(&of_version(1), &common), mean_score(&of_version(2), &common));
        assert!((after.0 - before.0).abs() < 1.2, "seed {seed}: {before:?} {after:?}");
        assert!((10.5..14.5).contains(&(before.1 - after.1)), "seed {seed}: {before:?} {after:?}");
    }
}

#[test]
fn call_is_assessed_by_the_form_of_the_day_on_which_it_ended() {
    let world = World::new(WorldOptions::scaled(3, 0.5));
    let (tenant, makers) = (world.tenant(Platform::Genesys), world.makers(Platform::Genesys));
    let revised_ms = first_form(tenant, 2).published_ms;
    let mut n_late = 0;
    for record in tenant.assessments.iter() {
        let version = &tenant.forms.versions[record.making.form_version];
        let ended_ms = makers.interaction_end_ms(record.making.serial, record.making.born_ms);
        assert!(ended_ms < record.making.born_ms && local(ended_ms, "America/Los_Angeles").date() >= jiff::civil::date(2024, 1, 1));
        if version.form == 0 {
            assert_eq!(version.version == 2, ended_ms >= revised_ms);
            n_late += u32::from(version.version == 1 && record.making.born_ms > revised_ms);
        }
    }
    assert!(n_late > 0, "the old version is in use for some days");
}

#[test]
fn feedback_on_a_call_is_for_its_agent_and_younger() {
    let world = World::new(WorldOptions::scaled(4, 0.3));
    let tenant = world.tenant(Platform::Genesys);
    let assessments: BTreeMap<u32, &Record> = tenant.assessments.iter().map(|record| (record.making.serial, record)).collect();
    let about: Vec<_> = tenant.feedback.iter().filter_map(|record| Some((record, record.making.about?))).collect();
    assert!(about.len() > 200, "{}", about.len());
    for (record, about) in about {
        let call = assessments[&about.serial];
        assert_eq!((call.agent, call.making.scope), (record.agent, record.making.scope));
        assert!(call.making.born_ms <= record.making.born_ms);
    }
}

#[test]
fn evaluators_are_connected_but_for_the_lone_one_of_the_smallest_division() {
    for seed in 1..30 {
        let options = WorldOptions { seed, n_assessments: 400 * (seed as u32 % 9), n_feedback: 0, ..WorldOptions::default() };
        for platform in Platform::ALL {
            let people = People::new(platform, &options);
            let mut reached = BTreeSet::from([0_usize]);
            for _ in 0..DIVISIONS.len() {
                let here: BTreeSet<u32> =
                    reached.iter().flat_map(|place| &people.evaluators_of_scope[*place]).map(|(who, _)| *who).collect();
                let works = |place: &usize| people.evaluators_of_scope[*place].iter().any(|(who, _)| here.contains(who));
                reached = (0..people.evaluators_of_scope.len()).filter(works).collect();
            }
            let n_islands = people.evaluators_of_scope.len() - reached.len();
            assert_eq!(n_islands, usize::from(platform == Platform::Genesys), "seed {seed}, {platform:?}");
            assert!(platform == Platform::Cxone || people.evaluators_of_scope.last().unwrap().len() == 1);
            assert!(reached.iter().all(|place| people.evaluators_of_scope[*place].len() >= 2), "seed {seed}");
        }
    }
}

#[test]
fn lenient_evaluators_give_more() {
    let world = World::new(WorldOptions::scaled(5, 1.0));
    let (tenant, makers) = (world.tenant(Platform::Genesys), world.makers(Platform::Genesys));
    let by_leniency = |lenient: bool| {
        let records = tenant.assessments.iter().filter(|record| {
            let evaluator = makers.evaluator(Stream::Assessments, &record.making).unwrap();
            record.making.scored && (evaluator.leniency > 0.0) == lenient
        });
        mean_score(&records.collect::<Vec<_>>(), &BTreeSet::new()).1
    };
    assert!(by_leniency(true) > by_leniency(false) + 1.0, "{} {}", by_leniency(true), by_leniency(false));
}
