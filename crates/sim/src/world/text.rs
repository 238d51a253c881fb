//! The words of the false world: names, comments, tags, and ids of many shapes.
//! Texts are chosen to trouble careless readers: several scripts, quotes, line breaks, formulas, addresses.

use crate::rng::{Rng, hash_text, mix};

/// Names of divisions with their time zones, the largest first. The fourth is the hidden one.
pub(crate) const DIVISIONS: [(&str, &str); 12] = [
    ("Home", "America/New_York"),
    ("EMEA – Zürich", "Europe/Zurich"),
    ("São Paulo", "America/Sao_Paulo"),
    ("APAC", "Asia/Tokyo"),
    ("Dublin & Cork", "Europe/Dublin"),
    ("東京サポート", "Asia/Tokyo"),
    ("Sydney", "Australia/Sydney"),
    ("Bengaluru", "Asia/Kolkata"),
    ("Back office / night", "America/Los_Angeles"),
    ("Kraków", "Europe/Warsaw"),
    ("Kathmandu", "Asia/Kathmandu"),
    ("Pilot=Test", "UTC"),
];

pub(crate) const SITES: [(&str, &str); 6] = [
    ("Phoenix", "America/Phoenix"),
    ("Málaga", "Europe/Madrid"),
    ("Manila", "Asia/Manila"),
    ("St. John's", "America/St_Johns"),
    ("Łódź", "Europe/Warsaw"),
    ("Auckland", "Pacific/Auckland"),
];

pub(crate) const QUEUES: [&str; 12] = [
    "Billing",
    "Retention",
    "Tech L1",
    "Tech L2",
    "Vertrieb (Bestandskunden)",
    "Complaints",
    "Chat & e-mail",
    "请求回电",
    "Claims",
    "VIP",
    "Fraud",
    "Outbound \"win-back\"",
];

pub(crate) const GROUPS: [&str; 4] = ["opening", "problem-solving", "compliance", "closing"];

pub(crate) const FORMS: [&str; 3] = ["Inbound voice", "Chat und E-Mail (Qualität)", "Retention & sales"];

pub(crate) const QUESTIONS: [&str; 24] = [
    "Greeting used and name given",
    "Customer verified",
    "Recording disclosure read",
    "Need understood without repeating questions",
    "Active listening",
    "Tone friendly and calm",
    "Correct product information",
    "Knowledge article used",
    "Hold procedure followed",
    "Transfer was warm",
    "Solution offered",
    "Ownership taken",
    "Empathy shown",
    "Objections handled",
    "Offer made where allowed",
    "Data protection respected",
    "Case notes complete",
    "Right disposition code",
    "Next steps summarised",
    "Further help offered",
    "Survey announced",
    "Polite closing",
    "Wrap-up in time",
    "Spelling and style",
];

pub(crate) const COMPLIANCE: [&str; 6] = [
    "Mandatory: affordability statement read word for word",
    "Mandatory: right of withdrawal explained",
    "Mandatory: consent to marketing asked anew",
    "Mandatory: vulnerable customer check done",
    "Mandatory: complaint registered on the same day",
    "Mandatory: payment data never repeated",
];

pub(crate) const COMMENTS: [&str; 14] = [
    "Good call, clear structure.",
    "Sehr freundlich, aber die Verifizierung kam zu spät.",
    "お客様の要望を正確に理解していました。",
    "Customer said: \"I will not call again\"; please review the recording together.",
    "Line one\nLine two\twith a tab",
    "=HYPERLINK(\"http://example.com\",\"see here\")",
    "Muito bom 👏 continue assim!",
    "<b>Hold time</b> over 3 minutes &amp; no apology",
    "Reach me at supervisor@example.com or +1 202 555 0143",
    "Wrap-up 100 % OK; card 4111 1111 1111 1111 was read aloud",
    "naïve façade – “typographic quotes” … and an em dash —",
    "-3 dB on the headset, ask IT",
    "Escalated; path C:\\calls\\2024",
    "",
];

pub(crate) const TAGS: [&str; 10] =
    ["coaching", "praise", "empathy", "compliance", "Nachschulung", "silence", "upsell", "a,b", "質問", "follow-up"];

pub(crate) const CATEGORIES: [&str; 6] = ["coaching", "recognition", "compliance", "Wissen", "attendance", "other"];

/// An id: opaque, unique within its kind and seed, of many shapes, and some differ only in the case of their letters.
pub(crate) fn opaque_id(seed: u64, kind: &str, serial: u32) -> String {
    let pair = hash_text(seed, kind) ^ mix(u64::from(serial / 2));
    let high = mix(pair ^ u64::from(serial));
    let low = mix(high);
    let odd = serial % 2 == 1;
    match mix(pair) % 24 {
        0 if odd => format!("{kind}-Rx{}", serial / 2),
        0 => format!("{kind}-rX{}", serial / 2),
        1 => format!("{serial:09}"),
        2 => format!("{kind}é-{serial}/{:04x}", high & 0xffff),
        3 => format!("{kind}:{serial}+{:06x}==", high & 0xff_ffff),
        4 => format!("{}E{serial}", high % 10),
        5 => format!("{kind} {serial}~{:06X}", high & 0xff_ffff),
        _ => format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:04x}{:08x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            (low >> 32) & 0xffff,
            low & 0xffff_ffff
        ),
    }
}

/// One to three sentences.
pub(crate) fn comment(rng: &mut Rng) -> String {
    let n_sentences = 1 + rng.below(3);
    let sentences: Vec<&str> = (0..n_sentences).filter_map(|_| rng.pick(&COMMENTS).copied()).collect();
    sentences.join(" ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_some_differ_only_in_case() {
        let ids: HashSet<String> = (0..5000).map(|serial| opaque_id(3, "a", serial)).collect();
        assert_eq!(ids.len(), 5000);
        let folded: HashSet<String> = ids.iter().map(|id| id.to_lowercase()).collect();
        assert!(folded.len() < 5000);
    }
}
