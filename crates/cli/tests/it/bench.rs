//! A folder with a configuration, a simulator, and the program to be run there.

use std::path::Path;
use std::process::{Command, Stdio};

use sim::{Faults, Platform, Sim, SimOptions, WorldOptions};
use tempfile::TempDir;

/// What the simulator's client is let in with.
pub(crate) const SECRET: &str = "demo-secret";

/// A folder and a small simulated world.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) sim: Sim,
}

/// What a command left behind, with folder and ports masked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Bench {
    /// Both platforms with a few hundred records of the first quarter of 2024.
    pub(crate) fn new() -> Self {
        let world = WorldOptions { n_assessments: 240, n_feedback: 120, ..WorldOptions::default() };
        Self::of(SimOptions { world, ..SimOptions::default() })
    }

    pub(crate) fn of(options: SimOptions) -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap(), sim: Sim::start_blocking(options).unwrap() };
        bench.configure("");
        bench
    }

    /// Writes a configuration of one Genesys tenant, with more lines of the tenant and of what follows it.
    pub(crate) fn configure(&self, more: &str) {
        self.write("scorelake.toml", &format!("{}{more}", self.tenant(Platform::Genesys)));
    }

    /// One tenant, fast and impatient.
    pub(crate) fn tenant(&self, platform: Platform) -> String {
        format!(
            r#"
[[tenant]]
name = "acme-{name}"
platform = "{name}"
base_url = "{url}"
client_id = "demo-client"
client_secret = {{ env = "ACME_SECRET" }}
start = "2024-01-01"
window = "30d"
requests_per_minute = 100000
retry = {{ attempts = 2, base = "1ms", cap = "1ms", budget = "2s" }}
"#,
            name = platform.name(),
            url = self.sim.base_url(platform),
        )
    }

    pub(crate) fn faults(&self, faults: Faults) {
        self.sim.set_faults(faults);
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// The program in the folder, at the world's present, with the simulator's secret.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scorelake"));
        command.args(words).current_dir(self.path()).env_clear().env("ACME_SECRET", SECRET).stdin(Stdio::null());
        command.env("SCORELAKE_NOW", self.sim.now().to_string());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Done {
        self.done(&mut self.command(words))
    }

    pub(crate) fn done(&self, command: &mut Command) -> Done {
        let output = command.output().unwrap();
        Done { code: output.status.code().unwrap_or(-1), stdout: self.masked(&output.stdout), stderr: self.masked(&output.stderr) }
    }

    /// The command must end with 0; gives its stdout.
    #[track_caller]
    pub(crate) fn fine(&self, words: &[&str]) -> String {
        let done = self.run(words);
        assert_eq!(done.code, 0, "{words:?}\n{}\n{}", done.stdout, done.stderr);
        done.stdout
    }

    /// The whole stderr and the code of a command that writes nothing to stdout.
    #[track_caller]
    pub(crate) fn check_refused(&self, words: &[&str], code: i32, stderr: &str) {
        assert_eq!(self.run(words), Done { code, stdout: String::new(), stderr: stderr.to_owned() }, "{words:?}");
    }

    fn masked(&self, bytes: &[u8]) -> String {
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        for (platform, mask) in [(Platform::Genesys, "GENESYS"), (Platform::Cxone, "CXONE")] {
            text = text.replace(self.sim.base_url(platform).trim_start_matches("http://"), mask);
        }
        text.replace(&self.path().canonicalize().unwrap().display().to_string(), "DIR").replace(&self.path().display().to_string(), "DIR")
    }
}
