"""The beta-binomial pool by maximum likelihood: scipy's betabinom and optimize (analytics.md section 6).

Alpha and beta are sought on the scale of the mean (logit) and of alpha + beta (log, at most 1e6), from several starts.
"""

import numpy
from scipy import optimize, special, stats

from record import case, versions, write

SUM_MAX = 1e6


def fitted(x, n):
    def loss(place):
        mean, total = special.expit(place[0]), min(numpy.exp(place[1]), SUM_MAX)
        return -stats.betabinom.logpmf(x, n, mean * total, (1 - mean) * total).sum()

    best = None
    for start in (0.5, 2, 4, 7, 11):
        first = special.logit((x.sum() + 0.5) / (n.sum() + 1))
        bounds = [(-20, 20), (-6, numpy.log(SUM_MAX))]
        rough = optimize.minimize(loss, (first, start), method="Nelder-Mead", bounds=bounds,
                                  options={"xatol": 1e-11, "fatol": 1e-13, "maxiter": 20_000, "maxfev": 20_000})
        if best is None or rough.fun < best.fun:
            best = rough
    mean, total = special.expit(best.x[0]), numpy.exp(best.x[1])
    return mean * total, (1 - mean) * total, -best.fun


def pool(name, x, n):
    x, n = numpy.array(x), numpy.array(n)
    alpha, beta, likelihood = fitted(x, n)
    spread = stats.beta(alpha + x, beta + n - x)
    return case(
        name,
        {"x": x.tolist(), "n": n.tolist()},
        {"mean": alpha / (alpha + beta), "sum": alpha + beta, "log_likelihood": likelihood,
         "rate": ((alpha + x) / (alpha + beta + n)).tolist(), "low": spread.ppf(0.05).tolist(), "high": spread.ppf(0.95).tolist()},
    )


generator = numpy.random.default_rng(17)


def drawn(k, alpha, beta, size):
    n = 1 + generator.poisson(size, k)
    return generator.binomial(n, generator.beta(alpha, beta, k)), n


cases = [
    pool("six agents", [7, 9, 3, 10, 8, 2], [9, 10, 8, 10, 12, 9]),
    pool("three agents", [1, 4, 9], [6, 6, 9]),
    pool("forty agents", *drawn(40, 18, 2, 9)),
    pool("unbalanced", *drawn(25, 4, 1.5, 30)),
    pool("one has very many", [900, 2, 3, 1], [1000, 3, 3, 4]),
    pool("no more spread than chance", [8, 8, 8, 8, 9], [10, 10, 10, 10, 10]),
    pool("rare", [0, 0, 1, 0, 4, 0, 0, 1], [20, 15, 22, 9, 21, 30, 8, 12]),
]
write("passrate", "scipy betabinom, optimize.minimize, beta", versions("scipy", "numpy"), "passrate.py", cases)
