//! One run a tenant, and nobody is locked out by a process that died.

use super::*;
use crate::testing::{Bench, acme};

#[track_caller]
fn check_held(bench: &Bench) {
    let refused = Lease::take(&bench.path(), &acme()).unwrap_err();
    assert!(matches!(refused, LeaseError::Held { .. }));
    let words = refused.to_string().replace(&bench.folder.path().display().to_string(), "DIR");
    assert_eq!(words, "tenant `acme` of store `DIR/store.db` is held by another run");
}

#[test]
fn a_lease_is_held_by_one_run_a_tenant() {
    let bench = Bench::new();
    let lease = Lease::take(&bench.path(), &acme()).unwrap();
    check_held(&bench);
    Lease::take(&bench.path(), &TenantName::new("other")).unwrap();
    drop(lease);
    Lease::take(&bench.path(), &acme()).unwrap();
}

#[test]
fn a_lease_ends_with_the_process_that_has_it() {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    let bench = Bench::new();
    let path = lock_path(&bench.path(), &acme());
    let mut child = Command::new("flock")
        .args(["--exclusive", "--no-fork"])
        .arg(&path)
        .args(["sh", "-c", "echo taken; exec cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("`flock` of util-linux is installed");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "taken\n");
    check_held(&bench);
    child.kill().unwrap();
    child.wait().unwrap();
    Lease::take(&bench.path(), &acme()).unwrap();
}

#[test]
fn a_lock_file_that_cannot_be_made_is_named() {
    let refused = Lease::take(Path::new("/proc/store.db"), &acme()).unwrap_err();
    assert_eq!(refused.to_string(), "lock file `/proc/store.db.acme.lock` cannot be used (No such file or directory (os error 2))");
}
