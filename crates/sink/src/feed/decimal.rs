//! Decimal rounding: what a person would do with the digits on paper. Nothing here computes in binary.

/// The number with so many decimals, rounded half up, that is towards the greater number: `82.545` becomes `82.55`, and
/// `-82.545` becomes `-82.54`. Its digits are the shortest that read back as the same number. None for what is no number.
pub fn half_up(number: f64, precision: u8) -> Option<String> {
    if !number.is_finite() {
        return None;
    }
    let (is_negative, words) = (number < 0.0, number.abs().to_string());
    let (whole, fraction) = words.split_once('.').unwrap_or((&words, ""));
    let precision = usize::from(precision);
    let kept = fraction.chars().chain(std::iter::repeat('0')).take(precision);
    let mut digits: Vec<u8> = whole.chars().chain(kept).filter_map(|digit| digit.to_digit(10)).map(|digit| digit as u8).collect();
    let mut rest = fraction.bytes().skip(precision);
    let first = rest.next().unwrap_or(b'0');
    let is_half = first == b'5' && rest.all(|digit| digit == b'0');
    // The greater number is the one nearer to zero on the negative side.
    if b'5' <= first && !(is_negative && is_half) {
        carry(&mut digits);
    }
    let is_zero = digits.iter().all(|digit| *digit == 0);
    let mut text: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
    if 0 < precision {
        text.insert(text.len() - precision, '.');
    }
    if is_negative && !is_zero {
        text.insert(0, '-');
    }
    Some(text)
}

/// Adds one to the last digit.
fn carry(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return;
        }
        *digit = 0;
    }
    digits.insert(0, 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(number: f64, precision: u8, expected: &str) {
        assert_eq!(half_up(number, precision).as_deref().unwrap_or("none"), expected);
    }

    #[test]
    fn halves_go_up_by_their_decimal_digits() {
        check(82.545, 2, "82.55");
        check(1.005, 2, "1.01");
        check(82.5, 0, "83");
        check(0.5, 0, "1");
        check(2.5, 0, "3");
        check(0.000_005, 5, "0.00001");
        check(82.544_999_999_999, 2, "82.54");
    }

    #[test]
    fn halves_below_zero_go_up_too() {
        check(-82.545, 2, "-82.54");
        check(-82.546, 2, "-82.55");
        check(-0.5, 0, "0");
        check(-0.004, 2, "0.00");
        check(-1.5, 0, "-1");
        check(-1.51, 0, "-2");
    }

    #[test]
    fn a_number_has_as_many_decimals_as_asked_for() {
        check(82.540_540_540_540_54, 5, "82.54054");
        check(82.540_540_540_540_54, 2, "82.54");
        check(100.0, 2, "100.00");
        check(100.0, 0, "100");
        check(0.0, 3, "0.000");
        check(-0.0, 0, "0");
        check(7.0, 5, "7.00000");
    }

    #[test]
    fn a_carry_runs_through_all_digits() {
        check(99.995, 2, "100.00");
        check(999.5, 0, "1000");
        check(9.999_999, 5, "10.00000");
        check(0.95, 1, "1.0");
    }

    #[test]
    fn very_great_and_very_small_numbers_keep_their_digits() {
        check(1e21, 1, "1000000000000000000000.0");
        check(1e-7, 5, "0.00000");
        check(f64::NAN, 2, "none");
        check(f64::INFINITY, 2, "none");
    }
}
