//! The target: what the connection string names, and how the way there is made safe.
//! A certificate is always verified where the connection is encrypted; on loopback it is not encrypted unless asked for.
//! What must hold: the password is in nothing that can be printed.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;
use sink::error::{SinkError, SinkErrorKind};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::postgres::refusal::of_postgres;

/// How long one attempt to connect may take, unless the connection string says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// A server and database, read from a connection string.
pub(super) struct Target {
    config: Config,
    root_certificates: Option<PathBuf>,
    shown: String,
}

impl Target {
    /// Reads `postgres://...` or `host=... dbname=...`; a password given apart goes before one in the text.
    pub(super) fn read(text: &str, password: Option<&str>) -> Result<Self, SinkError> {
        let wrong = |reason: &dyn fmt::Display| {
            SinkError::new(SinkErrorKind::Configuration, format!("connection string of publication: {reason}"))
                .with_hint("write `postgres://user@host:5432/database`")
        };
        let (text, root_certificates) = take_root_certificates(text);
        // The driver knows one way of verifying, the whole one, and no turning back to encryption after a refusal.
        let text = text.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require");
        let text = text.replace("sslmode=allow", "sslmode=prefer");
        let mut config: Config = text.parse().map_err(|error: postgres::Error| wrong(&reason(&error)))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(wrong(&"it names no host"));
        }
        if let Some(password) = password {
            config.password(password);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_application_name().is_none() {
            config.application_name("scorelake");
        }
        if !text.contains("sslmode=") {
            // Personal data does not travel in plain text because a server offers nothing else; who wants that says so.
            config.ssl_mode(if is_loopback(&config) { SslMode::Disable } else { SslMode::Require });
        }
        let shown = shown(&config);
        Ok(Self { config, root_certificates, shown })
    }

    /// Connects.
    pub(super) fn connect(&self) -> Result<Client, SinkError> {
        let client = match self.config.get_ssl_mode() {
            SslMode::Disable => self.config.connect(NoTls),
            _ => self.config.connect(MakeRustlsConnect::new(self.tls()?)),
        };
        client.map_err(|error| of_postgres(&self.shown, &error))
    }

    fn tls(&self) -> Result<ClientConfig, SinkError> {
        let wrong = |reason: &dyn fmt::Display| SinkError::new(SinkErrorKind::Configuration, format!("`{}`: {reason}", self.shown));
        let mut roots: Vec<CertificateDer<'static>> = Vec::new();
        if let Some(path) = &self.root_certificates {
            let named = |error: rustls::pki_types::pem::Error| wrong(&format!("certificates of `{}`: {error}", path.display()));
            for certificate in CertificateDer::pem_file_iter(path).map_err(named)? {
                roots.push(certificate.map_err(named)?);
            }
        }
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).map_err(|error| wrong(&error))?;
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|error| wrong(&error))?;
        Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
    }
}

impl fmt::Display for Target {
    /// `postgres://user@host:5432/database`, without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// The innermost words of the driver; its own are in front of them.
fn reason(error: &postgres::Error) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), ToString::to_string)
}

fn shown(config: &Config) -> String {
    let user = config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
    let ports = config.get_ports();
    let port = |place: usize| ports.get(place).or_else(|| ports.first()).copied().unwrap_or(5432);
    let names: Vec<String> = if config.get_hosts().is_empty() {
        config.get_hostaddrs().iter().map(ToString::to_string).collect()
    } else {
        config.get_hosts().iter().map(host_name).collect()
    };
    let hosts: Vec<String> = names.iter().enumerate().map(|(place, name)| format!("{name}:{}", port(place))).collect();
    let database = config.get_dbname().or_else(|| config.get_user()).unwrap_or_default();
    format!("postgres://{user}{}/{database}", hosts.join(","))
}

fn host_name(host: &Host) -> String {
    match host {
        Host::Tcp(name) if name.contains(':') => format!("[{name}]"),
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    }
}

fn is_loopback(config: &Config) -> bool {
    let by_name = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    by_name && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

/// Takes `sslrootcert=FILE` out of the text: the driver does not know it.
fn take_root_certificates(text: &str) -> (String, Option<PathBuf>) {
    let Some(start) = text.find("sslrootcert=") else { return (text.to_owned(), None) };
    let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
    let end_mark = if is_url { '&' } else { ' ' };
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.find(end_mark).unwrap_or(rest.len());
    let value = rest.get("sslrootcert=".len()..end).unwrap_or_default();
    let value = if is_url { percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned() } else { value.to_owned() };
    let before = text.get(..start).unwrap_or_default();
    let after = rest.get(end..).unwrap_or_default().trim_start_matches(end_mark);
    let kept = format!("{before}{after}");
    (kept.trim_end_matches(['&', '?', ' ']).to_owned(), Some(PathBuf::from(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let seen = match Target::read(text, None) {
            Ok(target) => format!("{target} {:?} {:?}", target.config.get_ssl_mode(), target.root_certificates),
            Err(error) => error.to_string(),
        };
        assert_eq!(seen, expected);
    }

    #[test]
    fn the_password_is_not_shown() {
        check("postgres://me:secret@db.example:6432/lake", "postgres://me@db.example:6432/lake Require None");
        check("host=db.example user=me password=secret", "postgres://me@db.example:5432/me Require None");
    }

    #[test]
    fn a_connection_within_the_machine_is_not_encrypted_unless_asked_for() {
        check("postgres://me@localhost/lake", "postgres://me@localhost:5432/lake Disable None");
        check("postgres://me@[::1]/lake", "postgres://me@[::1]:5432/lake Disable None");
        check("postgres://me@127.0.0.1/lake?sslmode=require", "postgres://me@127.0.0.1:5432/lake Require None");
        check("host=/run/postgresql user=me dbname=lake", "postgres://me@/run/postgresql:5432/lake Disable None");
    }

    #[test]
    fn every_kind_of_verification_is_the_whole_one() {
        check("postgres://me@db/lake?sslmode=verify-full", "postgres://me@db:5432/lake Require None");
        check("postgres://me@db/lake?sslmode=allow", "postgres://me@db:5432/lake Prefer None");
        check(
            "postgres://me@db/lake?sslrootcert=%2Fetc%2Fca.pem&sslmode=verify-ca",
            "postgres://me@db:5432/lake Require Some(\"/etc/ca.pem\")",
        );
        check("host=db user=me sslmode=disable sslrootcert=/etc/ca.pem", "postgres://me@db:5432/me Disable Some(\"/etc/ca.pem\")");
    }

    #[test]
    fn a_connection_string_that_cannot_be_read_is_told_without_its_words() {
        check("postgres://me:secret@db/lake?colour=red", "connection string of publication: unknown option `colour`");
        check("postgres:///lake", "connection string of publication: it names no host");
        check("postgres://me:secret@db:port/lake", "connection string of publication: invalid value for option `port`");
    }
}
