"""The change split from raw answers in exact fractions, anchor drift by numpy (analytics.md section 4).

Input: two forms (key, weight, maximum, option values) and two lists of assessments (agent, evaluator, points or null per question).
Nothing here works on sums: every mean runs over assessments, every share over answers.
"""

from fractions import Fraction
from math import log

import numpy

from record import case, versions, write

generator = numpy.random.default_rng(59)
MIN_SHARE, MIN_SIDE, SAME_EVALUATORS = Fraction(1, 2), 30, Fraction(7, 10)


def exact(number):
    return Fraction(str(number))


class Side:
    def __init__(self, form, assessments):
        self.form = {key: (exact(weight), exact(maximum), options) for key, weight, maximum, options in form}
        self.order = [key for key, *_ in form]
        self.assessments = [
            (agent, evaluator, {key: exact(points) for key, points in zip(self.order, answers) if points is not None})
            for agent, evaluator, answers in assessments
        ]
        self.kept = [key for key in self.order if any(key in answers for _, _, answers in self.assessments)]
        whole = sum(self.weight(key) for key in self.kept)
        self.share = {key: self.weight(key) / whole for key in self.kept}

    def weight(self, key):
        weight, maximum, _ = self.form[key]
        return weight * maximum

    def normalized(self, answers):
        earned = sum(self.form[key][0] * points for key, points in answers.items())
        possible = sum(self.weight(key) for key in answers)
        return 100 * earned / possible

    def mean(self):
        scores = [self.normalized(answers) for _, _, answers in self.assessments]
        return sum(scores) / len(scores)

    def attained(self, key):
        points = [answers[key] for _, _, answers in self.assessments if key in answers]
        return 100 * sum(points) / (len(points) * self.form[key][1])

    def shares_of(self, key):
        return [answers[key] / self.form[key][1] for _, _, answers in self.assessments if key in answers]

    def whole(self):
        return sum(share * self.attained(key) for key, share in self.share.items())


def common_of(a, b):
    return [key for key in a.kept if key in b.kept and a.form[key][1:] == b.form[key][1:]]


def drift(a, b, common):
    """What leaves the common questions: key -> (d, zr, leaves)."""

    def logit(shares):
        p = (sum(shares) + Fraction(1, 2)) / (len(shares) + 1)
        return log(p / (1 - p))

    d = numpy.array([logit(b.shares_of(key)) - logit(a.shares_of(key)) for key in common])
    if len(common) < 4:
        return {}
    low, high = numpy.quantile(d, [0.25, 0.75], method="linear")
    if high - low <= 1e-12:
        return {}
    zr = (d - numpy.median(d)) / (0.74 * (high - low))
    return {key: (float(one), float(score), bool(abs(score) > 2.5)) for key, one, score in zip(common, d, zr)}


def parts(a, b, common):
    alpha_c, beta_c = sum(a.share[key] for key in common), sum(b.share[key] for key in common)
    alpha = {key: a.share[key] / alpha_c for key in common}
    beta = {key: b.share[key] / beta_c for key in common}
    common_a = sum(alpha[key] * a.attained(key) for key in common)
    common_b = sum(beta[key] * b.attained(key) for key in common)
    terms = {key: (alpha[key] + beta[key]) / 2 * (b.attained(key) - a.attained(key)) for key in common}
    split = {
        "performance": sum(terms.values()),
        "reweighting": sum((beta[key] - alpha[key]) * (a.attained(key) + b.attained(key)) / 2 for key in common),
        "removed": common_a - a.whole(),
        "added": b.whole() - common_b,
        "na_mix": (b.mean() - b.whole()) - (a.mean() - a.whole()),
    }
    assert sum(split.values()) == b.mean() - a.mean()
    g = {key: (alpha[key] + beta[key]) / 2 for key in common}
    return split, terms, g, alpha_c, beta_c


def rescored(side, g):
    """(agent, r) of every assessment with an answer in the common questions."""
    rows = []
    for agent, _, answers in side.assessments:
        mine = [key for key in answers if key in g]
        if mine:
            weights = sum(g[key] for key in mine)
            rows.append((agent, 100 * sum(g[key] * answers[key] / side.form[key][1] for key in mine) / weights))
    return rows


def interval(rows_a, rows_b):
    mean_a = sum(r for _, r in rows_a) / len(rows_a)
    mean_b = sum(r for _, r in rows_b) / len(rows_b)
    u = {}
    for agent, r in rows_b:
        u[agent] = u.get(agent, 0) + (r - mean_b) / len(rows_b)
    for agent, r in rows_a:
        u[agent] = u.get(agent, 0) - (r - mean_a) / len(rows_a)
    n_agents = len(u)
    variance = Fraction(n_agents, n_agents - 1) * sum(one**2 for one in u.values()) if 1 < n_agents else None
    return mean_b - mean_a, variance, n_agents


def reasons_of(a, b, alpha_c, beta_c, common, drifting):
    reasons = []
    if min(alpha_c, beta_c) < MIN_SHARE:
        reasons.append("few_common")
    if min(len(a.assessments), len(b.assessments)) < MIN_SIDE:
        reasons.append("few_assessments")
    both = {evaluator for _, evaluator, _ in a.assessments} & {evaluator for _, evaluator, _ in b.assessments}
    for side in (a, b):
        if Fraction(sum(evaluator in both for _, evaluator, _ in side.assessments), len(side.assessments)) < SAME_EVALUATORS:
            reasons.append("evaluators_changed")
            break
    if drifting and len(common) < 4:
        reasons.append("anchor_drift")
    return reasons


def split(name, form_a, form_b, assessments_a, assessments_b):
    a, b = Side(form_a, assessments_a), Side(form_b, assessments_b)
    given = {"a": {"form": form_a, "assessments": assessments_a}, "b": {"form": form_b, "assessments": assessments_b}}
    candidates = common_of(a, b)
    expected = {"mean_a": float(a.mean()), "mean_b": float(b.mean()), "candidates": len(candidates)}
    if not candidates:
        return case(name, given, expected | {"parts": None, "reasons": reasons_of(a, b, 0, 0, [], False)})
    moved = drift(a, b, candidates)
    drifting = [key for key, (_, _, leaves) in moved.items() if leaves]
    common = [key for key in candidates if key not in drifting]
    found, terms, g, alpha_c, beta_c = parts(a, b, common)
    delta, variance, n_agents = interval(rescored(a, g), rescored(b, g))
    expected |= {
        "parts": {key: float(value) for key, value in found.items()},
        "terms": {key: float(value) for key, value in terms.items()},
        "common_share_a": float(alpha_c), "common_share_b": float(beta_c),
        "drift": {key: [d, zr] for key, (d, zr, _) in moved.items()}, "drifting": drifting,
        "delta": float(delta), "se": float(variance) ** 0.5 if variance is not None else None, "n_agents": n_agents,
        "na_sensitive": bool(abs(delta - found["performance"]) > Fraction(1, 2)),
        "reasons": reasons_of(a, b, alpha_c, beta_c, common, drifting),
    }
    return case(name, given, expected)


SCALE = {1: [0, 1], 5: [0, 2, 5], 4: [0, 1, 2, 3, 4], 10: [0, 5, 10]}


def question(key, weight, maximum):
    return [key, weight, maximum, SCALE[maximum]]


def answered(form, n, agents, evaluators, ease, na=0.0):
    """Assessments on a form; `ease` is the chance of each step, by key or for all."""
    rows = []
    for _ in range(n):
        points = []
        for key, _, _, options in form:
            chance = ease.get(key, ease["*"])
            points.append(None if generator.random() < na else options[generator.binomial(len(options) - 1, chance)])
        if all(point is None for point in points):
            points[0] = form[0][3][-1]
        rows.append([f"g{generator.integers(agents)}", f"e{generator.choice(evaluators)}", points])
    return rows


BASE = [question("greet", 2, 5), question("verify", 10, 1), question("close", 1, 4), question("tone", 1, 5), question("solve", 3, 10), question("note", 1.5, 4)]
HEAVY = BASE + [question("consent", 8, 1), question("disclose", 8, 1)]
EIGHT = BASE + [question("listen", 2, 5), question("hold", 1, 4)]
reweighted = [[key, weight * (3 if key == "tone" else 1), maximum, options] for key, weight, maximum, options in BASE]
few = [question("greet", 1, 5), question("other", 9, 10), question("more", 4, 4)]
scaled = [question("greet", 2, 5), question("verify", 10, 1), ["close", 1, 4, [0, 4]], question("tone", 1, 4), question("solve", 3, 10)]
near = {"*": 0.8}

contract = split(
    "contract",
    [["greet", 2, 5, [0, 2, 5]], ["verify", 10, 1, [0, 1]], ["close", 1, 4, [0, 1, 2, 3, 4]]],
    [["greet", 1, 5, [0, 2, 5]], ["verify", 10, 1, [0, 1]], ["tone", 1, 5, [0, 2, 5]]],
    [["g1", "e1", [4, 1, 3]], ["g2", "e1", [5, 0, 1]]],
    [["g1", "e1", [3, 1, 5]], ["g2", "e1", [4, 1, None]]],
)
cases = [
    contract,
    split("two heavy questions added", BASE, HEAVY, answered(BASE, 40, 8, [1, 2, 3], near), answered(HEAVY, 36, 8, [1, 2, 3], {"*": 0.8, "consent": 0.5, "disclose": 0.4})),
    split("the same form", BASE, BASE, answered(BASE, 32, 6, [1, 2], near), answered(BASE, 31, 6, [1, 2], {"*": 0.7})),
    split("reweighted, N/A", BASE, reweighted, answered(BASE, 45, 9, [1, 2, 3], near, 0.25), answered(reweighted, 45, 9, [1, 2, 3], near, 0.4)),
    split("questions removed and added", EIGHT, HEAVY, answered(EIGHT, 35, 7, [1, 2], near, 0.1), answered(HEAVY, 33, 7, [1, 2], near, 0.1)),
    split("one question drifts", EIGHT, EIGHT, answered(EIGHT, 40, 8, [1, 2], near, 0.05), answered(EIGHT, 40, 8, [1, 2], {"*": 0.79, "greet": 0.1})),
    split("few in common", BASE, few, answered(BASE, 30, 5, [1, 2], near), answered(few, 30, 5, [1, 2], near)),
    split("maximum and option values changed", BASE, scaled, answered(BASE, 30, 5, [1, 2], near), answered(scaled, 30, 5, [1, 2], near)),
    split("nothing in common", BASE[:2], few[1:], answered(BASE[:2], 30, 5, [1], near), answered(few[1:], 30, 5, [1], near)),
    split("evaluators replaced", BASE, HEAVY, answered(BASE, 40, 8, [1, 2, 3], near), answered(HEAVY, 40, 8, [3, 4, 5, 6], near)),
    split("one assessment a side", BASE, BASE, answered(BASE, 1, 1, [1], near), answered(BASE, 1, 1, [1], {"*": 0.5})),
    split("two agents, one a side", BASE, BASE, [["g1", "e1", [5, 1, 4, 5, 10, 4]]], [["g2", "e1", [2, 1, 4, 5, 5, 4]]]),
    split("a question without answers on one side", BASE, BASE, [[g, e, [None, *points[1:]]] for g, e, points in answered(BASE, 30, 6, [1], near)], answered(BASE, 30, 6, [1], near)),
]
write("split", "Python fractions, numpy quantile", versions("numpy"), "split.py", cases)
