//! How numbers are compared and how they are shown. Kept numbers stay unrounded; nothing computed from a rounded one goes on.
//! Rounding is done on the decimal digits that the number is written with, so that 0.15 is half way as it looks.

/// The number as it is compared: half away from zero to 6 decimals, without a negative zero.
pub fn compared(number: f64) -> f64 {
    match rounded(number, 6) {
        Some(millionths) => millionths as f64 / 1e6,
        None => number,
    }
}

/// The number in tenths as it is shown: half up, towards plus infinity. -0.05 is 0.0 and -0.25 is -0.2.
///
/// What arithmetic leaves at the tenth decimal is taken off first: 82.24999999999999 is 82.25. `None` for what is no number.
pub fn tenths(number: f64) -> Option<i64> {
    let billionths = rounded(number, 9)?;
    i64::try_from((billionths + 50_000_000).div_euclid(100_000_000)).ok()
}

/// The number as it is shown: half up at 1 decimal, never `-0.0`. Empty for what is no number.
pub fn shown(number: f64) -> String {
    tenths(number).map(|tenths| format!("{}{}", if tenths < 0 { "-" } else { "" }, tenths_text(tenths.unsigned_abs()))).unwrap_or_default()
}

/// As [`shown`], with a sign in front: `+0.9`, `-0.9`, `+0.0`.
pub fn shown_signed(number: f64) -> String {
    tenths(number).map(|tenths| format!("{}{}", if tenths < 0 { '-' } else { '+' }, tenths_text(tenths.unsigned_abs()))).unwrap_or_default()
}

/// As [`shown`], without its sign; the words around it say the direction.
pub fn shown_size(number: f64) -> String {
    tenths(number).map(|tenths| tenths_text(tenths.unsigned_abs())).unwrap_or_default()
}

fn tenths_text(tenths: u64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// The number in units of 10 to the power of -`decimals`, half away from zero; `None` if it is not finite or too great.
fn rounded(number: f64, decimals: usize) -> Option<i128> {
    let text = number.is_finite().then(|| number.abs().to_string())?;
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut digits = fraction.bytes().map(|digit| i128::from(digit - b'0'));
    let mut units: i128 = whole.parse().ok()?;
    for _ in 0..decimals {
        units = units.checked_mul(10)?.checked_add(digits.next().unwrap_or(0))?;
    }
    units += i128::from(digits.next().unwrap_or(0) >= 5);
    Some(if number < 0.0 { -units } else { units })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_shown_half_up_at_one_decimal() {
        let cases = [
            (82.25, "82.3"),
            (82.249, "82.2"),
            (82.24999999999999, "82.3"),
            (0.05, "0.1"),
            (0.15, "0.2"),
            (0.25, "0.3"),
            (0.35, "0.4"),
            (0.04, "0.0"),
            (-0.04, "0.0"),
            (-0.05, "0.0"),
            (-0.06, "-0.1"),
            (-0.25, "-0.2"),
            (-12.251, "-12.3"),
            (99.95, "100.0"),
            (100.0, "100.0"),
            (1e9 + 0.05, "1000000000.1"),
            (f64::NAN, ""),
            (f64::INFINITY, ""),
        ];
        for (number, expected) in cases {
            assert_eq!(shown(number), expected, "{number}");
        }
        assert_eq!((shown_signed(0.04), shown_signed(-0.9), shown_signed(0.9)), ("+0.0".to_owned(), "-0.9".to_owned(), "+0.9".to_owned()));
        assert_eq!(shown_size(-12.5), "12.5");
    }

    #[test]
    fn numbers_are_compared_half_away_from_zero_at_six_decimals() {
        let cases = [
            (1.0000005, 1.000001),
            (-1.0000005, -1.000001),
            (1.00000049, 1.0),
            (0.1 + 0.2, 0.3),
            (-0.0000001, 0.0),
            (1e300, 1e300),
            (f64::INFINITY, f64::INFINITY),
        ];
        for (number, expected) in cases {
            assert_eq!(compared(number).to_bits(), f64::to_bits(expected), "{number}");
        }
    }

    proptest! {
        #[test]
        fn comparing_moves_a_number_by_half_a_unit_at_most(number in -1e6..1e6f64) {
            prop_assert!((compared(number) - number).abs() <= 0.500_001e-6);
            prop_assert_eq!(compared(compared(number)).to_bits(), compared(number).to_bits());
        }
    }
}
