//! Keys and words that are refused with a reason of their own: ways of logging in that are unsafe, and what this
//! version does not do. Everything else that is unknown is refused by `config::walk`.

use toml::Value;

const IMPERSONATION: &str = "impersonation tokens are refused: they tie the rate limits to one person, fill the audit log, and fail when \
                             that person changes roles or leaves; use an OAuth client of the grant `client_credentials`";
const BASIC: &str = "basic authentication is refused: it is deprecated on both platforms and has no token rotation; use an OAuth client \
                     of the grant `client_credentials`";
const TOKENS: &str = "a token in the configuration is refused: tokens are asked for with `client_id` and `client_secret` and renewed \
                      ahead of their end";
const PLATFORM_DIALECT: &str = "belongs to the dialect `platform`, which is not available in this version; available is `guide`";

/// Why a key of a tenant is refused whatever stands there, or for what stands there.
pub(crate) fn tenant_key(key: &str, value: &Value) -> Option<&'static str> {
    let key = key.to_ascii_lowercase().replace('-', "_");
    match key.as_str() {
        "username" | "password" | "user" | "user_name" | "basic_auth" | "basic" => Some(BASIC),
        "auth" | "authentication" | "auth_type" | "auth_method" => login(value),
        "access_token" | "refresh_token" | "token" | "bearer_token" | "api_key" => Some(TOKENS),
        "impersonate" | "impersonation" | "impersonate_user" | "impersonation_token" | "on_behalf_of" | "user_token" | "subject_token" => {
            Some(IMPERSONATION)
        }
        "grant_type" | "grant" => grant(value),
        "region" | "auth_url" => Some(PLATFORM_DIALECT),
        _ => None,
    }
}

fn grant(value: &Value) -> Option<&'static str> {
    match value.as_str().map(str::to_ascii_lowercase).as_deref() {
        Some("client_credentials") | None => None,
        Some("basic") => Some(BASIC),
        Some("password") | Some("authorization_code") | Some("implicit") | Some("refresh_token") => Some(IMPERSONATION),
        Some(grant) if grant.contains("token-exchange") || grant.contains("jwt-bearer") || grant.contains("saml") => Some(IMPERSONATION),
        Some(_) => Some("the only grant is `client_credentials`: it belongs to the integration and not to a person"),
    }
}

fn login(value: &Value) -> Option<&'static str> {
    let words = value.to_string().to_ascii_lowercase();
    if words.contains("basic") {
        return Some(BASIC);
    }
    if ["impersonat", "password", "authorization_code", "user"].iter().any(|word| words.contains(word)) {
        return Some(IMPERSONATION);
    }
    None
}

/// Why a word that a key does not know is refused, where there is more to say than which words it knows.
pub(crate) fn word(key: &str, word: &str) -> Option<String> {
    let later: &[&str] = match key {
        "dialect" => &["platform", "data-extraction"],
        "kind" => &["delta"],
        _ => return None,
    };
    let available = match key {
        "dialect" => "`guide`",
        _ => "`json`, `ndjson`, `csv`, `parquet`, `postgres`, `agent-day`, `calabrio`, `genesys-external-metrics`",
    };
    later.contains(&word).then(|| format!("`{word}` is not available in this version; available: {available}"))
}
