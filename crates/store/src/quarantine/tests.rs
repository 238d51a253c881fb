//! What is in quarantine is found, handed out in batches, and dropped by its id.

use std::convert::Infallible;

use super::*;
use crate::DeletedPolicy::Archive;
use crate::PageLanding;
use crate::testing::{Bench, acme, day, page};

fn unreadable(raw: &str) -> Quarantined {
    Quarantined {
        record_id: None,
        reason: "not an object".to_owned(),
        raw: raw.to_owned(),
        source_url: "https://api.example.com/feedback".to_owned(),
        page: 1,
        scope_id: None,
        dialect: "guide".to_owned(),
    }
}

fn with(raws: &[&str]) -> Bench {
    let mut bench = Bench::new();
    let (tenant, quarantined) = (acme(), raws.iter().map(|raw| unreadable(raw)).collect::<Vec<_>>());
    bench.store.land_page(&PageLanding { quarantined: &quarantined, ..page(&tenant, 2, Archive, &[]) }).unwrap();
    bench
}

#[test]
fn entry_comes_back_as_it_went_in() {
    let bench = with(&["[1]"]);
    let id = quarantine_id("[1]");
    assert_eq!(id, "080a9ed428559ef602668b4c00f114f1a11c3f6b02a435f0bdc154578e4d7f22"[..12]);
    let entry = QuarantineEntry {
        tenant: acme(),
        stream: Stream::Feedback,
        quarantine_id: id.clone(),
        record: unreadable("[1]"),
        first_seen_at: day(2),
        last_seen_at: day(2),
        n_seen: 1,
    };
    assert_eq!(bench.store.quarantine_show(&id[..4]).unwrap(), std::slice::from_ref(&entry));
    assert_eq!(bench.store.quarantine_show("zz").unwrap(), []);
    let mut listed = Vec::new();
    let mut visit = |entry| -> Result<(), Infallible> {
        listed.push(entry);
        Ok(())
    };
    bench.store.quarantine_list(Some(&acme()), Some(Stream::Assessments), &mut visit).unwrap();
    bench.store.quarantine_list(None, None, &mut visit).unwrap();
    assert_eq!(listed, [entry]);
}

#[test]
fn batches_leave_none_out_when_some_are_dropped_between() {
    let raws: Vec<String> = (0..7).map(|n| n.to_string()).collect();
    let mut bench = with(&raws.iter().map(String::as_str).collect::<Vec<_>>());
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let batch = bench.store.quarantine_batch(&acme(), Stream::Feedback, after.as_deref(), 3).unwrap();
        let Some(last) = batch.last() else { break };
        after = Some(last.quarantine_id.clone());
        assert!(bench.store.quarantine_drop(&acme(), Stream::Feedback, &batch[0].quarantine_id).unwrap());
        seen.extend(batch.into_iter().map(|entry| entry.record.raw));
    }
    seen.sort();
    assert_eq!(seen, raws);
    assert_eq!(bench.store.n_quarantined(&acme(), Stream::Feedback).unwrap(), 4);
}

#[test]
fn dropping_what_is_not_there_says_so() {
    let mut bench = with(&["[]"]);
    let id = quarantine_id("[]");
    assert!(!bench.store.quarantine_drop(&acme(), Stream::Assessments, &id).unwrap());
    assert!(bench.store.quarantine_drop(&acme(), Stream::Feedback, &id).unwrap());
    assert!(!bench.store.quarantine_drop(&acme(), Stream::Feedback, &id).unwrap());
}
