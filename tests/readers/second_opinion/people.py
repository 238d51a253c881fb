"""Agents and evaluators."""

import collections
import math

from second_opinion.comparison import COHORT, FORM
from second_opinion.demo import DAY, n_agents
from second_opinion.mathematics import benjamini_hochberg, beta_quantile, compared, group, mean_of, normal_p, total, Z


def spans(demo, days):
    """The assessments of each tenant's last days."""
    last = {tenant: max(row["date"] for row in rows) for tenant, rows in group(demo.scored, lambda row: row["tenant"]).items()}
    return last, [row for row in demo.scored if row["date"] > last[row["tenant"]] - days * DAY]


def pool_kinds(demo):
    return {"tenant": ["tenant"], "division": ["division", "site"], "team": ["team"]}[demo.setting("agent_pool", "tenant")]


def pool_figures(demo, by_agent):
    """Shrunken scores, ranks, tests and pass rates of one pool: a dict of columns for each agent."""
    k, n = len(by_agent), {agent: len(rows) for agent, rows in by_agent.items()}
    mean = {agent: mean_of(row["normalized_score"] for row in rows) for agent, rows in by_agent.items()}
    columns = ["pool_mean", "cohort_mean", "score", "low", "high", "reliability", "rank", "rank_low", "rank_high", "within_variance", "p", "p_adjusted", "named"]
    found = {agent: dict.fromkeys(columns) | {"n": n[agent], "mean": mean[agent], "reason": None, "rank_reason": None} for agent in by_agent}
    degrees = sum(n.values()) - k
    s2 = total((row["normalized_score"] - mean[agent]) ** 2 for agent, rows in by_agent.items() for row in rows) / degrees if degrees else None
    reason = "n_too_small" if k < 3 or not degrees else "no_within_variance" if compared(s2) <= 0 else None
    if k >= 2 and degrees and compared(s2) > 0:
        pool = total(n[agent] * mean[agent] for agent in n) / sum(n.values())
        p = [normal_p((mean[agent] - pool) / math.sqrt(s2 / n[agent])) for agent in n]
        for agent, one, adjusted in zip(n, p, benjamini_hochberg(p)):
            is_named = compared(adjusted) <= demo.setting("false_discovery_rate", 0.05) and compared(abs(mean[agent] - pool)) >= demo.setting("least_effect", 2.0)
            found[agent] |= {"cohort_mean": pool, "p": one, "p_adjusted": adjusted, "named": is_named}
    if reason:
        for row in found.values():
            row |= {"reason": reason, "rank_reason": reason}
        return found
    w = {agent: n[agent] / s2 for agent in n}
    centre = total(w[agent] * mean[agent] for agent in n) / total(w.values())
    q = total(w[agent] * (mean[agent] - centre) ** 2 for agent in n)
    tau2 = max(0.0, (q - (k - 1)) / (total(w.values()) - total(one * one for one in w.values()) / total(w.values())))
    w = {agent: 1 / (s2 / n[agent] + tau2) for agent in n}
    m, variance = total(w[agent] * mean[agent] for agent in n) / total(w.values()), 1 / total(w.values())
    eb, se2, b = {}, {}, {}
    for agent in n:
        v = s2 / n[agent]
        b[agent] = tau2 / (tau2 + v)
        eb[agent], se2[agent] = m + b[agent] * (mean[agent] - m), b[agent] * v + (1 - b[agent]) ** 2 * variance
    for agent, row in found.items():
        reach = Z * math.sqrt(se2[agent])
        row |= {"score": eb[agent], "low": eb[agent] - reach, "high": eb[agent] + reach, "reliability": b[agent], "within_variance": s2, "pool_mean": m}
        if compared(b[agent]) < 0.5:
            row["rank_reason"] = "low_reliability"
            continue
        beyond = lambda one, other: compared(eb[one] - eb[other]) > compared(Z * math.sqrt(se2[one] + se2[other]))
        row["rank"] = 1 + sum(compared(eb[other]) > compared(eb[agent]) for other in n)
        row["rank_low"] = 1 + sum(beyond(other, agent) for other in n)
        row["rank_high"] = k - sum(beyond(agent, other) for other in n)
    return found


def likeliest_beta(counts):
    """The beta distribution that makes the counts likeliest: first the mean, within it the strength, by golden section."""

    def loss(logit, log_strength):
        share, strength = 1 / (1 + math.exp(-logit)), math.exp(log_strength)
        a, b = share * strength, (1 - share) * strength
        return -total(
            total(math.log(a + i) for i in range(x)) + total(math.log(b + i) for i in range(n - x)) - total(math.log(strength + i) for i in range(n))
            for x, n in counts
        )

    def least(function, low, high, steps=60):
        ratio = (math.sqrt(5) - 1) / 2
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        of_left, of_right = function(left), function(right)
        for _ in range(steps):
            if of_left < of_right:
                high, right, of_right = right, left, of_left
                left = high - ratio * (high - low)
                of_left = function(left)
            else:
                low, left, of_left = left, right, of_right
                right = low + ratio * (high - low)
                of_right = function(right)
        return (low + high) / 2

    middle = math.log(sum(x for x, _ in counts) / sum(n - x for x, n in counts))
    inner = lambda logit: least(lambda strength: loss(logit, strength), math.log(0.05), math.log(1e6), 45)
    logit = least(lambda logit: loss(logit, inner(logit)), middle - 2, middle + 2, 40)
    strength = math.exp(inner(logit))
    return strength / (1 + math.exp(-logit)), strength / (1 + math.exp(logit))


def pass_figures(demo, by_agent):
    limit = demo.setting("pass_score", None)
    passes = lambda row: not row["failed_critical"] if limit is None else compared(row["final_score"]) >= compared(limit)
    counts = {agent: (sum(map(passes, rows)), len(rows)) for agent, rows in by_agent.items()}
    bare = {agent: {"n_passed": x, "pass_rate": None, "pass_low": None, "pass_high": None, "pass_reason": None} for agent, (x, _) in counts.items()}
    reason = (
        "n_too_small" if len(counts) < 3 or all(n < 2 for _, n in counts.values())
        else "no_variance" if len({x == 0 for x, _ in counts.values()}) == 1 and all(x in (0, n) for x, n in counts.values())
        else "no_within_variance" if all(x in (0, n) for x, n in counts.values())
        else None
    )
    if reason:
        return {agent: row | {"pass_reason": reason} for agent, row in bare.items()}
    alpha, beta = likeliest_beta(list(counts.values()))
    for agent, (x, n) in counts.items():
        a, b = alpha + x, beta + n - x
        bare[agent] |= {"pass_rate": a / (a + b), "pass_low": beta_quantile(0.05, a, b), "pass_high": beta_quantile(0.95, a, b)}
    return bare


def check_agents(check, demo, said, effects):
    last, rows = spans(demo, demo.setting("agent_span_days", 90))
    expected, passes = [], []
    for (cohort, place), of in demo.by_place(rows).items():
        if place[0] not in pool_kinds(demo):
            continue
        by_agent = group(of, lambda row: row["agent_id"])
        key = dict(zip(COHORT, cohort)) | {"pool_kind": place[0], "pool_id": place[1]}
        days = {"span_to": last[cohort[0]].isoformat(), "span_from": (last[cohort[0]] - (demo.setting("agent_span_days", 90) - 1) * DAY).isoformat()}
        for agent, row in pool_figures(demo, by_agent).items():
            known = [effects.get((cohort[0], one["evaluator_id"])) for one in by_agent[agent]]
            adjusted = None if None in known else row["mean"] - mean_of(known)
            name = demo.roster.get((cohort[0], agent), {}).get("name") or None
            expected.append(key | days | row | {"agent_id": agent, "agent_name": name, "adjusted_mean": adjusted})
        passes += [key | row | {"agent_id": agent} for agent, row in pass_figures(demo, by_agent).items()]
    names = COHORT + ["pool_kind", "pool_id", "agent_id"]
    adjusted = ["adjusted_mean"]
    columns = [name for name in expected[0] if name not in names + adjusted]
    check.table("agents' scores, ranks and tests", names, columns, 1e-9, expected, said["agent_score"])
    check.table("agents' adjusted means", names, adjusted, 1e-6, expected, said["agent_score"])
    check.table("agents' pass rates", names, ["n_passed", "pass_rate", "pass_low", "pass_high", "pass_reason"], 2e-6, passes, said["agent_score"])


def solve(matrix, columns):
    """Gauss with the largest pivot; gives the solutions and the logarithm of the determinant. The matrix is symmetric and positive."""
    rows = [list(row) + [column[place] for column in columns] for place, row in enumerate(matrix)]
    size, log_determinant = len(rows), 0.0
    for place in range(size):
        best = max(range(place, size), key=lambda row: abs(rows[row][place]))
        rows[place], rows[best] = rows[best], rows[place]
        pivot = rows[place][place]
        log_determinant += math.log(abs(pivot))
        for below in range(place + 1, size):
            if factor := rows[below][place] / pivot:
                rows[below] = [one - factor * other for one, other in zip(rows[below], rows[place])]
    solutions = []
    for column in range(size, size + len(columns)):
        solution = [0.0] * size
        for place in reversed(range(size)):
            known = total(rows[place][one] * solution[one] for one in range(place + 1, size))
            solution[place] = (rows[place][column] - known) / rows[place][place]
        solutions.append(solution)
    return solutions, log_determinant


def mixed_model(rows, rest, of_agent, of_evaluator):
    """Henderson's equations: fixed form versions, random agents and evaluators. Effects and errors of the evaluators, and minus twice
    the restricted log-likelihood, but for a constant."""
    levels = {}
    for kind in ("form", "agent_id", "evaluator_id"):
        for row in sorted({one[kind] for one in rows}):
            levels[(kind, row)] = len(levels)
    size, n_fixed = len(levels), sum(kind == "form" for kind, _ in levels)
    matrix, right, squares = [[0.0] * size for _ in range(size)], [0.0] * size, 0.0
    for row in rows:
        places = [levels[(kind, row[kind])] for kind in ("form", "agent_id", "evaluator_id")]
        squares += row["normalized_score"] ** 2 / rest
        for one in places:
            right[one] += row["normalized_score"] / rest
            for other in places:
                matrix[one][other] += 1 / rest
    variances = {"agent_id": of_agent, "evaluator_id": of_evaluator}
    for (kind, _), place in levels.items():
        if kind in variances:
            matrix[place][place] += 1 / variances[kind]
    (solution,), log_determinant = solve(matrix, [right])
    deviance = len(rows) * math.log(rest) + log_determinant + squares - total(a * b for a, b in zip(solution, right))
    deviance += total(math.log(variances[kind]) for kind, _ in levels if kind in variances)
    evaluators = {name: place for (kind, name), place in levels.items() if kind == "evaluator_id"}
    random = [row[n_fixed:] for row in matrix[n_fixed:]]
    units = [[1.0 if one == place - n_fixed else 0.0 for one in range(size - n_fixed)] for place in evaluators.values()]
    columns, _ = solve(random, units)
    errors = {name: math.sqrt(column[place - n_fixed]) for (name, place), column in zip(evaluators.items(), columns)}
    return {name: solution[place] for name, place in evaluators.items()}, errors, deviance


def islands_of(rows):
    """Evaluators by the island they are on, islands in the order of their first evaluator."""
    linked = collections.defaultdict(set)
    for row in rows:
        linked[("agent", row["agent_id"])].add(("evaluator", row["evaluator_id"]))
        linked[("evaluator", row["evaluator_id"])].add(("agent", row["agent_id"]))
    island, n = {}, 0
    for start in sorted(node for node in linked if node[0] == "evaluator"):
        if start in island:
            continue
        n, heap = n + 1, [start]
        while heap:
            node = heap.pop()
            if node not in island:
                island[node] = n
                heap += linked[node]
    return {name: number for (kind, name), number in island.items() if kind == "evaluator"}


def check_evaluators(check, demo, said):
    """Gives the effects of all evaluators, for the adjusted means."""
    days = demo.setting("leniency_span_days", 180)
    last, rows = spans(demo, days)
    rows = [row | {"form": (row["form_version_id"], row["content_hash"])} for row in rows if row["evaluator_id"]]
    published = {(row["tenant"], row["scored_by"]): row for row in said["evaluator_leniency"]}
    expected, predicted = [], {}
    for realm, of in group(rows, lambda row: (row["tenant"], row["platform"], row["scored_by"])).items():
        island, version_mean = islands_of(of), {form: mean_of(row["normalized_score"] for row in some) for form, some in group(of, lambda row: row["form"]).items()}
        seen = published.get((realm[0], realm[2]), {})
        variances = [seen.get(name) for name in ("variance_rest", "variance_agent", "variance_evaluator")]
        effects, errors = {}, {}
        for number in set(island.values()):
            part = [row for row in of if island[row["evaluator_id"]] == number]
            if None not in variances and len({row["evaluator_id"] for row in part}) > 1:
                found = mixed_model(part, *variances)
                effects, errors = effects | found[0], errors | found[1]
        for evaluator, some in group(of, lambda row: row["evaluator_id"]).items():
            is_alone = list(island.values()).count(island[evaluator]) < 2
            reason = "not_connected" if is_alone else "n_too_small" if len(some) < 10 or n_agents(some) < 3 else None
            effect, error = (effects[evaluator], errors[evaluator]) if not reason and effects else (None, None)
            row = dict(zip(["tenant", "platform", "scored_by"], realm)) | {"form_id": "*", "evaluator_id": evaluator, "n": len(some), "n_agents": n_agents(some)}
            row |= {"raw_deviation": mean_of(one["normalized_score"] - version_mean[one["form"]] for one in some), "leniency": effect, "standard_error": error}
            row |= {"low": effect and effect - Z * error, "high": effect and effect + Z * error, "island_id": island[evaluator], "reason": reason}
            row |= {"span_to": last[realm[0]].isoformat(), "span_from": (last[realm[0]] - (days - 1) * DAY).isoformat()}
            expected.append(row)
        predicted |= {(realm[0], evaluator): effect for evaluator, effect in effects.items()}
        if None not in variances:
            least = mixed_model(of, *variances)[2]
            for place in range(3):
                for factor in (0.98, 1.02):
                    other = mixed_model(of, *[v * factor if one == place else v for one, v in enumerate(variances)])[2]
                    check.fact("variances are the likeliest", other > least, f"{realm}: another variance {place} by {factor} is likelier: {other} < {least}")
    check.table("evaluators", FORM + ["evaluator_id"], [name for name in expected[0] if name not in FORM + ["evaluator_id"]], 1e-6, expected, said["evaluator_leniency"])
    return predicted
