//! Reading the fields of a source object: what is named is taken out, what is left is kept as `extra`.
//! A field that is absent is as good as null; a field of the wrong type makes the record unreadable.

use jiff::Timestamp;
use model::id::{RecordId, ScopeId};
use model::record::{Question, Scope, ScopeKind, Unreadable};
use serde_json::{Map, Value};

/// The fields of one object, taken one by one.
pub struct Fields {
    /// Which object, for messages: empty for the record itself, else like "question 3: ".
    place: String,
    left: Map<String, Value>,
}

impl Fields {
    /// Takes an object apart.
    ///
    /// # Errors
    /// [`Unreadable`] if it is none.
    pub fn of(source: Value, place: impl Into<String>) -> Result<Self, Unreadable> {
        let place = place.into();
        match source {
            Value::Object(fields) => Ok(Self { place, left: fields }),
            _ => Err(Unreadable { reason: format!("{place}not an object") }),
        }
    }

    /// A field as it came, taken out.
    pub fn value(&mut self, name: &str) -> Value {
        self.left.remove(name).unwrap_or(Value::Null)
    }

    /// Text, or none.
    ///
    /// # Errors
    /// [`Unreadable`] if it is something else.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Unreadable> {
        match self.value(name) {
            Value::Null => Ok(None),
            Value::String(words) => Ok(Some(words)),
            other => Err(self.wrong(name, &format!("{} where text belongs", kind(&other)))),
        }
    }

    /// The id that a record cannot be without.
    ///
    /// # Errors
    /// [`Unreadable`] if it is absent, empty or no text.
    pub fn id(&mut self, name: &str) -> Result<String, Unreadable> {
        match self.text(name)? {
            Some(id) if !id.is_empty() => Ok(id),
            _ => Err(Unreadable { reason: format!("{}no `{name}`", self.place) }),
        }
    }

    /// A record's id.
    ///
    /// # Errors
    /// As [`Self::id`].
    pub fn record_id(&mut self) -> Result<RecordId, Unreadable> {
        self.id("id").map(RecordId::new)
    }

    /// Those of the named fields that hold a scope's id.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub fn scope_ids(&mut self, names: &[&str]) -> Result<Vec<ScopeId>, Unreadable> {
        let mut ids = Vec::new();
        for name in names {
            ids.extend(self.text(name)?.filter(|id| !id.is_empty()).map(ScopeId::new));
        }
        Ok(ids)
    }

    /// A moment, or none.
    ///
    /// # Errors
    /// [`Unreadable`] if it is no RFC 3339 text.
    pub fn time(&mut self, name: &str) -> Result<Option<Timestamp>, Unreadable> {
        let Some(words) = self.text(name)? else { return Ok(None) };
        model::time::read(&words).map(Some).map_err(|reason| self.wrong(name, &reason))
    }

    /// A number or numeric text, or none.
    ///
    /// # Errors
    /// [`Unreadable`] for anything else.
    pub fn number(&mut self, name: &str) -> Result<Option<f64>, Unreadable> {
        let value = self.value(name);
        model::number::read(&value).map_err(|reason| self.wrong(name, &reason))
    }

    /// True or false, or none.
    ///
    /// # Errors
    /// [`Unreadable`] for anything else.
    pub fn truth(&mut self, name: &str) -> Result<Option<bool>, Unreadable> {
        match self.value(name) {
            Value::Null => Ok(None),
            Value::Bool(truth) => Ok(Some(truth)),
            other => Err(self.wrong(name, &format!("{} where true or false belongs", kind(&other)))),
        }
    }

    /// A list, empty when absent.
    ///
    /// # Errors
    /// [`Unreadable`] for anything else.
    pub fn list(&mut self, name: &str) -> Result<Vec<Value>, Unreadable> {
        match self.value(name) {
            Value::Null => Ok(Vec::new()),
            Value::Array(items) => Ok(items),
            other => Err(self.wrong(name, &format!("{} where an array belongs", kind(&other)))),
        }
    }

    /// A list of texts, empty when absent.
    ///
    /// # Errors
    /// [`Unreadable`] if it is no list or holds anything but text.
    pub fn texts(&mut self, name: &str) -> Result<Vec<String>, Unreadable> {
        let items = self.list(name)?;
        items
            .into_iter()
            .map(|item| match item {
                Value::String(words) => Ok(words),
                other => Err(self.wrong(name, &format!("{} where text belongs", kind(&other)))),
            })
            .collect()
    }

    /// Text or a whole number as text, for version numbers.
    ///
    /// # Errors
    /// [`Unreadable`] for anything else.
    pub fn label(&mut self, name: &str) -> Result<Option<String>, Unreadable> {
        match self.value(name) {
            Value::Null => Ok(None),
            Value::String(words) => Ok(Some(words)),
            Value::Number(number) => Ok(Some(number.to_string())),
            other => Err(self.wrong(name, &format!("{} where text or a number belongs", kind(&other)))),
        }
    }

    /// Puts what is left of a field back, to be kept with what has no name with us.
    pub fn put_back(&mut self, name: &str, value: Value) {
        self.left.insert(name.to_owned(), value);
    }

    /// What has no name with us.
    pub fn extra(self) -> Map<String, Value> {
        self.left
    }

    fn wrong(&self, name: &str, reason: &str) -> Unreadable {
        Unreadable { reason: format!("{}`{name}`: {reason}", self.place) }
    }
}

/// The questions of an assessment; the vendors differ only in the name of the field for "not applicable".
/// CXone sends no weights by contract; one that comes all the same is read as the payload's.
///
/// # Errors
/// [`Unreadable`] with the number of the question.
pub fn questions(sources: Vec<Value>, na_field: &str) -> Result<Vec<Question>, Unreadable> {
    sources
        .into_iter()
        .enumerate()
        .map(|(index, source)| {
            let mut fields = Fields::of(source, format!("question {}: ", index + 1))?;
            Ok(Question {
                id: fields.id("id")?,
                text: fields.text("text")?,
                group_id: fields.text("groupId")?,
                score: fields.number("score")?,
                max_score: fields.number("maxScore")?,
                payload_weight: fields.number("weight")?,
                marked_na: fields.truth(na_field)?.unwrap_or(false),
                critical: fields.truth("critical")?,
                comments: fields.text("comments")?,
                extra: fields.extra(),
            })
        })
        .collect()
}

/// A division, site or queue: `{"id", "name"}` and whatever else there is.
///
/// # Errors
/// [`Unreadable`] with the field and the fact.
pub fn scope(kind: ScopeKind, source: Value) -> Result<Scope, Unreadable> {
    let mut fields = Fields::of(source, "")?;
    let id = ScopeId::new(fields.id("id")?);
    Ok(Scope { kind, id, name: fields.text("name")?, extra: fields.extra() })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
