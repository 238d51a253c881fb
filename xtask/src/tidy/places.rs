//! The rule on places: what is kept must mean the same on every machine.
//! The words it looks for are put together from parts, so that this file keeps its own rule.

use super::Notes;
use crate::tree::Tree;

/// Folders that stand on one machine only.
const FOLDERS: [&str; 2] = [concat!("/wo", "rk"), concat!("/ro", "ot")];
/// Hosts of package registries: which one is asked is for the machine to say.
const HOSTS: [&str; 5] = [
    concat!("crates", ".io"),
    concat!("py", "pi.org"),
    concat!("pythonhosted", ".org"),
    concat!("deb.debian", ".org"),
    concat!("registry.npm", "js.org"),
];

/// No file names a folder of one machine or the host of a registry; the source lines of Cargo.lock aside, which cargo writes.
pub(super) fn machines(tree: &Tree) -> Notes {
    let mut notes = Notes::new();
    for (path, text) in tree.texts() {
        for (index, line) in text.lines().enumerate() {
            if path == "Cargo.lock" && line.starts_with("source = \"registry+") {
                continue;
            }
            let folders = FOLDERS.iter().filter(|folder| is_folder(line, folder));
            let hosts = HOSTS.iter().filter(|host| line.contains(**host));
            notes.extend(folders.chain(hosts).map(|word| (path.to_owned(), index + 1, format!("`{word}`"))));
        }
    }
    notes
}

/// Whether a line names that folder from the top of the disk, or what is in it.
fn is_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let (before, after) = (line.get(..at).unwrap_or_default(), line.get(at + folder.len()..).unwrap_or_default());
        let is_part = |character: char| character.is_alphanumeric() || "_-.~}/".contains(character);
        let longer = |character: char| character.is_alphanumeric() || "_-.".contains(character);
        !before.ends_with(is_part) && !after.starts_with(longer)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::check;

    #[test]
    fn a_folder_of_this_machine_is_noted() {
        let [work, root] = FOLDERS;
        let text = format!("a `{work}/main`\nsrc{work}/a {work}space ~{root}/x https://host{root}\ncd {root}\n{work}\n");
        let expected = [format!("a.md:1: `{work}`"), format!("a.md:3: `{root}`"), format!("a.md:4: `{work}`")];
        check(machines, &[("a.md", &text)], &expected.each_ref().map(String::as_str));
    }

    #[test]
    fn the_host_of_a_registry_is_noted_but_where_cargo_writes_it() {
        let host = HOSTS[0];
        let text = format!("source = \"registry+https://github.com/rust-lang/{host}-index\"\n# {host}\n");
        let expected = [format!("Cargo.lock:2: `{host}`"), format!("a.toml:1: `{host}`"), format!("a.toml:2: `{host}`")];
        check(machines, &[("Cargo.lock", &text), ("a.toml", &text)], &expected.each_ref().map(String::as_str));
    }
}
