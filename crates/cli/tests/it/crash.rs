//! The program killed (SIGKILL) at many moments and run again: what is published in the end is what one undisturbed run
//! publishes, byte for byte.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use sim::{Faults, Platform, Sim};

use crate::bench::Bench;

/// Kills at these shares of an undisturbed run's requests, as far as there is so much left to ask.
const MOMENTS: [f64; 9] = [0.02, 0.1, 0.2, 0.3, 0.3, 0.2, 0.1, 0.05, 0.02];
/// Kills as soon as there is a file under this name: in the middle of publishing.
const COPIES: [&str; 3] = ["out/payload", "out/csv", "out/lake"];

fn n_requests(sim: &Sim) -> u64 {
    let requests = sim.requests();
    requests.n_data() + requests.count(Platform::Genesys, "token") + requests.count(Platform::Cxone, "token")
}

fn folder(bench: &Bench, name: &str) -> std::path::PathBuf {
    let folder = bench.path().join(name);
    std::fs::create_dir(&folder).unwrap();
    let copies = "[[publication]]\nname = \"payload\"\nkind = \"json\"\npath = \"out/payload/\"\n\
                  [[publication]]\nname = \"tables\"\nkind = \"csv\"\npath = \"out/csv/\"\n\
                  [[publication]]\nname = \"lake\"\nkind = \"parquet\"\npath = \"out/lake/\"\n\
                  [[publication]]\nname = \"days\"\nkind = \"agent-day\"\npath = \"out/days/\"\npurpose = \"planning\"\n";
    let text = format!("{}{}{copies}", bench.tenant(Platform::Genesys), bench.tenant(Platform::Cxone)).replace("\"30d\"", "\"10d\"");
    std::fs::write(folder.join("scorelake.toml"), text).unwrap();
    folder
}

fn sync(bench: &Bench, folder: &Path) -> Command {
    let mut command = bench.command(&["sync", "--no-progress", "-q"]);
    command.current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Lets the program go on until something has happened, and no further.
fn kill_when(child: &mut Child, happened: impl Fn() -> bool) {
    while !happened() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    let _gone_already = child.kill();
    child.wait().unwrap();
}

/// What stands in the feed, but for how it came to be: a run that dies may have published a day in parts.
fn days(folder: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(folder.join("out/days/agent_day.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let told = ["revision", "supersedes", "op", "run_id"];
    let rows = reader.records().map(Result::unwrap);
    rows.filter(|row| header.iter().zip(row).all(|(name, field)| name != "n" || field != "0"))
        .map(|row| header.iter().zip(&row).filter(|(name, _)| !told.contains(name)).map(|(_, field)| field.to_owned()).collect())
        .collect()
}

/// Every published file but the manifests, which name the run that wrote them, and the feed.
fn published(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.join("out")];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("out/days") {
                continue;
            } else if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap() != "manifest.json" {
                files.insert(path.strip_prefix(folder).unwrap().display().to_string(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn killed_at_any_moment_and_run_again_gives_the_bytes_of_an_undisturbed_run() {
    let bench = Bench::new();
    let calm = folder(&bench, "calm");
    assert!(sync(&bench, &calm).status().unwrap().success());
    let n_whole = n_requests(&bench.sim);
    let expected = published(&calm);
    assert!(expected.len() > 10, "{:?}", expected.keys());

    let disturbed = folder(&bench, "disturbed");
    for (round, moment) in MOMENTS.into_iter().enumerate() {
        bench.sim.reset_requests();
        // A slower source leaves time between its answers, so that the kill falls into the middle of landing.
        bench.faults(Faults { slow: 0.2, delay_ms: 5, seed: round as u64, ..Faults::default() });
        let mut child = sync(&bench, &disturbed).spawn().unwrap();
        kill_when(&mut child, || n_requests(&bench.sim) >= (n_whole as f64 * moment) as u64);
    }
    bench.faults(Faults::default());
    for copy in COPIES {
        let folder = disturbed.join(copy);
        let mut child = sync(&bench, &disturbed).spawn().unwrap();
        kill_when(&mut child, || std::fs::read_dir(&folder).is_ok_and(|mut files| files.next().is_some()));
    }
    assert!(sync(&bench, &disturbed).status().unwrap().success());

    let seen = published(&disturbed);
    assert_eq!(seen.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (file, bytes) in &expected {
        assert!(seen[file] == *bytes, "`{file}` differs from that of an undisturbed run");
    }
    assert!(days(&calm).len() > 100);
    assert_eq!(days(&disturbed), days(&calm));
}
