//! Tokens: given out for client credentials only, dead after their life or when revoked.
//! The token endpoint speaks the errors of OAuth, not those of the API.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::answer::{Answer, Refusal};
use crate::ask::Ask;
use crate::options::SimOptions;
use crate::platform::Platform;
use crate::rng::{hash_text, mix};

/// Dead tokens are forgotten beyond this many.
const TOKENS_MAX: usize = 10_000;

struct Token {
    platform: Platform,
    scopes: Vec<String>,
    dies_at_ms: u64,
}

/// Gives out tokens and knows those that live.
#[derive(Default)]
pub(crate) struct Issuer {
    tokens: HashMap<String, Token>,
    n_issued: u64,
}

impl Issuer {
    /// Answers a request to the token endpoint.
    pub(crate) fn issue(&mut self, ask: &Ask, options: &SimOptions, life_s: u64, now_ms: u64) -> Answer {
        match self.grant(ask, options, life_s, now_ms) {
            Ok(body) => Answer::value(200, &body),
            Err((status, error, description)) => Answer::value(status, &json!({"error": error, "error_description": description})),
        }
    }

    fn grant(&mut self, ask: &Ask, options: &SimOptions, life_s: u64, now_ms: u64) -> Result<Value, (u16, &'static str, String)> {
        if ask.authorization.is_some() {
            return Err((401, "invalid_client", "credentials belong in the body; basic authentication is refused".to_owned()));
        }
        if !ask.content_type.starts_with("application/json") {
            return Err((400, "invalid_request", "the body is not `application/json`".to_owned()));
        }
        let body: Value = serde_json::from_slice(&ask.body).map_err(|_| (400, "invalid_request", "the body is no JSON".to_owned()))?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        if text("grant_type") != "client_credentials" {
            return Err((400, "unsupported_grant_type", "the only grant is `client_credentials`".to_owned()));
        }
        if text("client_id") != options.client_id || text("client_secret") != options.client_secret {
            return Err((401, "invalid_client", "client id or secret is wrong".to_owned()));
        }
        let scopes = granted(ask.platform, options.scopes(ask.platform), text("scope"))
            .map_err(|scope| (400, "invalid_scope", format!("scope `{scope}` is not granted to this client")))?;
        self.n_issued += 1;
        let token = self.new_token(options);
        let scope = scopes.join(" ");
        self.tokens.retain(|_, token| token.dies_at_ms > now_ms);
        if self.tokens.len() < TOKENS_MAX {
            let dies_at_ms = now_ms.saturating_add(life_s.saturating_mul(1000));
            self.tokens.insert(token.clone(), Token { platform: ask.platform, scopes, dies_at_ms });
        }
        Ok(json!({
            "access_token": token,
            "token_type": "bearer",
            "expires_in": life_s,
            "refresh_token": format!("refresh-{:016x}", mix(self.n_issued)),
            "scope": scope,
        }))
    }

    fn new_token(&self, options: &SimOptions) -> String {
        let digest = hash_text(options.world.seed, &format!("{} {}", options.client_secret, self.n_issued));
        format!("{digest:016x}{:016x}-{}", mix(digest), self.n_issued)
    }

    /// Checks the bearer token of a data request; gives it back with its scopes.
    pub(crate) fn check(&self, ask: &Ask, now_ms: u64) -> Result<(String, &[String]), Refusal> {
        if ask.has_cookie {
            return Err(Refusal::unauthorized("cookies are refused"));
        }
        let Some(header) = ask.authorization.as_deref() else {
            return Err(Refusal::unauthorized("the `Authorization` header is missing"));
        };
        let Some(token) = header.strip_prefix("Bearer ") else {
            return Err(Refusal::unauthorized("the only authorization is a bearer token"));
        };
        match self.tokens.get(token) {
            Some(known) if known.platform == ask.platform && now_ms < known.dies_at_ms => Ok((token.to_owned(), &known.scopes)),
            _ => Err(Refusal::of_status(401)),
        }
    }

    pub(crate) fn revoke(&mut self, token: &str) {
        self.tokens.remove(token);
    }

    pub(crate) fn revoke_all(&mut self) {
        self.tokens.clear();
    }
}

/// The scopes that the client gets, or the one that it may not have.
fn granted(platform: Platform, allowed: &str, asked: &str) -> Result<Vec<String>, String> {
    let allowed: Vec<&str> = allowed.split_whitespace().collect();
    let asked: Vec<&str> = asked.split_whitespace().collect();
    let refused = asked.iter().find(|scope| match platform {
        Platform::Genesys => !allowed.contains(scope),
        Platform::Cxone => **scope != "quality:read",
    });
    if let Some(scope) = refused {
        return Err((*scope).to_owned());
    }
    // CXone grants what the client has, whatever it asks for.
    let given = if asked.is_empty() || platform == Platform::Cxone { allowed } else { asked };
    Ok(given.into_iter().map(str::to_owned).collect())
}
