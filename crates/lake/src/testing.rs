//! A real PostgreSQL server for tests, from Debian's package: one for all tests of a binary, in a folder of its own, on loopback.
//! It never outlives the test binary, however that ends: a guarding shell waits for the binary's end of a pipe to close, then
//! stops the server and removes the folder. Servers refuse to run as root; for root the guard becomes the package's user.

#![allow(clippy::panic, reason = "this is test code that other rooms may call")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Where Debian puts the servers, a folder a version.
const PACKAGE: &str = "/usr/lib/postgresql";

/// Makes the database and starts the server; ends both when its input does.
const GUARD: &str = r#"
trap '' INT TERM HUP
umask 077
mkdir "$FOLDER" && cd "$FOLDER" || exit 1
trap 'cd /; rm -rf "$FOLDER"' EXIT
"$BIN/initdb" -D data -U postgres -A trust --no-sync --no-locale --encoding=UTF8 > log 2>&1 || { cat log; exit 1; }
{ echo "host all locked 127.0.0.1/32 scram-sha-256"; cat data/pg_hba.conf; } > hba && cat hba > data/pg_hba.conf
while IFS= read -r line && [ "$line" != . ]; do printf '%s\n' "$line"; done > data/server.crt
while IFS= read -r line && [ "$line" != . ]; do printf '%s\n' "$line"; done > data/server.key
ssl=off; [ -s data/server.key ] && ssl=on
"$BIN/pg_ctl" -D data -l log -w -o "-p $PORT -k $FOLDER -h 127.0.0.1 -c ssl=$ssl -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=50" start > start 2>&1 \
    || { cat start log; exit 1; }
echo ready
while IFS= read -r line; do :; done
"$BIN/pg_ctl" -D data -m immediate stop > /dev/null 2>&1
"#;

/// A running server. Its superuser is `postgres`, without a password; the role `locked`, once made, needs one.
pub struct Server {
    /// The folder of its socket.
    pub folder: PathBuf,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// The guard; when the pipe to it closes, the server ends.
    _guard: Child,
}

impl Server {
    /// A connection string for that database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

/// The server of this test binary, started at the first call. With a certificate and its key in PEM it speaks TLS; only the first
/// call can give one.
pub fn server(certificate: &str, key: &str) -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| match start(certificate, key) {
        Ok(server) => server,
        Err(reason) => panic!("no PostgreSQL server for tests: {reason}"),
    })
}

fn start(certificate: &str, key: &str) -> Result<Server, String> {
    let bin = bin().ok_or_else(|| format!("nothing in `{PACKAGE}`; apt-get install postgresql"))?;
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map_err(|error| error.to_string())?.port();
    let folder = PathBuf::from(format!("/tmp/scorelake-postgres-{}", std::process::id()));
    let mut guard = guard()?;
    guard.env("BIN", bin).env("PORT", port.to_string()).env("FOLDER", &folder).env("LC_ALL", "C.UTF-8");
    let mut guard = guard.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|error| format!("guard: {error}"))?;
    let (Some(pipe), Some(said)) = (&mut guard.stdin, guard.stdout.take()) else { return Err("guard: no pipes".to_owned()) };
    write!(pipe, "{certificate}\n.\n{key}\n.\n").map_err(|error| format!("guard: {error}"))?;
    let mut words = Vec::new();
    for line in BufReader::new(said).lines() {
        let line = line.map_err(|error| error.to_string())?;
        if line == "ready" {
            return Ok(Server { folder, port, _guard: guard });
        }
        words.push(line);
    }
    words.push("the guarding shell ended; the package's user `postgres` must be there".to_owned());
    Err(words.join("\n"))
}

/// The newest version's programs.
fn bin() -> Option<PathBuf> {
    let version = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok());
    let versions = std::fs::read_dir(PACKAGE).ok()?.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let newest = versions.filter(|path| path.join("bin/pg_ctl").is_file()).max_by_key(version)?;
    Some(newest.join("bin"))
}

/// The shell that guards, as a user that may run a server.
fn guard() -> Result<Command, String> {
    let is_root = Command::new("id").arg("-u").output().map_err(|error| format!("id: {error}"))?.stdout == b"0\n";
    let mut guard = Command::new(if is_root { "setpriv" } else { "sh" });
    if is_root {
        guard.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh"]);
    }
    guard.args(["-c", GUARD]);
    Ok(guard)
}
