"""Quantiles and rates: scipy's normal, t and beta, statsmodels' Wilson interval (analytics.md sections 1 and 5)."""

from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from record import case, versions, write

DEGREES = [1, 2, 3, 4, 5, 7, 10, 15, 29, 30, 57, 100, 364, 1000, 49_999]
RATES = [
    (0, 1), (1, 1), (0, 9), (9, 9), (11, 12), (1, 2), (1, 1000), (999, 1000), (1, 3), (50, 100), (7, 31), (123, 4567), (4567, 4567), (0, 100_000),
    (3, 5), (2, 10), (250_000, 1_000_000),
]
BETAS = [(18, 2, 7, 9), (25, 4, 0, 0), (0.5, 0.5, 3, 3), (0.3, 2, 0, 12), (900, 100, 40, 60), (1e5, 9e5, 1, 8), (2, 1, 200, 200), (1.5, 40, 0, 1)]

quantiles = [case("normal", {"kind": "z"}, {"value": stats.norm.ppf(0.975)})]
quantiles += [case(f"t {df}", {"kind": "t", "df": df}, {"value": stats.t.ppf(0.975, df)}) for df in DEGREES]
write("quantile", "scipy norm, t", versions("scipy"), "interval.py", quantiles)


def wilson(x, n):
    low, high = proportion_confint(x, n, alpha=0.05, method="wilson")
    return case(f"{x} of {n}", {"x": x, "n": n}, {"low": float(low), "high": float(high)})


write("wilson", "statsmodels proportion_confint(method=wilson)", versions("statsmodels", "scipy"), "interval.py", [wilson(*one) for one in RATES])


def posterior(alpha, beta, x, n):
    spread = stats.beta(alpha + x, beta + n - x)
    return case(
        f"{x} of {n}, prior {alpha:g} {beta:g}",
        {"alpha": alpha, "beta": beta, "x": x, "n": n},
        {"mean": (alpha + x) / (alpha + beta + n), "low": spread.ppf(0.05), "high": spread.ppf(0.95)},
    )


write("posterior", "scipy beta", versions("scipy"), "interval.py", [posterior(*one) for one in BETAS])
