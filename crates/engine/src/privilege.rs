//! Least privilege: what the granted OAuth scopes say against it. Pure; asked by every run and every check.

use std::collections::BTreeSet;

use model::record::Stream;
use platform::dialect::Dialect;

/// What a granted OAuth scope says against least privilege: too much, writing, or too little. Nothing when the source
/// does not tell what it granted.
pub fn oauth_warnings(dialect: &dyn Dialect, streams: &BTreeSet<Stream>, scope: Option<&[String]>) -> Vec<String> {
    let Some(scope) = scope else { return Vec::new() };
    let mut warnings = Vec::new();
    let mut broad = false;
    for word in scope {
        let parts: Vec<&str> = word.split([':', '.']).collect();
        if parts.contains(&"all") || parts.contains(&"*") || *word == "admin" {
            broad = true;
            warnings.push(format!("scope `{word}` is broader than reading needs; grant the read scopes one by one"));
        } else if word.contains("externalMetricData") {
            warnings.push(format!("scope `{word}` may write; only a publication of the kind `genesys-external-metrics` needs it"));
        } else if parts.iter().any(|part| WRITING.contains(part)) {
            warnings.push(format!("scope `{word}` may write; an extraction needs to read only"));
        }
    }
    let needed: BTreeSet<&str> = streams.iter().flat_map(|stream| dialect.needed_oauth_scopes(*stream)).copied().collect();
    for needed in needed {
        if !broad && !scope.iter().any(|word| word == needed) {
            warnings.push(format!("scope `{needed}` is missing from what the source granted"));
        }
    }
    warnings
}

/// Words of scopes that may change something.
const WRITING: [&str; 9] = ["write", "edit", "add", "delete", "manage", "update", "create", "modify", "readwrite"];

#[cfg(test)]
mod tests {
    use model::record::Platform;

    use super::*;

    #[track_caller]
    fn check(platform: Platform, scope: &str, expected: &[&str]) {
        let dialect = platform::registry::dialect(platform, "guide").unwrap();
        let scope: Vec<String> = scope.split_whitespace().map(str::to_owned).collect();
        assert_eq!(oauth_warnings(dialect.as_ref(), &Stream::ALL.into(), Some(&scope)), expected);
    }

    #[test]
    fn exact_read_scopes_are_quiet() {
        check(Platform::Genesys, "quality:assessment:read quality:feedback:read openid offline_access", &[]);
        check(Platform::Cxone, "quality:read", &[]);
    }

    #[test]
    fn broad_writing_and_missing_scopes_are_named() {
        check(Platform::Genesys, "quality:all", &["scope `quality:all` is broader than reading needs; grant the read scopes one by one"]);
        check(
            Platform::Genesys,
            "quality:assessment:read quality:assessment:write",
            &[
                "scope `quality:assessment:write` may write; an extraction needs to read only",
                "scope `quality:feedback:read` is missing from what the source granted",
            ],
        );
        check(
            Platform::Genesys,
            "quality:assessment:read quality:feedback:read employeePerformance:externalMetricData:add",
            &[
                "scope `employeePerformance:externalMetricData:add` may write; only a publication of the kind `genesys-external-metrics` needs it",
            ],
        );
        check(Platform::Cxone, "openid", &["scope `quality:read` is missing from what the source granted"]);
    }

    #[test]
    fn a_source_that_does_not_tell_is_not_accused() {
        let dialect = platform::registry::dialect(Platform::Genesys, "guide").unwrap();
        assert_eq!(oauth_warnings(dialect.as_ref(), &Stream::ALL.into(), None), Vec::<String>::new());
    }
}
