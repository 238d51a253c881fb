//! JSON objects written straight into text, because a large world is written faster than it could be built as values.
//! The writer trusts its caller to give each name once.

/// An object under construction.
pub(crate) struct ObjectWriter {
    text: String,
}

impl ObjectWriter {
    pub(crate) fn new(capacity: usize) -> Self {
        let mut text = String::with_capacity(capacity);
        text.push('{');
        Self { text }
    }

    pub(crate) fn raw(&mut self, name: &str, json: &str) {
        if !self.text.ends_with('{') {
            self.text.push(',');
        }
        push_text(&mut self.text, name);
        self.text.push(':');
        self.text.push_str(json);
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.raw(name, "");
        push_text(&mut self.text, value);
    }

    pub(crate) fn number(&mut self, name: &str, value: f64) {
        self.raw(name, &value.to_string());
    }

    /// The number as JSON text: `"4.5"`.
    pub(crate) fn number_as_text(&mut self, name: &str, value: f64) {
        self.raw(name, &format!("\"{value}\""));
    }

    pub(crate) fn null(&mut self, name: &str) {
        self.raw(name, "null");
    }

    pub(crate) fn flag(&mut self, name: &str, value: bool) {
        self.raw(name, if value { "true" } else { "false" });
    }

    pub(crate) fn end(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

fn push_text(out: &mut String, value: &str) {
    out.push('"');
    for letter in value.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", control as u32)),
            plain => out.push(plain),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_object_is_read_back_by_a_json_library() {
        let mut object = ObjectWriter::new(64);
        object.text("a\"b", "tab\t, line\n, bell\u{7}, ü, 🙂, \\");
        object.number("n", 4.5);
        object.number("whole", 100.0);
        object.number_as_text("t", 4.5);
        object.null("z");
        object.flag("f", true);
        let value: serde_json::Value = serde_json::from_str(&object.end()).expect("valid JSON");
        let expected = serde_json::json!({
            "a\"b": "tab\t, line\n, bell\u{7}, ü, 🙂, \\", "n": 4.5, "whole": 100, "t": "4.5", "z": null, "f": true
        });
        assert_eq!(value, expected);
    }
}
