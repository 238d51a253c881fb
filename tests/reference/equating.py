"""Equating from raw totals (analytics.md section 4): moments by numpy, regression slopes by statsmodels.

R's equate is not a Debian package; the formulas are those of its chained mean, chained linear and Tucker methods with weights 1/2,
written for the synthetic population and not copied from the contract's closed form.
"""

import numpy
import statsmodels.api as sm

from record import case, versions, write

generator = numpy.random.default_rng(47)


def slope(y, x):
    return float(sm.OLS(y, sm.add_constant(x, has_constant="add")).fit().params[1])


def chained_linear(x, v, w, y):
    """X to V on side a, then W to Y on side b, each by means and standard deviations."""
    first = v.std(ddof=1) / x.std(ddof=1)
    second = y.std(ddof=1) / w.std(ddof=1)
    return second * first, float(y.mean() + second * (v.mean() - w.mean()) - second * first * x.mean())


def tucker(x, v, w, y):
    """Means and variances of X and Y in the population made of both sides in equal parts."""
    on_a, on_b = slope(x, v), slope(y, w)
    mean = (v.mean() + w.mean()) / 2
    var = (v.var(ddof=1) + w.var(ddof=1)) / 2 + ((v.mean() - w.mean()) / 2) ** 2
    mean_x, var_x = x.mean() + on_a * (mean - v.mean()), x.var(ddof=1) + on_a**2 * (var - v.var(ddof=1))
    mean_y, var_y = y.mean() + on_b * (mean - w.mean()), y.var(ddof=1) + on_b**2 * (var - w.var(ddof=1))
    steep = (var_y / var_x) ** 0.5
    return float(steep), float(mean_y - steep * mean_x)


def equating(name, x, v, w, y):
    x, v, w, y = (numpy.array(side, dtype=float) for side in (x, v, w, y))
    moves = float(-x.mean() + v.mean() - w.mean() + y.mean())
    linear, by_tucker = chained_linear(x, v, w, y), tucker(x, v, w, y)
    return case(
        name,
        {"x": x.tolist(), "v": v.tolist(), "w": w.tolist(), "y": y.tolist()},
        {"chained_mean": moves, "chained_slope": float(linear[0]), "chained_intercept": linear[1], "tucker_slope": by_tucker[0], "tucker_intercept": by_tucker[1]},
    )


def sides(n_a, n_b, shift):
    skill_a, skill_b = generator.normal(75, 8, n_a), generator.normal(75 + shift, 8, n_b)
    noise = lambda n: generator.normal(0, 4, n)
    return [numpy.round(one, 2) for one in (skill_a + noise(n_a), skill_a + noise(n_a), skill_b + noise(n_b), 0.9 * skill_b + 4 + noise(n_b))]


cases = [
    equating("contract", [12, 15, 18, 20, 14, 17, 22, 19], [6, 7, 9, 10, 7, 8, 11, 9], [7, 8, 10, 11, 8, 9, 9, 10], [10, 13, 16, 19, 12, 15, 14, 18]),
    equating("three a side", [70, 80, 95], [60, 85, 90], [75, 70, 91], [66, 71, 88]),
    equating("equal sides", [70, 80, 95, 60], [60, 85, 90, 55], [60, 85, 90, 55], [70, 80, 95, 60]),
    equating("forty and sixty", *sides(40, 60, 3)),
    equating("thirty and thirty", *sides(30, 30, -6)),
]
write("equating", "statsmodels OLS, numpy", versions("statsmodels", "numpy"), "equating.py", cases)
