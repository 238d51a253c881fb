"""The trend verdict's parts: scipy's seasonal Sen slope and seasonal Kendall test, strata as columns (analytics.md section 8).

Scipy gives the slope and the p-value; S, its variance and the interval's places are counted here from the definition, and held
against scipy's p-value before they are written.
"""

import itertools

import numpy
from numpy import ma
from scipy import stats
from scipy.stats import mstats

from record import case, versions, write

generator = numpy.random.default_rng(29)


def table(strata):
    """Columns of strata over weeks counted from each stratum's first; weeks without a point are masked."""
    height = max(t - points[0][0] for points in strata for t, _ in points) + 1
    columns = ma.masked_array(numpy.zeros((height, len(strata))), mask=True)
    for column, points in enumerate(strata):
        for t, x in points:
            columns[t - points[0][0], column] = x
    return columns


def counted(strata):
    s, variance, slopes = 0, 0.0, []
    for points in strata:
        n = len(points)
        for (t_i, x_i), (t_j, x_j) in itertools.combinations(points, 2):
            s += int(numpy.sign(x_j - x_i))
            slopes.append((x_j - x_i) / (t_j - t_i))
        _, ties = numpy.unique([x for _, x in points], return_counts=True)
        variance += (n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
    return s, float(variance), numpy.sort(slopes)


def place(slopes, at):
    """The value at a place counted from 1, linear between neighbours."""
    if at < 1 or len(slopes) < at:
        return None
    return float(numpy.interp(at, numpy.arange(1, len(slopes) + 1), slopes))


def trend(name, strata):
    s, variance, slopes = counted(strata)
    columns = table(strata)
    half = stats.norm.ppf(0.975) * variance**0.5
    slope = float(mstats.sen_seasonal_slopes(columns).inter_slope)
    # Scipy divides by the variance, which is 0 where all values are equal.
    with numpy.errstate(invalid="ignore"):
        p = float(mstats.kendalltau_seasonal(columns)["global p-value (indep)"]) if variance else 1.0
    z = (s - numpy.sign(s)) / variance**0.5 if variance else 0.0
    assert abs(2 * stats.norm.sf(abs(z)) - p) < 1e-12, name
    assert abs(float(numpy.median(slopes)) - slope) < 1e-12, name
    ends = (place(slopes, (len(slopes) - half) / 2), place(slopes, (len(slopes) + half) / 2 + 1))
    return case(
        name,
        {"strata": strata},
        {"n_pairs": len(slopes), "s": s, "variance": variance, "z": float(z), "p": p, "slope": slope, "low": ends[0], "high": ends[1]},
    )


def run(first, values):
    return [[first + week, round(float(value), 2)] for week, value in enumerate(values)]


def walk(n, slope, noise, level=80):
    return level + slope * numpy.arange(n) + generator.normal(0, noise, n)


def without(points, *weeks):
    return [point for point in points if point[0] not in weeks]


cases = [
    trend("contract", [run(1, [74.0, 73.3, 73.1, 72.2, 72.6]), run(6, [81.5, 80.9, 80.2, 80.6])]),
    trend("one stratum, rising", [run(0, walk(26, 0.3, 1))]),
    trend("flat", [run(3, walk(20, 0, 2))]),
    trend("three strata, the last of one point", [run(0, walk(12, -0.2, 1)), run(12, walk(9, -0.2, 1, 90)), run(21, [85.0])]),
    trend("weeks missing", [without(run(0, walk(16, 0.4, 2)), 3, 4, 11), without(run(16, walk(10, 0.4, 2, 70)), 18)]),
    trend("ties", [run(0, [80, 80, 81, 81, 81, 82, 80, 83, 83]), run(9, [75, 75, 75, 76])]),
    trend("all equal", [run(0, [80] * 9)]),
    trend("sum of signs is zero", [run(0, [80, 81, 82, 83]), run(4, [83, 82, 81, 80])]),
    trend("four points, then two a stratum", [run(0, walk(4, 1, 1))] + [run(4 + 2 * k, walk(2, 1, 1)) for k in range(5)]),
    trend("a year", [run(0, walk(30, 0.05, 1.5)), run(30, walk(22, 0.05, 1.5, 75))]),
]
write("trend", "scipy mstats.sen_seasonal_slopes, mstats.kendalltau_seasonal", versions("scipy", "numpy"), "trend.py", cases)
