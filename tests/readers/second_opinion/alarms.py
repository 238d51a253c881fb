"""Control charts, level shifts and agents who stand out."""

import math

from second_opinion.comparison import COHORT, SCOPE
from second_opinion.mathematics import benjamini_hochberg, binomial_p, compared, group, mean_of, median, total
from second_opinion.people import pool_figures, pool_kinds, spans


def best_cuts(values):
    """Where the cheapest segmentation begins its segments, all of at least 3 points; trying every last cut."""
    differences = [later - earlier for earlier, later in zip(values, values[1:])]
    centre = median(differences)
    sigma = median([abs(one - centre) for one in differences]) / 0.6745 / math.sqrt(2)
    if compared(sigma) <= 0:
        return [0]
    penalty, best = 3 * sigma**2 * math.log(len(values)), {0: (0.0, [])}

    def cost(part):
        middle = mean_of(part)
        return total((one - middle) ** 2 for one in part)

    for end in range(3, len(values) + 1):
        ways = [(best[start][0] + cost(values[start:end]) + penalty, best[start][1] + [start]) for start in best if end - start >= 3]
        best[end] = min(ways)
    return best[len(values)][1]


def charts(weeks, baseline):
    """The two control charts: rows of columns, or the reason why there is none."""
    xmr = p_chart = "too_short"
    if len(weeks) >= baseline:
        means = [mean for _, _, mean, _ in weeks]
        centre, spread = mean_of(means[:baseline]), mean_of(abs(b - a) for a, b in zip(means, means[1:baseline]))
        low, high, limit, xmr, run, side = centre - 2.66 * spread, centre + 2.66 * spread, 3.267 * spread, [], 0, 0
        for place, (week, n, mean, _) in enumerate(weeks):
            change = abs(mean - means[place - 1]) if place else None
            away = compared(mean - centre)
            run, side = (0, 0) if away == 0 else (run + 1, side) if (away > 0) == (side > 0) and side else (1, away)
            rules = {"outside": compared(mean) > compared(high) or compared(mean) < compared(low), "range": place and compared(change) > compared(limit), "run": run == 8}
            signals = [rule for rule, holds in rules.items() if holds]
            xmr.append({"week_start": week, "n": n, "value": mean, "centre": centre, "low": low, "high": high, "range": change, "range_limit": limit, "baseline": place < baseline, "signals": signals})
        n_base, x_base = sum(n for _, n, _, _ in weeks[:baseline]), sum(x for _, _, _, x in weeks[:baseline])
        p_chart = [] if x_base else "no_events"
        for place, (week, n, _, x) in enumerate(weeks if x_base else []):
            p = x_base / n_base
            low, high = max(0.0, p - 3 * math.sqrt(p * (1 - p) / n)), min(1.0, p + 3 * math.sqrt(p * (1 - p) / n))
            signals = ["outside"] if compared(x / n) > compared(high) or compared(x / n) < compared(low) else []
            p_chart.append({"week_start": week, "n": n, "value": x / n, "centre": p, "low": low, "high": high, "range": None, "range_limit": None, "baseline": place < baseline, "signals": signals})
    return {"xmr": xmr, "p": p_chart}


def check_alarms(check, demo, said, shown, lives):
    """Weeks of few assessments are kept off the charts, which docs/analytics.md has of `provisional_below`."""
    baseline, thin = demo.setting("baseline_points", 8), demo.setting("provisional_below", 10)
    names = ["n", "value", "centre", "low", "high", "range", "range_limit", "baseline", "signals", "reason"]
    points, alarms = [], []
    for (cohort, place), weeks in shown.items():
        key = dict(zip(COHORT, cohort)) | dict(zip(SCOPE, place))
        weeks = sorted(weeks)
        full = [week for week in weeks if week[1] >= thin]
        least = (demo.setting("least_effect", 2.0), demo.setting("least_rate_effect", 0.02)) if cohort[3] == "ai" else (0.0, 0.0)

        def alarm(test, week, value, expected, low, high):
            bare = {"subject": "", "p": None, "p_adjusted": None, "effect": value - expected}
            alarms.append(key | bare | {"test": test, "at": week.isoformat(), "value": value, "expected": expected, "low": low, "high": high})

        for chart, rows in charts(full, baseline).items():
            of_week = {row["week_start"]: row | {"reason": None} for row in rows} if isinstance(rows, list) else {}
            for week, n, mean, failed in weeks:
                reason = "n_too_small" if n < thin else rows
                bare = dict.fromkeys(names) | {"week_start": week, "n": n, "value": mean if chart == "xmr" else failed / n, "signals": [], "reason": reason}
                row = of_week.get(week, bare)
                points.append(key | row | {"chart": chart, "week_start": week.isoformat()})
                for signal in row["signals"]:
                    far = row["range"] if signal == "range" else abs(row["value"] - row["centre"])
                    if far >= least[chart == "p"]:
                        alarm("p_chart" if chart == "p" else f"xmr_{signal}", week, row["value"], row["centre"], row["low"], row["high"])
        if len(full) >= 15:
            starts = best_cuts([mean for _, _, mean, _ in full])
            parts = [full[start:end] for start, end in zip(starts, [*starts[1:], len(full)])]
            for before, after in zip(parts, parts[1:]):
                old, new = (mean_of(mean for _, _, mean, _ in part) for part in (before, after))
                if abs(new - old) >= least[0]:
                    alarm("level_shift", after[0][0], new, old, None, None)
    agent_alarms(demo, alarms)
    for (cohort, place), rows in lives.items():
        n, parity = len(rows), sum(row["parity"] for row in rows)
        if place[0] == "tenant" and n >= 20 and 10 * parity >= n:
            bare = dict.fromkeys(["expected", "low", "effect", "p", "p_adjusted"]) | {"test": "version_weights", "subject": "", "at": min(row["business_date"] for row in rows)}
            alarms.append(dict(zip(COHORT, cohort)) | dict(zip(SCOPE, place)) | bare | {"value": parity / n, "high": 0.1})
    check.table("control charts", COHORT + SCOPE + ["chart", "week_start"], names, 1e-9, points, said["control_point"])
    columns = ["value", "expected", "low", "high", "effect", "p", "p_adjusted"]
    check.table("alarms", COHORT + SCOPE + ["test", "subject", "at"], columns, 1e-7, alarms, said["alarm"])


def agent_alarms(demo, alarms):
    _, rows = spans(demo, demo.setting("agent_span_days", 90))
    for (cohort, place), of in demo.by_place(rows).items():
        if place[0] not in pool_kinds(demo):
            continue
        key, by_agent = dict(zip(COHORT, cohort)) | dict(zip(SCOPE, place)) | {"at": "", "low": None, "high": None}, group(of, lambda row: row["agent_id"])
        for agent, row in pool_figures(demo, by_agent).items():
            if row["named"]:
                effect = row["mean"] - row["cohort_mean"]
                alarms.append(key | {"test": "agent_score", "subject": agent, "value": row["mean"], "expected": row["cohort_mean"], "effect": effect, "p": row["p"], "p_adjusted": row["p_adjusted"]})
        if len(by_agent) < 2:
            continue
        counts = {agent: (sum(row["failed_critical"] for row in some), len(some)) for agent, some in by_agent.items()}
        rate = sum(x for x, _ in counts.values()) / len(of)
        p = [binomial_p(x, n, rate) for x, n in counts.values()]
        for (agent, (x, n)), one, adjusted in zip(counts.items(), p, benjamini_hochberg(p)):
            if compared(adjusted) <= demo.setting("false_discovery_rate", 0.05) and compared(abs(x / n - rate)) >= demo.setting("least_rate_effect", 0.02):
                alarms.append(key | {"test": "agent_rate", "subject": agent, "value": x / n, "expected": rate, "effect": x / n - rate, "p": one, "p_adjusted": adjusted})
