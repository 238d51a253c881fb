//! Quantiles that intervals are made of: two-sided 95 % of the normal and of Student's t, and any of a beta.
//! The library's inverse functions are only the first guess; Newton's steps on its distribution functions make them exact.

use statrs::distribution::{Beta, Continuous, ContinuousCDF, StudentsT};

/// The two-sided 95 % quantile of the normal distribution.
pub const Z: f64 = 1.959_963_984_540_054;

const STEPS_MAX: u32 = 60;
const TAIL: f64 = 0.025;

/// The two-sided 95 % quantile of Student's t with `df` degrees of freedom; `None` without any.
pub fn t(df: u64) -> Option<f64> {
    if df == 0 {
        return None;
    }
    // Above this the expansion is exact to the last digits and the distribution function is not.
    if df > 400 {
        return Some(t_of_many(df as f64));
    }
    let student = StudentsT::new(0.0, 1.0, df as f64).ok()?;
    let mut quantile = student.inverse_cdf(1.0 - TAIL);
    for _ in 0..STEPS_MAX {
        let step = (student.sf(quantile) - TAIL) / student.pdf(quantile);
        quantile += step;
        if step.abs() <= 1e-14 * quantile {
            break;
        }
    }
    quantile.is_finite().then_some(quantile)
}

/// Student's quantile as a series in 1/df about the normal one (Cornish and Fisher; Abramowitz and Stegun 26.7.5).
fn t_of_many(df: f64) -> f64 {
    let z2 = Z * Z;
    let first = Z * (z2 + 1.0) / 4.0;
    let second = Z * ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0;
    let third = Z * (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0;
    let fourth = Z * ((((79.0 * z2 + 776.0) * z2 + 1482.0) * z2 - 1920.0) * z2 - 945.0) / 92160.0;
    Z + (first + (second + (third + fourth / df) / df) / df) / df
}

/// The quantile of Beta(`alpha`, `beta`) below which the share `p` lies; `None` when a parameter is outside its range.
pub fn beta(p: f64, alpha: f64, beta: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&p) {
        return None;
    }
    let distribution = Beta::new(alpha, beta).ok()?;
    if p == 0.0 || p == 1.0 {
        return Some(p);
    }
    // Bisection brackets the root, so that no step of Newton can leave it.
    let (mut low, mut high) = (0.0, 1.0);
    let mut quantile = alpha / (alpha + beta);
    for _ in 0..200 {
        let excess = distribution.cdf(quantile) - p;
        if excess > 0.0 {
            high = quantile
        } else {
            low = quantile
        }
        let newton = quantile - excess / distribution.pdf(quantile);
        let next = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
        if (next - quantile).abs() <= 1e-16 {
            return Some(next);
        }
        quantile = next;
    }
    quantile.is_finite().then_some(quantile)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values are those of scipy 1.17.1, `stats.t.ppf(0.975, df)` and `stats.beta.ppf`.
    #[test]
    fn quantiles_of_student_agree_with_scipy() {
        let cases = [
            (1, 12.706204736174694),
            (2, 4.302652729749462),
            (3, 3.1824463052837078),
            (4, 2.7764451051977934),
            (5, 2.5705818356363146),
            (7, 2.364624251592784),
            (9, 2.262157162798205),
            (17, 2.1098155778333156),
            (30, 2.042272456301238),
            (50, 2.008559112100761),
            (100, 1.9839715185235518),
            (150, 1.9759053308966201),
            (250, 1.9694983934211532),
            (399, 1.965927295920882),
            (400, 1.9659123432294627),
            (401, 1.965897465336516),
            (500, 1.9647198374673676),
            (1000, 1.9623390808264083),
            (100_000, 1.9599877075346095),
            (10_000_000, 1.959964221767205),
        ];
        for (df, expected) in cases {
            let seen = t(df).unwrap();
            assert!((seen - expected).abs() < 1e-11, "df {df}: {seen} is not {expected}");
        }
        assert_eq!(t(0), None);
        assert!((t(u64::MAX).unwrap() - Z).abs() < 1e-15);
    }

    #[test]
    fn quantiles_of_beta_agree_with_scipy() {
        let cases = [
            (0.05, 25.0, 4.0, 0.7458302635490857),
            (0.95, 25.0, 4.0, 0.9496918277791873),
            (0.05, 0.5, 0.5, 0.0061558297024311365),
            (0.95, 0.5, 0.5, 0.9938441702975689),
            (0.05, 1.0, 1.0, 0.05),
            (0.05, 1000.0, 3.0, 0.9937302280600824),
            (0.95, 900_000.0, 100_000.0, 0.9004930006474319),
            (0.05, 0.01, 3.0, 0.0),
            (0.95, 3.0, 0.02, 1.0),
            (0.05, 5.0, 1e6, 1.9701436870352685e-6),
        ];
        for (p, a, b, expected) in cases {
            let seen = beta(p, a, b).unwrap();
            assert!((seen - expected).abs() < 1e-11, "({p}, {a}, {b}): {seen} is not {expected}");
        }
        assert_eq!((beta(0.5, 0.0, 1.0), beta(f64::NAN, 1.0, 1.0), beta(0.0, 2.0, 1.0)), (None, None, Some(0.0)));
    }
}
