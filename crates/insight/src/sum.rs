//! The exact sum of many numbers, rounded once (Shewchuk). It compensates more than Neumaier's sum, whose last bit still
//! depends on the order of the terms: here no order and no cutting into batches can be seen in the result.
//! Terms must be finite and so must their sum.

/// A running sum that has lost nothing so far: a few parts that do not overlap, the smallest first.
#[derive(Debug, Clone, Default)]
pub struct Sum {
    parts: Vec<f64>,
}

impl Sum {
    /// Takes in one term.
    pub fn add(&mut self, term: f64) {
        let mut carried = term;
        // What one addition rounds away is kept as a part of its own.
        self.parts.retain_mut(|part| {
            let (great, small) = if carried.abs() < part.abs() { (*part, carried) } else { (carried, *part) };
            carried = great + small;
            *part = small - (carried - great);
            *part != 0.0
        });
        self.parts.push(carried);
    }

    /// The sum of all terms so far, to the nearest number; 0 without any.
    pub fn value(&self) -> f64 {
        let mut rest = self.parts.iter().rev();
        let mut total = rest.next().copied().unwrap_or(0.0);
        let mut lost = 0.0;
        for part in rest.by_ref() {
            let before = total;
            total = before + part;
            lost = part - (total - before);
            if lost != 0.0 {
                break;
            }
        }
        // Exactly half way, the next smaller part decides to which side.
        if let Some(next) = rest.next()
            && ((lost < 0.0 && *next < 0.0) || (lost > 0.0 && *next > 0.0))
        {
            let twice = lost * 2.0;
            let beyond = total + twice;
            if twice == beyond - total {
                total = beyond;
            }
        }
        total + 0.0
    }
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        let mut sum = Self::default();
        terms.into_iter().for_each(|term| sum.add(term));
        sum
    }
}

/// The exact sum of the terms, rounded once.
pub fn sum(terms: impl IntoIterator<Item = f64>) -> f64 {
    terms.into_iter().collect::<Sum>().value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_terms_survive_great_ones() {
        assert_eq!(sum([1.0, 1e100, 1.0, -1e100]), 2.0);
        assert_eq!(sum([]), 0.0);
        assert_eq!(sum([0.0, -0.0]).to_bits(), 0.0f64.to_bits());
        assert_eq!(sum(std::iter::repeat_n(0.1, 10)), 1.0);
    }

    #[test]
    fn a_sum_half_way_between_two_numbers_is_rounded_by_the_smaller_parts() {
        let half_way = [1e16, 1.0, 1e-16];
        assert_eq!((sum(half_way), sum(half_way.map(|term| -term))), (1e16 + 2.0, -1e16 - 2.0));
        assert_eq!(sum([1e16, 1.0, -1e-16]), 1e16);
    }

    proptest! {
        #[test]
        fn order_of_the_terms_does_not_show(mut terms in prop::collection::vec(-1e6..1e6f64, 0..100), seed in any::<u64>()) {
            let before = sum(terms.iter().copied());
            let n = terms.len().max(1) as u64;
            for place in 0..terms.len() {
                terms.swap(place, (seed.rotate_left(place as u32) % n) as usize);
            }
            prop_assert_eq!(sum(terms).to_bits(), before.to_bits());
        }
    }
}
