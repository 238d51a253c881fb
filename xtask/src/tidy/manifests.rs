//! Rules on the manifests: the import table, where the heavy libraries may be, and what stands in the workspace only.
//! A room is a folder of `crates/`, or `xtask`; whether it is named `x` or `scorelake-x` as a package does not matter here.

use toml::{Table, Value};

use super::Notes;
use crate::tree::Tree;

/// What a room may import of ours.
struct Room {
    name: &'static str,
    imports: &'static [&'static str],
    /// On top of that, for its tests.
    in_tests: &'static [&'static str],
}

/// The import table. Data runs upward, imports run downward; the simulator and the caretaker stand apart.
const ROOMS: &[Room] = &[
    Room { name: "model", imports: &[], in_tests: &[] },
    Room { name: "wire", imports: &[], in_tests: &[] },
    Room { name: "sim", imports: &[], in_tests: &[] },
    Room { name: "xtask", imports: &[], in_tests: &[] },
    Room { name: "insight", imports: &[], in_tests: &[] },
    Room { name: "page", imports: &["model"], in_tests: &[] },
    Room { name: "platform", imports: &["model", "wire"], in_tests: &[] },
    Room { name: "store", imports: &["model"], in_tests: &[] },
    Room { name: "sink", imports: &["model"], in_tests: &[] },
    Room { name: "lake", imports: &["model", "sink"], in_tests: &[] },
    Room { name: "engine", imports: &["insight", "model", "platform", "sink", "store", "wire"], in_tests: &["sim"] },
    // `demo` and `simulate` are commands, so the simulator is no matter of tests only. Everything else of ours comes through the engine's face.
    Room { name: "cli", imports: &["engine", "lake", "page", "sim"], in_tests: &[] },
];

/// A library that costs much to build, or that one room is there to hide.
struct Library {
    /// The package; `*` at its end stands for any ending.
    name: &'static str,
    room: &'static str,
    /// Where tests may know it too: nowhere if it is heavy, as tests are built every day.
    in_tests: Tests,
}

#[derive(Clone, Copy, PartialEq)]
enum Tests {
    Anywhere,
    Nowhere,
}

const LIBRARIES: &[Library] = &[
    Library { name: "arrow*", room: "lake", in_tests: Tests::Nowhere },
    Library { name: "parquet*", room: "lake", in_tests: Tests::Nowhere },
    Library { name: "postgres*", room: "lake", in_tests: Tests::Nowhere },
    Library { name: "tokio-postgres*", room: "lake", in_tests: Tests::Nowhere },
    Library { name: "datafusion*", room: "lake", in_tests: Tests::Nowhere },
    Library { name: "deltalake*", room: "lake", in_tests: Tests::Nowhere },
    Library { name: "rusqlite*", room: "store", in_tests: Tests::Anywhere },
    Library { name: "reqwest*", room: "wire", in_tests: Tests::Anywhere },
    Library { name: "clap*", room: "cli", in_tests: Tests::Anywhere },
    Library { name: "nalgebra*", room: "insight", in_tests: Tests::Anywhere },
    Library { name: "statrs*", room: "insight", in_tests: Tests::Anywhere },
    Library { name: "argmin*", room: "insight", in_tests: Tests::Anywhere },
    Library { name: "maud*", room: "page", in_tests: Tests::Anywhere },
    Library { name: "axum*", room: "sim", in_tests: Tests::Anywhere },
];

/// The import table holds.
pub(super) fn rooms(tree: &Tree) -> Notes {
    let mut notes = Notes::new();
    for member in members(tree, &mut notes) {
        let Some(room) = ROOMS.iter().find(|room| room.name == member.room) else {
            notes.push((member.path, 0, format!("`{}` is no room of the import table", member.room)));
            continue;
        };
        for import in &member.dependencies {
            let Some(other) = import.room.as_deref() else { continue };
            let (allowed, also) = (room.imports, if import.is_for_tests { room.in_tests } else { &[] });
            if !allowed.contains(&other) && !also.contains(&other) {
                let all: Vec<&str> = allowed.iter().chain(also).copied().collect();
                let all = if all.is_empty() { "nothing of ours".to_owned() } else { all.join(", ") };
                let what = if import.is_for_tests { "tests import" } else { "imports" };
                notes.push((member.path.clone(), import.line, format!("`{}` {what} `{other}`; the table allows {all}", room.name)));
            }
        }
    }
    notes
}

/// Heavy libraries are where they belong.
pub(super) fn libraries(tree: &Tree) -> Notes {
    let mut notes = Notes::new();
    for member in members(tree, &mut notes) {
        for import in member.dependencies.iter().filter(|import| import.room.is_none()) {
            let Some(library) = LIBRARIES.iter().find(|library| library.is_named(&import.package)) else { continue };
            let in_tests = import.is_for_tests && library.in_tests == Tests::Anywhere;
            if library.room != member.room && !in_tests {
                let what = format!("`{}` imports `{}`, which is for `{}` only", member.room, import.package, library.room);
                notes.push((member.path.clone(), import.line, what));
            }
        }
    }
    notes
}

impl Library {
    fn is_named(&self, package: &str) -> bool {
        self.name.strip_suffix('*').map_or(package == self.name, |beginning| package.starts_with(beginning))
    }
}

/// A room's manifest names dependencies and no more.
pub(super) fn workspace(tree: &Tree) -> Notes {
    let mut notes = Notes::new();
    for member in members(tree, &mut notes) {
        for import in member.dependencies.iter().filter(|import| !import.is_bare) {
            notes.push((member.path.clone(), import.line, format!("`{}` is more than `workspace = true`", import.key)));
        }
        if member.manifest.contains_key("features") {
            notes.push((member.path.clone(), line_of(&member.text, "[features]"), "features of our own".to_owned()));
        }
        let lints = member.manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool);
        if lints != Some(true) {
            notes.push((member.path, 0, "the lints of the workspace are not taken".to_owned()));
        }
    }
    notes
}

/// `cargo test` without `--workspace` meets every room but the heavy ones.
pub(super) fn everyday(tree: &Tree) -> Notes {
    const HEAVY: [&str; 2] = ["lake", "cli"];
    let mut notes = Notes::new();
    let members = members(tree, &mut notes);
    let manifest = root(tree).unwrap_or_default();
    let listed = manifest.get("workspace").and_then(|workspace| workspace.get("default-members")).and_then(Value::as_array);
    let listed: Vec<&str> = listed.into_iter().flatten().filter_map(Value::as_str).map(room_of).collect();
    let line = tree.text("Cargo.toml").map_or(0, |text| line_of(text, "default-members"));
    for member in members {
        let (is_listed, is_heavy) = (listed.contains(&member.room.as_str()), HEAVY.contains(&member.room.as_str()));
        if is_listed == is_heavy {
            let what = if is_heavy { "heavy, and in" } else { "missing in" };
            notes.push(("Cargo.toml".to_owned(), line, format!("`{}` is {what} `default-members`", member.room)));
        }
    }
    notes
}

/// The manifest of one room.
struct Member {
    path: String,
    room: String,
    text: String,
    manifest: Table,
    dependencies: Vec<Dependency>,
}

/// One line of it.
struct Dependency {
    key: String,
    /// What the package is called where it comes from.
    package: String,
    /// Set if it is one of ours.
    room: Option<String>,
    is_for_tests: bool,
    is_bare: bool,
    line: usize,
}

/// Every room's manifest; one that cannot be read is noted.
fn members(tree: &Tree, notes: &mut Notes) -> Vec<Member> {
    let root = match root(tree) {
        Ok(root) => root,
        Err(what) => {
            notes.push(("Cargo.toml".to_owned(), 0, what));
            return Vec::new();
        }
    };
    let shared = root.get("workspace").and_then(|workspace| workspace.get("dependencies")).and_then(Value::as_table).cloned();
    let shared = shared.unwrap_or_default();
    let mut members = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| *path != "Cargo.toml" && path.ends_with("Cargo.toml")) {
        match text.parse::<Table>() {
            Ok(manifest) => members.push(Member {
                path: path.to_owned(),
                room: room_of(path.trim_end_matches("/Cargo.toml")).to_owned(),
                text: text.to_owned(),
                dependencies: dependencies(text, &manifest, &shared),
                manifest,
            }),
            Err(error) => notes.push((path.to_owned(), 0, error.message().to_owned())),
        }
    }
    members
}

fn root(tree: &Tree) -> Result<Table, String> {
    let text = tree.text("Cargo.toml").ok_or("missing")?;
    text.parse::<Table>().map_err(|error| error.message().to_owned())
}

/// Every dependency of a manifest, those of one target or of the build script too.
fn dependencies(text: &str, manifest: &Table, shared: &Table) -> Vec<Dependency> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values).filter_map(Value::as_table);
    let mut found = Vec::new();
    for tables in std::iter::once(manifest).chain(targets) {
        for (kind, is_for_tests) in [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)] {
            for (key, entry) in tables.get(kind).and_then(Value::as_table).into_iter().flatten() {
                let of = |table: Option<&Value>, name: &str| Some(table?.get(name)?.as_str()?.to_owned());
                let place = of(Some(entry), "path").or_else(|| of(shared.get(key), "path"));
                found.push(Dependency {
                    key: key.clone(),
                    package: of(Some(entry), "package").or_else(|| of(shared.get(key), "package")).unwrap_or_else(|| key.clone()),
                    room: place.map(|place| room_of(&place).to_owned()),
                    is_for_tests,
                    is_bare: entry.as_table().is_some_and(|entry| entry.len() == 1 && entry.contains_key("workspace")),
                    line: line_of(text, &format!("[{kind}]")).max(1) + line_of(after(text, &format!("[{kind}]")), key),
                });
            }
        }
    }
    found
}

/// A room is called as its folder.
fn room_of(folder: &str) -> &str {
    folder.rsplit('/').next().unwrap_or(folder)
}

/// The lines below a heading.
fn after<'a>(text: &'a str, heading: &str) -> &'a str {
    text.split_once(heading).and_then(|(_, rest)| rest.split_once('\n')).map_or(text, |(_, rest)| rest)
}

/// The first line that begins with this word, counted from 1; 0 if there is none.
fn line_of(text: &str, word: &str) -> usize {
    text.lines().position(|line| line.trim_start_matches('"').starts_with(word)).map_or(0, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::check;

    const ROOT: &str = "\
[workspace]
default-members = [\"crates/model\", \"crates/sink\"]
[workspace.dependencies]
model = { package = \"scorelake-model\", path = \"crates/model\" }
sim = { package = \"scorelake-sim\", path = \"crates/sim\" }
arrow-array = \"59\"
web = { package = \"reqwest\", version = \"0.13\" }
";

    fn member(body: &str) -> String {
        format!("[package]\nname = \"x\"\n[lints]\nworkspace = true\n{body}")
    }

    #[track_caller]
    fn check_one(look: fn(&Tree) -> Notes, room: &str, body: &str, expected: &[&str]) {
        check(look, &[("Cargo.toml", ROOT), (&format!("crates/{room}/Cargo.toml"), &member(body))], expected);
    }

    #[test]
    fn an_arrow_that_the_table_does_not_have_is_noted() {
        check_one(rooms, "sink", "[dependencies]\nserde.workspace = true\nmodel.workspace = true\n", &[]);
        let expected = ["crates/model/Cargo.toml:6: `model` imports `sim`; the table allows nothing of ours"];
        check_one(rooms, "model", "[dependencies]\nsim.workspace = true\n", &expected);
        check_one(
            rooms,
            "model",
            "[dependencies.sim]\nworkspace = true\n",
            &["crates/model/Cargo.toml:1: `model` imports `sim`; the table allows nothing of ours"],
        );
        let expected = ["crates/sink/Cargo.toml:7: `sink` imports `wire`; the table allows model"];
        check_one(rooms, "sink", "[dependencies]\nmodel.workspace = true\nwire = { path = \"../wire\" }\n", &expected);
        check_one(rooms, "attic", "", &["crates/attic/Cargo.toml:0: `attic` is no room of the import table"]);
    }

    #[test]
    fn what_only_tests_may_import_is_noted_elsewhere() {
        check_one(rooms, "engine", "[dev-dependencies]\nsim.workspace = true\n", &[]);
        let expected = ["crates/engine/Cargo.toml:6: `engine` imports `sim`; the table allows insight, model, platform, sink, store, wire"];
        check_one(rooms, "engine", "[dependencies]\nsim.workspace = true\n", &expected);
        check_one(
            rooms,
            "engine",
            "[target.'cfg(unix)'.dependencies]\nsim.workspace = true\n",
            &["crates/engine/Cargo.toml:7: `engine` imports `sim`; the table allows insight, model, platform, sink, store, wire"],
        );
        let expected = ["crates/store/Cargo.toml:6: `store` tests import `sim`; the table allows model"];
        check_one(rooms, "store", "[dev-dependencies]\nsim.workspace = true\n", &expected);
    }

    #[test]
    fn a_heavy_library_is_found_by_its_package() {
        check_one(libraries, "sim", "[dev-dependencies]\nweb.workspace = true\n", &[]);
        let expected = ["crates/sim/Cargo.toml:6: `sim` imports `reqwest`, which is for `wire` only"];
        check_one(libraries, "sim", "[dependencies]\nweb.workspace = true\n", &expected);
        let expected = ["crates/sink/Cargo.toml:6: `sink` imports `arrow-array`, which is for `lake` only"];
        check_one(libraries, "sink", "[dev-dependencies]\narrow-array.workspace = true\n", &expected);
    }

    #[test]
    fn versions_and_features_in_a_room_are_noted() {
        check_one(workspace, "sink", "[dependencies]\nserde.workspace = true\n", &[]);
        let body = "[dependencies]\nserde = \"1\"\ncsv = { workspace = true, features = [\"x\"] }\n[features]\nfast = []\n";
        let expected = [
            "crates/sink/Cargo.toml:7: `csv` is more than `workspace = true`",
            "crates/sink/Cargo.toml:6: `serde` is more than `workspace = true`",
            "crates/sink/Cargo.toml:8: features of our own",
        ];
        check_one(workspace, "sink", body, &expected);
        let files = [("Cargo.toml", ROOT), ("crates/sink/Cargo.toml", "[package]\n")];
        check(workspace, &files, &["crates/sink/Cargo.toml:0: the lints of the workspace are not taken"]);
    }

    #[test]
    fn the_everyday_build_is_all_but_the_heavy_rooms() {
        let (model, lake, store) = (member(""), member(""), member(""));
        let files = [
            ("Cargo.toml", ROOT),
            ("crates/model/Cargo.toml", &*model),
            ("crates/lake/Cargo.toml", &*lake),
            ("crates/store/Cargo.toml", &*store),
        ];
        check(everyday, &files, &["Cargo.toml:2: `store` is missing in `default-members`"]);
        let heavy = ROOT.replace("crates/sink", "crates/lake");
        let files = [("Cargo.toml", &*heavy), ("crates/lake/Cargo.toml", &*lake)];
        check(everyday, &files, &["Cargo.toml:2: `lake` is heavy, and in `default-members`"]);
    }

    #[test]
    fn a_manifest_that_cannot_be_read_is_noted() {
        check(rooms, &[], &["Cargo.toml:0: missing"]);
    }
}
