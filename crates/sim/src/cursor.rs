//! Cursors: where a listing goes on, sealed to the request it belongs to. A cursor names the last row that was given, so rows
//! that come, move or go meanwhile neither shift nor break it.
//! The text is opaque and on purpose hard to carry: it holds `+ / = & %` and letters outside of ASCII.

use crate::rng::hash_text;

const HEAD: &str = "§ж+/=&%2B";
const TAIL: &str = "=é";

/// A place in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) time_ms: i64,
    pub(crate) id: String,
    /// Empty pages in a row up to here.
    pub(crate) n_hops: u32,
    /// How often an endless listing has begun again.
    pub(crate) n_laps: u32,
}

impl Cursor {
    /// Before the first row.
    pub(crate) fn first() -> Self {
        Self { time_ms: i64::MIN, id: String::new(), n_hops: 0, n_laps: 0 }
    }

    /// The token, bound to the request by `listing`, a digest of all its other parameters.
    pub(crate) fn seal(&self, seed: u64, listing: u64) -> String {
        let plain = format!("{} {} {} {}", self.time_ms, self.n_hops, self.n_laps, self.id);
        let sealed = format!("{:016x}{plain}", hash_text(seed ^ listing, &plain));
        format!("{HEAD}{}{TAIL}", base64(sealed.as_bytes()))
    }

    /// `None` if the token was edited or belongs to another request.
    pub(crate) fn open(token: &str, seed: u64, listing: u64) -> Option<Self> {
        let sealed = unbase64(token.strip_prefix(HEAD)?.strip_suffix(TAIL)?)?;
        let sealed = String::from_utf8(sealed).ok()?;
        let plain = sealed.get(16..)?;
        let mut parts = plain.splitn(4, ' ');
        let cursor = Self {
            time_ms: parts.next()?.parse().ok()?,
            n_hops: parts.next()?.parse().ok()?,
            n_laps: parts.next()?.parse().ok()?,
            id: parts.next()?.to_owned(),
        };
        // Base64 has several texts for the same bytes; only the one that was given out is good.
        (cursor.seal(seed, listing) == token).then_some(cursor)
    }
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 4 / 3 + 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, byte| (group << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for nth in 0..4 {
            let place = (group >> (18 - 6 * nth)) & 63;
            let letter = LETTERS.get(place as usize).copied().unwrap_or(b'=');
            out.push(if nth > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    out
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    for chunk in text.trim_end_matches('=').as_bytes().chunks(4) {
        let mut group = 0u32;
        for letter in chunk {
            group = (group << 6) | LETTERS.iter().position(|known| known == letter)? as u32;
        }
        group <<= 6 * (4 - chunk.len());
        let bytes = group.to_be_bytes();
        out.extend(bytes.iter().skip(1).take(chunk.len().saturating_sub(1)));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor() -> Cursor {
        Cursor { time_ms: 1_704_067_200_000, id: "é 1/2".to_owned(), n_hops: 1, n_laps: 0 }
    }

    #[test]
    fn token_holds_what_is_hard_to_carry() {
        let token = cursor().seal(1, 2);
        for letter in ['+', '/', '=', '&', '%', 'é'] {
            assert!(token.contains(letter), "{token}");
        }
    }

    #[test]
    fn token_opens_for_its_own_request_only() {
        let token = cursor().seal(1, 2);
        assert_eq!(Cursor::open(&token, 1, 2), Some(cursor()));
        assert_eq!(Cursor::open(&token, 1, 3), None);
    }

    #[test]
    fn every_edit_of_a_token_is_noticed() {
        let token = cursor().seal(1, 2);
        let letters: Vec<char> = token.chars().collect();
        for place in 0..letters.len() {
            let mut edited = letters.clone();
            edited[place] = if edited[place] == 'A' { 'B' } else { 'A' };
            let edited: String = edited.into_iter().collect();
            assert_eq!(Cursor::open(&edited, 1, 2), None, "{edited}");
            let cut: String = letters.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, letter)| letter).collect();
            assert_eq!(Cursor::open(&cut, 1, 2), None, "{cut}");
        }
        assert_eq!(Cursor::open("", 1, 2), None);
    }
}
