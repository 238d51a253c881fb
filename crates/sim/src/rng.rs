//! Randomness with a seed: the same seed and words give the same numbers on every machine, for ever.
//! It never asks the system for entropy, and it is no good for secrets.

/// A stream of numbers that depends on nothing but the words it was made from.
pub(crate) struct Rng {
    state: u64,
}

impl Rng {
    pub(crate) fn of(seed: u64, words: &[u64]) -> Self {
        let state = words.iter().fold(mix(seed), |state, word| mix(state ^ mix(*word)));
        Self { state }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A share in `[0, 1)`.
    pub(crate) fn share(&mut self) -> f64 {
        share_of(self.next())
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// A number in `0..n`, or 0 where `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.next() % n as u64) as usize }
    }

    /// A number in `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(0) as u64 + 1;
        low + (self.next() % span) as i64
    }

    /// An exponentially distributed number with this mean.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// The place of one of the weights, each as likely as it is heavy.
    pub(crate) fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut left = self.share() * weights.clone().sum::<f64>();
        let mut last = 0;
        for (place, weight) in weights.enumerate() {
            last = place;
            if left < weight {
                return place;
            }
            left -= weight;
        }
        last
    }
}

/// A number of 64 well mixed bits that depends on the seed and on every byte.
pub(crate) fn hash_text(seed: u64, text: &str) -> u64 {
    let folded = text.bytes().fold(0xcbf2_9ce4_8422_2325 ^ mix(seed), |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    mix(folded)
}

/// The same bits as a share in `[0, 1)`.
pub(crate) fn share_of(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

/// The finaliser of splitmix64.
pub(crate) fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_gives_the_same_numbers() {
        let numbers = |seed| {
            let mut rng = Rng::of(seed, &[1, 2]);
            [rng.next(), rng.next(), rng.next()]
        };
        assert_eq!(numbers(7), numbers(7));
        assert_ne!(numbers(7), numbers(8));
    }

    #[test]
    fn weighted_picks_follow_the_weights() {
        let mut rng = Rng::of(1, &[]);
        let heavy = (0..1000).filter(|_| rng.weighted([1.0, 9.0].into_iter()) == 1).count();
        assert!((850..950).contains(&heavy), "{heavy}");
    }
}
