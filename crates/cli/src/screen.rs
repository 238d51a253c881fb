//! The screen: words on stderr while a run goes on. Bars on a terminal, a line a stream otherwise; log lines, warnings
//! and bars never write over each other. Nothing here goes to stdout.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use engine::model::record::Stream;
use engine::monitor::{Event, Monitor};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tracing_subscriber::fmt::MakeWriter;

use crate::logging;

/// How much is said while a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Talk {
    /// Errors only.
    Quiet,
    /// A line a stream.
    Lines,
    /// A bar a stream.
    Bars,
}

/// Stderr, shared by everyone who says something while a run goes on.
#[derive(Debug, Clone)]
pub(crate) struct Screen {
    talk: Talk,
    bars: MultiProgress,
    shown: Arc<Mutex<BTreeMap<(String, Stream), Shown>>>,
}

/// One stream of one tenant.
#[derive(Debug)]
struct Shown {
    bar: ProgressBar,
    n_records: u64,
}

impl Screen {
    /// An empty screen.
    pub(crate) fn new(talk: Talk) -> Self {
        Self { talk, bars: MultiProgress::new(), shown: Arc::default() }
    }

    /// One line, unless the screen is quiet.
    pub(crate) fn say(&self, label: &str, line: &str) {
        if self.talk != Talk::Quiet {
            self.write(logging::line(label, line).as_bytes());
        }
    }

    /// One line about something that went as it should, unless the screen is quiet.
    pub(crate) fn fact(&self, subject: &str, words: &str) {
        if self.talk != Talk::Quiet {
            self.write(logging::fact(subject, words).as_bytes());
        }
    }

    /// Text without a label, unless the screen is quiet.
    pub(crate) fn tell(&self, text: &str) {
        if self.talk != Talk::Quiet {
            self.write(text.as_bytes());
        }
    }

    /// Takes the bars away.
    pub(crate) fn clear(&self) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let _only_looks = self.bars.clear();
    }

    fn write(&self, text: &[u8]) {
        // A stderr that cannot be written to is no reason to fail.
        let write = || drop(io::stderr().lock().write_all(text));
        if self.talk == Talk::Bars { self.bars.suspend(write) } else { write() }
    }

    fn begin(&self, tenant: &str, stream: Stream, n_listings: u64) {
        let bar = match self.talk {
            Talk::Bars => self.bars.add(ProgressBar::new(n_listings).with_style(style()).with_prefix(format!("{tenant} {stream}"))),
            Talk::Quiet | Talk::Lines => ProgressBar::hidden(),
        };
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).insert((tenant.to_owned(), stream), Shown { bar, n_records: 0 });
    }

    fn with_stream(&self, tenant: &str, stream: Stream, change: impl FnOnce(&mut Shown)) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = shown.get_mut(&(tenant.to_owned(), stream)) {
            change(one);
        }
    }

    fn end(&self, tenant: &str, stream: Stream, n_failed: u64) {
        let mut n_records = 0;
        self.with_stream(tenant, stream, |one| {
            one.bar.finish_and_clear();
            n_records = one.n_records;
        });
        let failed = if n_failed == 0 { String::new() } else { format!(", {n_failed} listings failed") };
        self.fact(&format!("{tenant} {stream}"), &format!("{n_records} records read{failed}"));
    }
}

impl Monitor for Screen {
    fn event(&self, event: &Event) {
        match event {
            Event::Planned { tenant, stream, n_listings } => self.begin(tenant.as_str(), *stream, *n_listings),
            Event::Page { tenant, stream, n_records } => self.with_stream(tenant.as_str(), *stream, |one| {
                one.n_records += n_records;
                one.bar.set_message(format!("{} records", one.n_records));
            }),
            Event::ListingOver { tenant, stream } => self.with_stream(tenant.as_str(), *stream, |one| one.bar.inc(1)),
            Event::StreamOver { tenant, stream, n_failed } => self.end(tenant.as_str(), *stream, *n_failed),
            Event::Warning { tenant, message } => self.say("warning", &format!("tenant `{tenant}`: {message}")),
            Event::Publishing { name } => tracing::info!(publication = name, "publishing"),
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix:24} [{bar:30}] {pos}/{len} listings, {msg} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

/// A log line under way.
#[derive(Debug)]
pub(crate) struct LogLine<'a>(&'a Screen);

impl Write for LogLine<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Screen {
    type Writer = LogLine<'a>;

    fn make_writer(&'a self) -> LogLine<'a> {
        LogLine(self)
    }
}
