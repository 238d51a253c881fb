//! What goes out: answers, and refusals in the error shape of the contract.

use serde_json::json;

/// One answer, before it meets the wire.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) n_rows: usize,
}

impl Answer {
    pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type: "application/json; charset=utf-8", headers: Vec::new(), body: body.into(), n_rows: 0 }
    }

    pub(crate) fn value(status: u16, value: &serde_json::Value) -> Self {
        Self::json(status, value.to_string())
    }

    pub(crate) fn html(status: u16) -> Self {
        let body = format!("<html><head><title>{status}</title></head><body><center><h1>{status}</h1></center><hr>nginx</body></html>\n");
        Self { content_type: "text/html", ..Self::json(status, body) }
    }
}

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: &str) -> Self {
        Self { status, code, message: message.to_owned() }
    }

    pub(crate) fn parameter(message: &str) -> Self {
        Self::new(400, "invalid.parameter", message)
    }

    pub(crate) fn cursor(message: &str) -> Self {
        Self::new(400, "invalid.cursor", message)
    }

    pub(crate) fn not_found(message: &str) -> Self {
        Self::new(404, "not.found", message)
    }

    pub(crate) fn unauthorized(message: &str) -> Self {
        Self::new(401, "unauthorized", message)
    }

    /// A refusal of this status whose words do not matter.
    pub(crate) fn of_status(status: u16) -> Self {
        let (code, message) = match status {
            401 => ("unauthorized", "the token is unknown or expired"),
            408 => ("request.timeout", "the request was not read in time"),
            429 => ("too.many.requests", "rate limit exceeded"),
            500 => ("internal.server.error", "something went wrong"),
            502 => ("bad.gateway", "an upstream service gave no answer"),
            503 => ("service.unavailable", "the service is being maintained"),
            504 => ("gateway.timeout", "an upstream service did not answer in time"),
            _ => ("refused", "the request is refused"),
        };
        Self::new(status, code, message)
    }

    pub(crate) fn answer(&self, correlation_id: &str) -> Answer {
        let body = json!({"status": self.status, "code": self.code, "message": self.message, "correlationId": correlation_id});
        Answer::value(self.status, &body)
    }
}
