"""Control charts by numpy from the definition (analytics.md section 8); the constants of XmR from the range's distribution by scipy.

A run of eight or more is one signal, at its eighth point. R's qcc is not a Debian package; its constants are those of the range of two normal values, integrated here: 3/d2 and 1 + 3 d3/d2.
"""

import itertools

import numpy
from scipy import integrate, stats

from record import case, versions, write

BASELINE = 8
generator = numpy.random.default_rng(43)


def moment(power):
    """E(|x - y|^power) of two standard normal values; the difference has a standard deviation of the root of two."""
    return integrate.quad(lambda r: 2 * r**power * stats.norm.pdf(r, scale=2**0.5), 0, numpy.inf)[0]


D2 = moment(1)
D3 = (moment(2) - D2**2) ** 0.5
assert round(3 / D2, 2) == 2.66 and round(1 + 3 * D3 / D2, 3) == 3.267


def xmr(name, values):
    x = numpy.round(numpy.array(values, dtype=float), 2)
    centre, mean_range = x[:BASELINE].mean(), numpy.abs(numpy.diff(x[:BASELINE])).mean()
    low, high, range_high = centre - 2.66 * mean_range, centre + 2.66 * mean_range, 3.267 * mean_range
    side = numpy.sign(x - centre)
    signals = []
    for i, value in enumerate(x):
        if not low <= value <= high:
            signals.append([i, "outside"])
        if i and abs(value - x[i - 1]) > range_high:
            signals.append([i, "range"])
        run = len(list(itertools.takewhile(lambda one: one == side[i] != 0, side[i::-1])))
        if run == 8:
            signals.append([i, "run"])
    return case(name, {"x": x.tolist()},
                {"centre": float(centre), "mean_range": float(mean_range), "low": float(low), "high": float(high), "range_high": float(range_high),
                 "signals": signals})


def p_chart(name, x, n):
    x, n = numpy.array(x), numpy.array(n)
    p = x[:BASELINE].sum() / n[:BASELINE].sum()
    half = 3 * numpy.sqrt(p * (1 - p) / n)
    low, high = numpy.clip(p - half, 0, 1), numpy.clip(p + half, 0, 1)
    outside = numpy.flatnonzero((x / n < low) | (x / n > high))
    return case(name, {"failed": x.tolist(), "n": n.tolist()}, {"p": float(p), "low": low.tolist(), "high": high.tolist(), "outside": outside.tolist()})


FIRST = [82.1, 84.0, 81.2, 83.3, 85.1, 82.6, 83.9, 81.5]
scores = [
    xmr("contract", FIRST + [84.4, 88.9, 79.9]),
    xmr("baseline only", FIRST),
    xmr("run of eight above", FIRST + [83.5, 84.0, 83.2, 84.9, 83.3, 84.1, 83.0, 83.8, 83.6]),
    xmr("run ends on the centre", [80, 82, 80, 82, 80, 82, 80, 82, 82, 82, 82, 82, 82, 82, 81, 82, 80]),
    xmr("run inside the baseline and on", [81, 81, 81, 81, 81, 81, 81, 73, 82, 82]),
    xmr("no spread in the baseline", [80] * 8 + [80, 80.5, 80]),
    xmr("a slope", 80 + 0.4 * numpy.arange(30) + generator.normal(0, 1, 30)),
    xmr("a year", 82 + generator.normal(0, 1.5, 52)),
]
write("xmr", "numpy from the definition, constants by scipy integrate", versions("numpy", "scipy"), "control.py", scores)

N = 40 + generator.poisson(20, 26)
rates = [
    p_chart("contract", [2, 1, 3, 0, 2, 1, 2, 1, 6], [60, 45, 80, 40, 75, 50, 70, 55, 50]),
    p_chart("one failure in the baseline", [0, 0, 0, 1, 0, 0, 0, 0, 0, 3], [30] * 9 + [12]),
    p_chart("many failures", [9, 8, 10, 9, 9, 10, 8, 9, 2, 10], [10] * 10),
    p_chart("weeks of one", [0, 1, 0, 0, 1, 0, 0, 0, 1, 1], [1] * 10),
    p_chart("half a year", generator.binomial(N, numpy.where(numpy.arange(26) < 18, 0.03, 0.15)), N),
]
write("p_chart", "numpy from the definition", versions("numpy"), "control.py", rates)
