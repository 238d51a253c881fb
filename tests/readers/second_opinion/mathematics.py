"""Small mathematics, all of it from textbooks."""

import collections
import math

Z = 1.959963984540054
KNOWN_T = {}


def compared(number):
    """Half away from zero, to 6 decimals."""
    return math.copysign(math.floor(abs(number) * 1e6 + 0.5) / 1e6, number)


def total(numbers):
    return math.fsum(numbers)


def mean_of(numbers):
    numbers = list(numbers)
    return total(numbers) / len(numbers) if numbers else None


def median(numbers):
    return quantile(sorted(numbers), 0.5)


def quantile(ordered, share):
    """By linear interpolation."""
    if not ordered:
        return None
    place = (len(ordered) - 1) * share
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def beta_share(x, a, b):
    """The regularised incomplete beta function, by the continued fraction of Lentz."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_share(1 - x, b, a)
    c, d = 1.0, 1 / max(1 - (a + b) * x / (a + 1), 1e-300)
    fraction = d
    for m in range(1, 10_000):
        for numerator in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1 / (1 + numerator * d)
            c = 1 + numerator / c
            fraction *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return front * fraction / a


def root(function, low, high):
    """Of a rising function, by halving."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return (low + high) / 2


def beta_quantile(share, a, b):
    return root(lambda x: beta_share(x, a, b) - share, 0.0, 1.0)


def t_quantile(df):
    """Two-sided 95 %."""
    if df not in KNOWN_T:
        KNOWN_T[df] = root(lambda t: 0.05 - beta_share(df / (df + t * t), df / 2, 0.5), 0.0, 1000.0)
    return KNOWN_T[df]


def normal_p(z):
    return math.erfc(abs(z) / math.sqrt(2))


def clustered(centre, residuals):
    """The interval of a mean or ratio from the residuals of its agents."""
    groups = len(residuals)
    if groups < 2:
        return None, None
    reach = t_quantile(groups - 1) * math.sqrt(groups / (groups - 1) * total(u * u for u in residuals))
    return centre - reach, centre + reach


def clustered_mean(rows):
    """Mean, its ends, and the mean of the agents' means; the rows are pairs of agent and score."""
    by_agent = group(rows, lambda row: row[0])
    n, mean = len(rows), mean_of(score for _, score in rows)
    low, high = clustered(mean, [total(score - mean for _, score in of) / n for of in by_agent.values()])
    return mean, low, high, mean_of(mean_of(score for _, score in of) for of in by_agent.values())


def wilson(x, n):
    centre, reach = x + Z * Z / 2, Z * math.sqrt(x * (n - x) / n + Z * Z / 4)
    return max(0.0, (centre - reach) / (n + Z * Z)), min(1.0, (centre + reach) / (n + Z * Z))


def binomial_p(x, n, rate):
    if rate in (0.0, 1.0):
        return 1.0 if x == n * rate else 0.0

    def log_likelihood(k):
        ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        return ways + k * math.log(rate) + (n - k) * math.log1p(-rate)

    observed = log_likelihood(x)
    return min(1.0, total(math.exp(one) for one in map(log_likelihood, range(n + 1)) if one <= observed + 1e-7))


def benjamini_hochberg(p):
    order = sorted(range(len(p)), key=lambda place: p[place])
    adjusted, least = [0.0] * len(p), 1.0
    for rank in range(len(p), 0, -1):
        least = min(least, p[order[rank - 1]] * len(p) / rank)
        adjusted[order[rank - 1]] = least
    return adjusted


def group(rows, key):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups
