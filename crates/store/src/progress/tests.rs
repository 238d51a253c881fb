//! Windows, marks and bookmarks come back as they were put.

use std::convert::Infallible;

use super::*;
use crate::testing::{Bench, acme, day};

fn window(from: i8, to: i8, state: WindowState) -> WindowProgress {
    WindowProgress {
        tenant: acme(),
        stream: Stream::Feedback,
        scope_id: "east".to_owned(),
        pass: Pass::Modified,
        window: Span { from: day(from), to: day(to) },
        read_until: (state == WindowState::Closed).then(|| day(to)),
        state,
        n_records: 10,
        n_pages: 2,
        run_id: "run-1".to_owned(),
        updated_at: day(9),
    }
}

fn windows(bench: &Bench, tenant: Option<&TenantName>, stream: Option<Stream>) -> Vec<WindowProgress> {
    let mut found = Vec::new();
    let mut visit = |window| -> Result<(), Infallible> {
        found.push(window);
        Ok(())
    };
    bench.store.windows(tenant, stream, &mut visit).unwrap();
    found
}

#[test]
fn closed_windows_are_those_of_the_scope_and_the_pass() {
    let mut bench = Bench::new();
    let closed = window(2, 3, WindowState::Closed);
    let others = [
        window(3, 4, WindowState::Open),
        WindowProgress { scope_id: "*".to_owned(), ..closed.clone() },
        WindowProgress { pass: Pass::Sweep, ..closed.clone() },
        WindowProgress { stream: Stream::Assessments, ..closed.clone() },
        WindowProgress { tenant: TenantName::new("other"), ..closed.clone() },
        window(1, 2, WindowState::Closed),
    ];
    for one in others.iter().chain([&closed]) {
        bench.store.put_window(one).unwrap();
    }
    let spans = bench.store.closed_spans(&acme(), Stream::Feedback, "east", Pass::Modified).unwrap();
    assert_eq!(spans, [Span { from: day(1), to: day(2) }, Span { from: day(2), to: day(3) }]);
    assert_eq!(windows(&bench, None, None).len(), 7);
    assert_eq!(windows(&bench, Some(&TenantName::new("other")), Some(Stream::Feedback)), [others[4].clone()]);
}

#[test]
fn window_that_was_open_is_closed_by_putting_it_again() {
    let mut bench = Bench::new();
    bench.store.put_window(&window(2, 3, WindowState::Open)).unwrap();
    let closed = WindowProgress { n_records: 11, run_id: "run-2".to_owned(), ..window(2, 3, WindowState::Closed) };
    bench.store.put_window(&closed).unwrap();
    assert_eq!(windows(&bench, None, None), [closed]);
}

#[test]
fn window_that_was_read_to_its_end_is_not_forgotten_while_it_is_read_again() {
    let mut bench = Bench::new();
    let closed = window(2, 3, WindowState::Closed);
    bench.store.put_window(&closed).unwrap();
    bench.store.put_window(&WindowProgress { n_records: 1, n_pages: 1, ..window(2, 3, WindowState::Open) }).unwrap();
    assert_eq!(windows(&bench, None, None), [closed]);
    let again = WindowProgress { n_records: 12, ..window(2, 3, WindowState::Closed) };
    bench.store.put_window(&again).unwrap();
    assert_eq!(windows(&bench, None, None), [again]);
}

#[test]
fn reset_forgets_windows_and_marks_of_what_was_named() {
    let mut bench = Bench::new();
    let put = |bench: &mut Bench, tenant: &str, stream| {
        let tenant = TenantName::new(tenant);
        bench.store.put_window(&WindowProgress { tenant: tenant.clone(), stream, ..window(2, 3, WindowState::Closed) }).unwrap();
        bench.store.set_mark(&tenant, stream, "watermark", "then", day(2)).unwrap();
    };
    for tenant in ["acme", "other"] {
        for stream in Stream::ALL {
            put(&mut bench, tenant, stream);
        }
    }
    let left = "SELECT tenant, stream FROM window_progress UNION ALL SELECT tenant, stream FROM stream_mark ORDER BY 1, 2";
    assert_eq!(bench.store.reset(&acme(), Some(Stream::Feedback)).unwrap(), 2);
    bench.check(left, "acme assessments | acme assessments | other assessments | other assessments | other feedback | other feedback");
    assert_eq!(bench.store.reset(&acme(), None).unwrap(), 2);
    bench.check(left, "other assessments | other assessments | other feedback | other feedback");
}

#[test]
fn windows_can_be_forgotten_without_the_marks() {
    let mut bench = Bench::new();
    let (tenant, stream) = (acme(), Stream::Feedback);
    bench.store.put_window(&window(2, 3, WindowState::Closed)).unwrap();
    bench.store.put_window(&WindowProgress { stream: Stream::Assessments, ..window(2, 3, WindowState::Closed) }).unwrap();
    bench.store.set_mark(&tenant, stream, "watermark", "then", day(2)).unwrap();
    bench.store.reset_windows(&tenant, stream).unwrap();
    assert_eq!(windows(&bench, None, None).iter().map(|window| window.stream).collect::<Vec<_>>(), [Stream::Assessments]);
    assert_eq!(bench.store.mark(&tenant, stream, "watermark").unwrap().as_deref(), Some("then"));
}

#[test]
fn marks_keep_their_last_value() {
    let mut bench = Bench::new();
    let (tenant, stream) = (acme(), Stream::Feedback);
    assert_eq!(bench.store.mark(&tenant, stream, "watermark").unwrap(), None);
    for (on, value) in [(2, "one"), (3, "two")] {
        bench.store.set_mark(&tenant, stream, "watermark", value, day(on)).unwrap();
    }
    assert_eq!(bench.store.mark(&tenant, stream, "watermark").unwrap(), Some("two".to_owned()));
    assert_eq!(bench.store.mark(&tenant, Stream::Assessments, "watermark").unwrap(), None);
    let mark = Mark { tenant, stream, name: "watermark".to_owned(), value: "two".to_owned(), updated_at: day(3) };
    assert_eq!(bench.store.marks(None).unwrap(), [mark]);
    assert_eq!(bench.store.marks(Some(&TenantName::new("other"))).unwrap(), []);
}

#[test]
fn bookmarks_are_kept_by_publication() {
    let mut bench = Bench::new();
    assert_eq!(bench.store.bookmark("payload").unwrap(), None);
    bench.store.set_bookmark("payload", "{\"seq\":1}", "run-1", day(2)).unwrap();
    bench.store.set_bookmark("payload", "{\"seq\":2}", "run-2", day(3)).unwrap();
    bench.store.set_bookmark("lake", "{}", "run-2", day(3)).unwrap();
    assert_eq!(bench.store.bookmark("payload").unwrap(), Some("{\"seq\":2}".to_owned()));
    bench.check("SELECT tenant, name, run_id FROM publication_progress", "* lake run-2 | * payload run-2");
    assert_eq!(bench.store.bookmarks().unwrap().iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["lake", "payload"]);
}
