//! Privacy: what is taken out of a source object before anything of it is kept.
//! It works on the source object itself, so row, raw source and quarantine all hold the same cleaned text.
//! The hash of an unchanged record is taken before, so a change inside a redacted text is still seen.

use hmac::{Hmac, KeyInit as _, Mac as _};
use regex::Regex;
use serde_json::Value;
use sha2::Sha256;

/// The fields whose text can be redacted, by the source's names for them.
const REDACTABLE: [(&str, &[&str]); 3] = [("comments", &["comments"]), ("content", &["content", "message"]), ("message", &["message"])];
/// The fields that can be pseudonymised, by the source's names for them.
const PSEUDONYMOUS: [(&str, &str); 3] = [("agent_id", "agentId"), ("evaluator_id", "evaluatorId"), ("author_id", "authorId")];

/// The privacy settings of one run, ready to be applied.
pub struct Privacy {
    redact: Vec<&'static str>,
    pseudonymise: Vec<&'static str>,
    key: Option<Hmac<Sha256>>,
    patterns: Vec<(Regex, &'static str)>,
}

impl std::fmt::Debug for Privacy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Privacy").field("redact", &self.redact).field("pseudonymise", &self.pseudonymise).finish_non_exhaustive()
    }
}

impl Privacy {
    /// Nothing is taken out.
    pub fn none() -> Self {
        Self { redact: Vec::new(), pseudonymise: Vec::new(), key: None, patterns: Vec::new() }
    }

    /// Takes the field names of the configuration; `key` is the secret of the pseudonyms.
    ///
    /// # Errors
    /// The reason in words: an unknown field name, or pseudonyms without a key.
    pub fn new(redact: &[String], pseudonymise: &[String], key: Option<&[u8]>) -> Result<Self, String> {
        let mut privacy = Self::none();
        for field in redact {
            let names = REDACTABLE.iter().find(|(name, _)| name == field);
            let (_, sources) =
                names.ok_or_else(|| format!("`{field}` cannot be redacted; possible are `comments`, `content`, `message`"))?;
            privacy.redact.extend(*sources);
        }
        for field in pseudonymise {
            let names = PSEUDONYMOUS.iter().find(|(name, _)| name == field);
            let (_, source) =
                names.ok_or_else(|| format!("`{field}` cannot be pseudonymised; possible are `agent_id`, `evaluator_id`, `author_id`"))?;
            privacy.pseudonymise.push(source);
        }
        if !privacy.pseudonymise.is_empty() {
            let key = key.filter(|key| !key.is_empty()).ok_or("`pseudonymise` needs a `key`")?;
            privacy.key = Some(Hmac::<Sha256>::new_from_slice(key).map_err(|_| "the key of the pseudonyms cannot be used")?);
        }
        if !privacy.redact.is_empty() {
            privacy.patterns = patterns()?;
        }
        Ok(privacy)
    }

    /// Whether anything is taken out at all.
    pub fn is_none(&self) -> bool {
        self.redact.is_empty() && self.pseudonymise.is_empty()
    }

    /// Cleans a source object in place, at any depth.
    pub fn apply(&self, source: &mut Value) {
        match source {
            Value::Array(items) => items.iter_mut().for_each(|item| self.apply(item)),
            Value::Object(fields) => {
                for (name, value) in fields.iter_mut() {
                    match value {
                        Value::String(words) if self.redact.contains(&name.as_str()) => *words = self.redacted(words),
                        Value::String(id) if self.pseudonymise.contains(&name.as_str()) => *id = self.pseudonym(id),
                        other => self.apply(other),
                    }
                }
            }
            _ => {}
        }
    }

    /// The same id gives the same pseudonym under the same key: `p-` and 32 hex digits of its HMAC-SHA-256. A pseudonym
    /// stays as it is, so that a kept source can be read again.
    fn pseudonym(&self, id: &str) -> String {
        if id.strip_prefix("p-").is_some_and(|digits| digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())) {
            return id.to_owned();
        }
        let Some(mut mac) = self.key.clone() else { return id.to_owned() };
        mac.update(id.as_bytes());
        let digits: String = mac.finalize().into_bytes().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("p-{digits}")
    }

    fn redacted(&self, words: &str) -> String {
        self.patterns.iter().fold(words.to_owned(), |words, (pattern, mark)| {
            pattern
                .replace_all(&words, |found: &regex::Captures<'_>| {
                    let found = found.get(0).map_or("", |found| found.as_str());
                    if is_chance(found, mark) { found.to_owned() } else { (*mark).to_owned() }
                })
                .into_owned()
        })
    }
}

/// In the order in which they are tried: the more certain first, so a card number is not taken for a phone number.
fn patterns() -> Result<Vec<(Regex, &'static str)>, String> {
    [
        (r"(?i)\b[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}\b", "[email]"),
        (r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", "[iban]"),
        (r"\b\d(?:[ -]?\d){12,18}\b", "[card]"),
        (r"\b\d{3}-\d{2}-\d{4}\b", "[ssn]"),
        (r"(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)|\b\d{2,4})(?:[ .-]\d{2,4}){2,4}\b|\+\d{8,15}\b|\b\d{10,12}\b", "[phone]"),
    ]
    .into_iter()
    .map(|(pattern, mark)| Regex::new(pattern).map(|pattern| (pattern, mark)).map_err(|error| error.to_string()))
    .collect()
}

/// What a pattern found but is not: a long number without a card's check digit, a date that looks like a phone number.
fn is_chance(found: &str, mark: &str) -> bool {
    match mark {
        "[card]" => !passes_luhn(found),
        "[phone]" => found.chars().filter(char::is_ascii_digit).count() < 9,
        _ => false,
    }
}

/// The check digit of payment cards (ISO/IEC 7812-1, annex B).
fn passes_luhn(words: &str) -> bool {
    let digits = words.chars().rev().filter_map(|letter| letter.to_digit(10));
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| {
            if place % 2 == 0 {
                digit
            } else if digit > 4 {
                digit * 2 - 9
            } else {
                digit * 2
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(words: &str, expected: &str) {
        let privacy = Privacy::new(&["comments".to_owned()], &[], None).unwrap();
        let mut source = json!({"comments": words, "other": words});
        privacy.apply(&mut source);
        assert_eq!(source["comments"], expected);
        assert_eq!(source["other"], words);
    }

    #[test]
    fn personal_data_is_taken_out_of_the_named_fields_only() {
        check("write to jo.doe+x@mail.example.org now", "write to [email] now");
        check("card 4111 1111 1111 1111 used", "card [card] used");
        check("IBAN DE89 3704 0044 0532 0130 00 given", "IBAN [iban] given");
        check("SSN 078-05-1120.", "SSN [ssn].");
        check("call +1 415-555-0132 or (030) 123 4567", "call [phone] or [phone]");
    }

    #[test]
    fn ordinary_words_and_numbers_stay() {
        check("scored 95.5 of 100 on 2024-01-31, ticket 12345", "scored 95.5 of 100 on 2024-01-31, ticket 12345");
    }

    #[test]
    fn a_pseudonym_is_the_same_for_the_same_id_and_key() {
        let with = |key: &[u8]| {
            let privacy = Privacy::new(&[], &["agent_id".to_owned()], Some(key)).unwrap();
            let mut source = json!({"agentId": "agent-7", "questions": [{"agentId": "agent-7"}]});
            privacy.apply(&mut source);
            source
        };
        let one = with(b"k1");
        assert_eq!(one["agentId"], one["questions"][0]["agentId"]);
        assert!(one["agentId"].as_str().unwrap().starts_with("p-"));
        assert_ne!(one, with(b"k2"));
    }

    #[test]
    fn a_cleaned_source_is_cleaned_again_without_a_change() {
        let privacy = Privacy::new(&["comments".to_owned()], &["agent_id".to_owned()], Some(b"k")).unwrap();
        let mut source = json!({"agentId": "agent-7", "comments": "mail a@example.org, call +1 415-555-0132"});
        privacy.apply(&mut source);
        let once = source.clone();
        privacy.apply(&mut source);
        assert_eq!(source, once);
    }

    #[test]
    fn unknown_fields_and_missing_keys_are_refused() {
        let reason = |redact: &[String], pseudonymise: &[String]| Privacy::new(redact, pseudonymise, None).unwrap_err();
        assert_eq!(reason(&["tags".to_owned()], &[]), "`tags` cannot be redacted; possible are `comments`, `content`, `message`");
        assert_eq!(reason(&[], &["agent_id".to_owned()]), "`pseudonymise` needs a `key`");
    }
}
