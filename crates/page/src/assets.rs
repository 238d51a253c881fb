//! What every report carries: two vendored libraries, our scripts and our style.
//! Where the libraries come from, and how to renew them, stands in `vendor/README.md`.

use sha2::{Digest as _, Sha256};

/// A vendored library and its SHA-256.
#[derive(Debug)]
pub(crate) struct Library {
    /// The script.
    pub(crate) text: &'static str,
    #[cfg(test)]
    sha256: &'static str,
}

/// The libraries in the order in which they must be read.
pub(crate) static LIBRARIES: [Library; 2] = [
    Library {
        text: include_str!("../vendor/d3.min.js"),
        #[cfg(test)]
        sha256: "912111098ea99503a6f4967361d2bbdc9dbf58cf9c678c8e27e5b02d1a07f0c1",
    },
    Library {
        text: include_str!("../vendor/plot.umd.min.js"),
        #[cfg(test)]
        sha256: "4358086467740777dd788d6b27a95cebdbaefdd50c730a3060117073bd7134cb",
    },
];

/// Our scripts in the order in which they must be read: the ground, the frame of a chart, a chart each, the start.
static SCRIPTS: [&str; 17] = [
    include_str!("../assets/base.js"),
    include_str!("../assets/words.js"),
    include_str!("../assets/rows.js"),
    include_str!("../assets/filters.js"),
    include_str!("../assets/table.js"),
    include_str!("../assets/frame.js"),
    include_str!("../assets/summary.js"),
    include_str!("../assets/trend.js"),
    include_str!("../assets/split.js"),
    include_str!("../assets/evaluators.js"),
    include_str!("../assets/questions.js"),
    include_str!("../assets/agents.js"),
    include_str!("../assets/card.js"),
    include_str!("../assets/reconciliation.js"),
    include_str!("../assets/control.js"),
    include_str!("../assets/lag.js"),
    include_str!("../assets/start.js"),
];

/// Colours and letters, the layout, paper.
static STYLES: [&str; 3] =
    [include_str!("../assets/ground.css"), include_str!("../assets/layout.css"), include_str!("../assets/print.css")];

/// Our scripts as one.
pub(crate) fn script() -> String {
    SCRIPTS.concat()
}

/// Our styles as one.
pub(crate) fn style() -> String {
    STYLES.concat()
}

/// What a Content-Security-Policy calls that script: its hash as base 64.
pub(crate) fn policy_source(script: &str) -> String {
    format!("'sha256-{}'", base64(&Sha256::digest(script.as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = LETTERS.get((bits >> (18 - 6 * place)) as usize & 63).copied().map_or('=', char::from);
            out.push(if place <= three.len() { letter } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendored_libraries_are_those_that_were_published() {
        let readme = include_str!("../vendor/README.md");
        for library in &LIBRARIES {
            let seen: String = Sha256::digest(library.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(seen, library.sha256);
            assert!(readme.contains(library.sha256), "{}", library.sha256);
        }
    }

    #[test]
    fn nothing_we_carry_can_end_its_element() {
        for script in LIBRARIES.iter().map(|library| library.text).chain(SCRIPTS) {
            let lower = script.to_lowercase();
            assert!(!lower.contains("</script") && !lower.contains("<!--"));
        }
        assert!(!style().to_lowercase().contains("</style"));
    }

    #[test]
    fn our_scripts_are_short_and_write_no_html() {
        for script in SCRIPTS {
            let head = script.lines().next().unwrap_or_default();
            assert!(script.lines().count() < 400, "{head}");
            assert!(head.starts_with("// "), "{head}");
            for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "XMLHttpRequest", "import("] {
                assert!(!script.contains(word), "{head}: {word}");
            }
        }
    }

    #[test]
    fn base64_is_padded() {
        let seen: Vec<String> = ["", "f", "fo", "foo", "foob"].iter().map(|text| base64(text.as_bytes())).collect();
        assert_eq!(seen, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }
}
