"""Change points: ruptures' Pelt with its l2 cost, the penalty from scipy's median absolute deviation (analytics.md section 8).

Pelt prunes; ruptures' exhaustive Dynp has to find the same cost, or the case is not written.
"""

import numpy
import ruptures
from scipy import stats

from record import case, versions, write

generator = numpy.random.default_rng(37)


def penalty_of(x):
    sigma = stats.median_abs_deviation(numpy.diff(x)) / 0.6745 / numpy.sqrt(2)
    return float(sigma), float(3 * sigma**2 * numpy.log(len(x)))


def breaks(name, values):
    x = numpy.round(numpy.array(values, dtype=float), 2)
    sigma, penalty = penalty_of(x)
    found = ruptures.Pelt(model="l2", min_size=3, jump=1).fit(x).predict(pen=penalty)
    cost = ruptures.costs.CostL2().fit(x)
    exhaustive = ruptures.Dynp(model="l2", min_size=3, jump=1).fit(x)
    ways = [[len(x)]] + [exhaustive.predict(n_bkps=k) for k in range(1, len(x) // 3)]
    totals = [cost.sum_of_costs(way) + penalty * (len(way) - 1) for way in ways]
    best = min(totals)
    mine = cost.sum_of_costs(found) + penalty * (len(found) - 1)
    assert mine <= best + 1e-9, f"{name}: Pelt {found} costs {mine}, Dynp {ways[totals.index(best)]} {best}"
    starts = [0, *found[:-1]]
    means = [float(x[first:last].mean()) for first, last in zip(starts, found)]
    return case(name, {"x": x.tolist()}, {"sigma": sigma, "penalty": penalty, "breaks": found[:-1], "means": means})


def steps(*levels, noise=1.0):
    return numpy.concatenate([level + generator.normal(0, noise, n) for n, level in levels])


CONTRACT = [80.2, 81.1, 79.6, 80.8, 79.9, 81.3, 80.4, 79.8, 80.9, 75.7, 76.4, 75.1, 76.2, 75.5, 76.8, 75.3, 76.0, 75.9]
cases = [
    breaks("contract", CONTRACT),
    breaks("nothing changes", steps((40, 82))),
    breaks("fifteen points", steps((7, 80), (8, 76))),
    breaks("one step in a year", steps((30, 80), (22, 83))),
    breaks("three steps", steps((12, 80), (9, 84), (15, 79), (16, 82))),
    breaks("a step of three at the end", steps((20, 80), (3, 70))),
    breaks("a step of three at the start", steps((3, 70), (20, 80))),
    breaks("a step of two is too short", steps((10, 80), (2, 60), (10, 80))),
    breaks("one outlier", steps((10, 80), (1, 50), (12, 80))),
    breaks("a slope", 70 + 0.5 * numpy.arange(40) + generator.normal(0, 1, 40)),
    breaks("whole numbers, many ties", numpy.round(steps((14, 80), (14, 83)))),
    breaks("four steps of three", steps((3, 80), (3, 90), (3, 70), (3, 85), (3, 75), noise=0.5)),
]
cases += [breaks(f"random {k}", steps(*((int(n), float(level)) for n, level in zip(generator.integers(3, 14, 5), generator.normal(80, 4, 5))))) for k in range(20)]
write("breakpoint", "ruptures Pelt(model=l2, min_size=3, jump=1)", versions("ruptures", "scipy", "numpy"), "breakpoint.py", cases)
