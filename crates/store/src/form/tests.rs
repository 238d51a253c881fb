//! Form versions measure as they were first kept.

use super::*;
use crate::testing::{Bench, acme, form};

#[test]
fn form_version_comes_back_as_it_was_kept() {
    let mut bench = Bench::new();
    let mut kept = form(3, 0.1);
    kept.max_possible_score = Some(15.0);
    kept.extra.insert("owner".to_owned(), serde_json::json!({ "deep": [1.50, null] }));
    kept.questions.insert("odd".to_owned(), FormQuestion { weight: None, max_score: None, critical: Some(false) });
    let seen = bench.store.keep_form_versions(&acme(), Platform::Genesys, std::slice::from_ref(&kept)).unwrap();
    assert_eq!(seen, KeptForms { new: vec![kept.id.clone()], differing: vec![] });
    assert_eq!(bench.store.form_version(&acme(), &kept.id).unwrap(), Some(kept.clone()));
    assert_eq!(bench.store.form_version(&TenantName::new("other"), &kept.id).unwrap(), None);
    bench.check("SELECT form_version_id, content_hash FROM form_version", &format!("f-1 {}", kept.content_hash()));
}

#[test]
fn known_form_version_is_not_rewritten() {
    let mut bench = Bench::new();
    bench.store.keep_form_versions(&acme(), Platform::Genesys, &[form(2, 1.0)]).unwrap();
    let seq = bench.store.seq_now().unwrap();
    assert_eq!(bench.store.keep_form_versions(&acme(), Platform::Genesys, &[form(2, 1.0)]).unwrap(), KeptForms::default());
    assert_eq!(bench.store.seq_now().unwrap(), seq);
}

#[test]
fn name_and_use_may_change_and_nothing_else() {
    let mut bench = Bench::new();
    let first = form(2, 1.0);
    bench.store.keep_form_versions(&acme(), Platform::Genesys, std::slice::from_ref(&first)).unwrap();
    let changed = FormVersion { name: Some("renamed".to_owned()), active: Some(false), ..first.clone() };
    let seen = bench.store.keep_form_versions(&acme(), Platform::Genesys, std::slice::from_ref(&changed)).unwrap();
    assert_eq!(seen, KeptForms::default());
    assert_eq!(bench.store.form_version(&acme(), &first.id).unwrap(), Some(changed.clone()));
    for other in [form(2, 3.0), FormVersion { max_possible_score: Some(99.0), ..first.clone() }] {
        let other = FormVersion { name: None, active: None, ..other };
        let seen = bench.store.keep_form_versions(&acme(), Platform::Genesys, &[other]).unwrap();
        assert_eq!(seen.differing, std::slice::from_ref(&first.id));
        assert_eq!(bench.store.form_version(&acme(), &first.id).unwrap(), Some(changed.clone()));
    }
}

#[test]
fn scopes_come_back_and_take_new_names() {
    let mut bench = Bench::new();
    let scope = |kind, id: &str, name: Option<&str>| Scope { kind, id: ScopeId::new(id), name: name.map(str::to_owned), extra: Map::new() };
    let scopes = [scope(ScopeKind::Queue, "q", None), scope(ScopeKind::Site, "q", Some("one"))];
    bench.store.keep_scopes(&acme(), Platform::Cxone, &scopes).unwrap();
    assert_eq!(bench.store.scopes(&acme()).unwrap(), scopes);
    let seq = |bench: &Bench| crate::testing::query(&bench.store, "SELECT change_seq FROM scope ORDER BY kind").unwrap();
    let before = seq(&bench);
    bench.store.keep_scopes(&acme(), Platform::Cxone, &scopes).unwrap();
    assert_eq!(seq(&bench), before);
    let renamed = [scope(ScopeKind::Site, "q", Some("two"))];
    bench.store.keep_scopes(&acme(), Platform::Cxone, &renamed).unwrap();
    assert_eq!(bench.store.scopes(&acme()).unwrap(), [scopes[0].clone(), renamed[0].clone()]);
}
