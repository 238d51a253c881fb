"""Measures, weeks, cohorts and verdicts."""

import collections
import hashlib
import math
import sqlite3

from second_opinion.comparison import COHORT, FORM, SCOPE
from second_opinion.demo import hidden_teams, n_agents, totals_of_teams
from second_opinion.mathematics import clustered, clustered_mean, compared, group, median, normal_p, quantile, total, wilson, Z
from second_opinion.splits import check_splits


def check_measures(check, demo):
    """Dates, cohorts and sums of each assessment, against the table that all sums are made of."""
    store = sqlite3.connect(f"file:{demo.folder / 'scorelake.db'}?mode=ro", uri=True)
    store.row_factory = sqlite3.Row
    seen = [dict(row) for row in store.execute("SELECT * FROM assessment_measure")]
    for row in seen:
        row["score_parity"] = bool(row["score_parity"])
        row["share"] = row["applicable_share"]
    share = lambda row: row["weighted_max"] / row["whole_max"] if row["whole_max"] and row["weighted_max"] else None
    expected = [row | {"score_parity": row["parity"], "share": share(row)} for row in demo.live]
    key = ["tenant", "assessment_id"]
    dates = ["business_date", "week_start", "zone", *COHORT, "left_out"]
    check.table("business dates and cohorts", key, dates, 0, expected, seen)
    check.table("sums of an assessment", key, ["weighted_points", "weighted_max", "whole_max", "share", "critical_score", "score_parity"], 1e-9, expected, seen)
    places = [{"at": (row["tenant"], row["assessment_id"], *place)} for row in demo.live for place in row["places"] if place[0] != "tenant"]
    kept = store.execute("SELECT tenant, assessment_id, scope_kind, scope_id FROM assessment_scope WHERE scope_kind <> 'queue'")
    check.table("scopes of an assessment", ["at"], ["at"], 0, places, [{"at": tuple(row)} for row in kept])
    for row in demo.scored:
        whole = row["weighted_max"] and 100 * row["weighted_points"] / row["weighted_max"]
        check.fact("scores", check.equal(row["normalized_score"], whole, 1e-9), f"{row['assessment_id']}: {row['normalized_score']}, recomputed {whole}")
        final = 0.0 if row["failed_critical"] else row["normalized_score"]
        check.fact("scores", check.equal(row["final_score"], final, 1e-9), f"{row['assessment_id']}: final {row['final_score']}, recomputed {final}")
    for (tenant, version), form in demo.forms.items():
        number = lambda value: "" if value is None else repr(int(value)) if value == int(value) else repr(value)
        questions = sorted(demo.questions[(tenant, version)], key=lambda one: one["question_id"].encode())
        lines = ["\t".join([one["question_id"], number(one["max_score"]), number(one["weight"]), str(int(bool(one["critical"]))), "0", ""]) for one in questions]
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
        check.fact("content hashes", form["content_hash"] == digest, f"{version}: {form['content_hash']}, recomputed {digest}")


def check_trends(check, demo, said):
    """Weeks and cohorts; gives the weeks that may be seen, for the verdicts and the charts."""
    k, thin = demo.setting("k_anonymity", 5), demo.setting("provisional_below", 10)
    weeks, lives = demo.by_place(demo.scored, "week"), demo.by_place(demo.scored)
    parents = totals_of_teams(demo)
    hidden_weeks, hidden_lives = hidden_teams(weeks, k, parents), hidden_teams(lives, k, parents)
    blank = lambda row, columns: row | dict.fromkeys(columns) | {"reason": "k_anonymity"}
    of_week = ["n", "n_agents", "mean", "low", "high", "mean_by_agent", "n_failed_critical", "provisional", "reason"]
    expected, shown = [], {}
    for (cohort, place, week), rows in weeks.items():
        mean, low, high, by_agent = clustered_mean([(row["agent_id"], row["normalized_score"]) for row in rows])
        row = dict(zip(COHORT, cohort)) | dict(zip(SCOPE, place)) | {"week_start": week.isoformat()}
        if (cohort, place, week) in hidden_weeks:
            expected.append(blank(row, of_week))
            continue
        n, failed = len(rows), sum(one["failed_critical"] for one in rows)
        values = [n, n_agents(rows), mean, low, high, by_agent, failed, n < thin, "one_agent" if low is None else None]
        expected.append(row | dict(zip(of_week, values)))
        shown.setdefault((cohort, place), []).append((week, n, mean, failed))
    check.table("weekly means and their intervals", COHORT + SCOPE + ["week_start"], of_week, 1e-9, expected, said["trend_cohort"])
    expected = []
    for key, rows in lives.items():
        (cohort, place), n = key, len(rows)
        mean, low, high, _ = clustered_mean([(row["agent_id"], row["normalized_score"]) for row in rows])
        points, most = total(row["weighted_points"] for row in rows), total(row["weighted_max"] for row in rows)
        ratio = points / most
        ends = clustered(ratio, [total(r["weighted_points"] - ratio * r["weighted_max"] for r in of) / most for of in group(rows, lambda r: r["agent_id"]).values()])
        failed, parity = sum(row["failed_critical"] for row in rows), sum(row["parity"] for row in rows)
        rate = (failed / n, *wilson(failed, n))
        row = dict(zip(COHORT, cohort)) | dict(zip(SCOPE, place)) | {"form_name": rows[0]["form_name"], "form_version": rows[0]["form_version"]}
        row |= {"first_date": min(r["business_date"] for r in rows), "last_date": max(r["business_date"] for r in rows)}
        numbers = {
            "n": n, "n_agents": n_agents(rows), "mean": mean, "low": low, "high": high,
            "pooled": 100 * ratio, "pooled_low": ends[0] and 100 * ends[0], "pooled_high": ends[1] and 100 * ends[1],
            "n_failed_critical": failed, "failed_critical_rate": rate[0], "failed_critical_low": rate[1], "failed_critical_high": rate[2],
            "n_score_parity": parity, "version_alarm": n >= 20 and 10 * parity >= n, "reason": "one_agent" if low is None else None,
        }
        expected.append(row | (blank({}, numbers) if key in hidden_lives else numbers))
    check.table("cohorts, pooled ratios and rates", COHORT + SCOPE, [name for name in expected[0] if name not in COHORT + SCOPE], 1e-9, expected, said["cohort"])
    check.fact("k-anonymity", k < 2 or bool(hidden_weeks) and bool(hidden_lives), "nothing is hidden in this demo, so nothing was tested")
    for table, key_of in (("trend_cohort", lambda row: (row["week_start"],)), ("cohort", lambda row: ())):
        for row in said[table]:
            is_small = row["scope_kind"] == "team" and row["n_agents"] is not None and row["n_agents"] < k
            check.fact("k-anonymity", not is_small, f"{table} shows {row['n_agents']} agents of {row['scope_id']} {key_of(row)}")
    check_verdicts(check, demo, said, shown)
    check_splits(check, demo, said, lives, hidden_lives)
    return shown, lives


def check_verdicts(check, demo, said, shown):
    columns = ["first_week", "last_week", "n_points", "n_strata", "n_pairs", "slope", "low", "high", "s", "variance", "z", "p", "verdict"]
    lines, expected = collections.defaultdict(list), []
    for (cohort, place), weeks in shown.items():
        lines[(cohort[:4], place)].append(sorted(weeks))
    sign = lambda number: (number > 0) - (number < 0)
    for (form, place), strata in lines.items():
        slopes, s, variance = [], 0, 0.0
        for weeks in strata:
            for j, (later, _, y, _) in enumerate(weeks):
                for earlier, _, x, _ in weeks[:j]:
                    slopes.append((y - x) / ((later - earlier).days / 7))
                    s += sign(compared(y - x))
            n = len(weeks)
            ties = collections.Counter(compared(mean) for _, _, mean, _ in weeks).values()
            variance += (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
        slopes.sort()
        every = sorted(week[0] for weeks in strata for week in weeks)
        row = dict(zip(FORM, form)) | dict(zip(SCOPE, place)) | dict.fromkeys(columns)
        row |= {"first_week": every[0].isoformat(), "last_week": every[-1].isoformat(), "n_points": len(every), "n_strata": len(strata), "n_pairs": len(slopes)}
        if len(every) < 8 or max(map(len, strata)) < 4:
            row["verdict"] = "too_short"
        else:
            slope, z = median(slopes), (s - sign(s)) / math.sqrt(variance)

            def at(place):
                return None if place < 1 or place > len(slopes) else quantile(slopes, (place - 1) / max(1, len(slopes) - 1))

            reach, n = Z * math.sqrt(variance), len(slopes)
            word = "rising" if slope > 0 else "falling"
            row |= {"slope": slope, "low": at((n - reach) / 2), "high": at((n + reach) / 2 + 1), "s": s, "variance": variance, "z": z, "p": normal_p(z)}
            row["verdict"] = word if row["p"] < 0.05 and abs(slope) >= demo.setting("flat_slope", 0.1) else "flat"
        expected.append(row)
    check.table("trend verdicts", FORM + SCOPE, columns, 1e-9, expected, said["trend_verdict"])
