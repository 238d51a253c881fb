"""Many agents at once: scipy's norm and binomtest, statsmodels' Benjamini-Hochberg (analytics.md section 8)."""

import numpy
from scipy import stats
from statsmodels.stats.multitest import multipletests

from record import case, versions, write

generator = numpy.random.default_rng(23)

SCORES = [(80, 82.3, 4), (82.3, 82.3, 1), (60, 85, 9.5), (85, 60, 9.5), (79.99, 80, 1e-3), (40, 90, 2.25), (81, 82, 300)]
scores = [
    case(f"{mean} against {centre}", {"mean": mean, "centre": centre, "v": v}, {"p": float(2 * stats.norm.sf(abs(mean - centre) / v**0.5))})
    for mean, centre, v in SCORES
]
write("many_scores", "scipy norm", versions("scipy"), "many.py", scores)

# The first of each row is x, the second n, the third the cohort's rate; among them ties of probabilities, ends, and rates 0 and 1.
RATES = [
    (0, 1, 0.5), (1, 1, 0.5), (1, 2, 0.5), (3, 10, 0.5), (7, 10, 0.5), (5, 10, 0.5), (0, 10, 0.05), (10, 10, 0.05), (2, 60, 0.025263), (6, 50, 0.025263),
    (1, 3, 1 / 3), (2, 3, 1 / 3), (4, 9, 0.4), (37, 40, 0.88), (40, 40, 0.88), (0, 400, 0.01), (12, 400, 0.01), (180, 1000, 0.2), (2200, 10_000, 0.2),
    (0, 5, 0.0), (1, 5, 0.0), (5, 5, 1.0), (4, 5, 1.0), (0, 0, 0.3), (2, 4, 0.25), (6, 8, 0.75), (9, 12, 0.75),
]
rates = [
    case(f"{x} of {n} at {rate:g}", {"x": x, "n": n, "rate": rate}, {"p": float(stats.binomtest(x, n, rate).pvalue) if n else 1.0})
    for x, n, rate in RATES
]
write("many_rates", "scipy binomtest", versions("scipy"), "many.py", rates)


def adjusted(name, p):
    named, values, _, _ = multipletests(p, alpha=0.05, method="fdr_bh")
    return case(name, {"p": list(map(float, p))}, {"named": named.tolist(), "adjusted": values.tolist()})


adjustments = [
    adjusted("contract", [0.003, 0.041, 0.018, 0.30, 0.0095, 0.62]),
    adjusted("one", [0.04]),
    adjusted("two equal", [0.03, 0.03]),
    adjusted("ties", [0.01, 0.01, 0.02, 0.02, 0.9, 0.9]),
    adjusted("none", [0.2, 0.4, 0.06, 0.9]),
    adjusted("all ones", [1.0, 1.0, 1.0]),
    adjusted("zero among them", [0.0, 0.5, 0.04]),
    adjusted("named by the one behind", [0.024, 0.024, 0.03, 0.04, 0.045]),
    adjusted("sixty", numpy.round(numpy.where(generator.random(60) < 0.2, generator.random(60) * 0.01, generator.random(60)), 6)),
]
write("many_adjusted", "statsmodels multipletests(fdr_bh)", versions("statsmodels"), "many.py", adjustments)
