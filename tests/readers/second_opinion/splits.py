"""Change splits and chained indices."""

import collections
import math

from second_opinion.comparison import COHORT, FORM, NO_NUMBER, SCOPE
from second_opinion.demo import DAY
from second_opinion.mathematics import clustered, compared, group, mean_of, quantile, total

PARTS = ["performance", "reweighting", "removed", "added", "na_mix"]


def side_of(demo, rows, version):
    """One side of a boundary: what was attained of each question, and the shares of the questions kept."""
    sums = collections.defaultdict(list)
    for row in rows:
        for answer in row["answers"]:
            if answer["max_score"] > 0:
                sums[answer["question_id"]].append((answer["score"], answer["max_score"]))
    form = {one["question_id"]: dict(one) for one in demo.questions[version]}
    asked = group([one for row in rows for one in row["questions"]], lambda one: one["question_id"])
    # Genesys tells the maxima of questions in its assessments only; a wrong one here and there is not the form's.
    # A question that a known form does not have is no part of it, though single assessments may have it.
    for key, some in asked.items():
        if key not in form and demo.questions[version]:
            continue
        usual = collections.Counter((one["weight"], one["max_score"]) for one in some).most_common(1)[0][0]
        found = form.setdefault(key, {"weight": None, "max_score": None})
        found |= {name: value for name, value in zip(("weight", "max_score"), usual) if found[name] is None}
    kept = {key: of for key, of in sums.items() if key in form and None not in (form[key]["weight"], form[key]["max_score"])}
    whole = total(form[key]["weight"] * form[key]["max_score"] for key in kept)
    return {
        "rows": rows, "form": form, "n": {key: len(of) for key, of in kept.items()}, "mean": mean_of(row["normalized_score"] for row in rows),
        "p": {key: 100 * total(s for s, _ in of) / total(m for _, m in of) for key, of in kept.items()},
        "x": {key: total(s / m for s, m in of) for key, of in kept.items()},
        "share": {key: form[key]["weight"] * form[key]["max_score"] / whole for key in kept},
    }


def drifts(a, b, common):
    def logit(side, key):
        # Points beyond the maximum have no logit; they count as the maximum.
        share = (min(max(side["x"][key], 0), side["n"][key]) + 0.5) / (side["n"][key] + 1)
        return math.log(share / (1 - share))

    d = {key: logit(b, key) - logit(a, key) for key in common}
    ordered = sorted(d.values())
    middle, iqr = quantile(ordered, 0.5), len(d) >= 4 and quantile(ordered, 0.75) - quantile(ordered, 0.25)
    return d, {key: (value - middle) / (0.74 * iqr) for key, value in d.items()} if iqr and compared(iqr) > 0 else {}


def rescored(a, b, weights):
    """Difference of the sides' means when each assessment is scored on the common questions alone, and its interval."""
    of_side = []
    for side in (a, b):
        rows = []
        for row in side["rows"]:
            answers = [(weights[one["question_id"]], one["score"] / one["max_score"]) for one in row["answers"] if one["max_score"] > 0 and weights.get(one["question_id"])]
            if answers:
                rows.append((row["agent_id"], 100 * total(g * share for g, share in answers) / total(g for g, _ in answers)))
        of_side.append(rows)
    if not all(of_side):
        return None, None, None
    means = [mean_of(r for _, r in rows) for rows in of_side]
    influence = collections.defaultdict(float)
    for rows, mean, direction in zip(of_side, means, (-1, 1)):
        for agent, r in rows:
            influence[agent] += direction * (r - mean) / len(rows)
    return means[1] - means[0], *clustered(means[1] - means[0], list(influence.values()))


def split(demo, a, b):
    """The change split of two sides, and its questions."""
    same = [key for key in a["p"].keys() & b["p"].keys() if a["form"][key]["max_score"] == b["form"][key]["max_score"]]
    d, zr = drifts(a, b, same)
    common = [key for key in same if not (key in zr and compared(abs(zr[key])) > 2.5)]
    share_a, share_b = total(a["share"][key] for key in common), total(b["share"][key] for key in common)
    row = {"n_from": len(a["rows"]), "n_to": len(b["rows"]), "mean_from": a["mean"], "mean_to": b["mean"], "change": b["mean"] - a["mean"]}
    row |= {"common_share_from": share_a, "common_share_to": share_b, "n_common": len(common), "n_drifting": len(same) - len(common)}
    row |= dict.fromkeys([*PARTS, "performance_delta", "performance_low", "performance_high"]) | {"na_sensitive": False}
    alpha, beta = ({key: side["share"][key] / share for key in common} if share else {} for side, share in ((a, share_a), (b, share_b)))
    terms = {key: ((alpha[key] + beta[key]) / 2 * (b["p"][key] - a["p"][key]), (beta[key] - alpha[key]) * (a["p"][key] + b["p"][key]) / 2) for key in common if alpha and beta}
    if terms:
        all_a, all_b = (total(side["share"][key] * p for key, p in side["p"].items()) for side in (a, b))
        common_a, common_b = (total(shares[key] * side["p"][key] for key in common) for side, shares in ((a, alpha), (b, beta)))
        row |= {"performance": total(one for one, _ in terms.values()), "reweighting": total(one for _, one in terms.values())}
        row |= {"removed": common_a - all_a, "added": all_b - common_b, "na_mix": (b["mean"] - all_b) - (a["mean"] - all_a)}
        delta, low, high = rescored(a, b, {key: (alpha[key] + beta[key]) / 2 for key in common})
        row |= {"performance_delta": delta, "performance_low": low, "performance_high": high}
        row["na_sensitive"] = delta is not None and abs(compared(delta - row["performance"])) > 0.5
    of_evaluator = [collections.Counter(one["evaluator_id"] for one in side["rows"]) for side in (a, b)]
    both = (of_evaluator[0].keys() & of_evaluator[1].keys()) - {None}
    kept = min(sum(of[one] for one in both) / sum(of.values()) for of in of_evaluator)
    conditions = {
        "few_common": compared(min(share_a, share_b)) < demo.setting("common_share", 0.5) or not terms,
        "few_assessments": min(row["n_from"], row["n_to"]) < demo.setting("side_assessments", 30),
        "evaluators_changed": compared(kept) < demo.setting("same_evaluators", 0.7),
        "anchor_drift": len(common) < len(same) and len(common) < 4,
    }
    row["reasons"] = [reason for reason, holds in conditions.items() if holds]
    row["bridge"] = "none" if row["reasons"] else "published"
    questions = []
    for key in a["form"].keys() | b["form"].keys():
        states = {(True, True): "common" if key in common else "drifting" if key in same else "changed", (True, False): "removed", (False, True): "added"}
        found = {"question_key": key, "state": states.get((key in a["p"], key in b["p"]), "unanswered"), "n_from": a["n"].get(key, 0), "n_to": b["n"].get(key, 0)}
        found |= {"attainment_from": a["p"].get(key), "attainment_to": b["p"].get(key), "share_from": a["share"].get(key), "share_to": b["share"].get(key)}
        performance, reweighting = terms.get(key, (None, None))
        questions.append(found | {"performance": performance, "reweighting": reweighting, "drift": d.get(key), "drift_z": zr.get(key)})
    return row, questions


def check_splits(check, demo, said, lives, hidden):
    boundary = ["from_version_id", "from_hash", "to_version_id", "to_hash"]
    span = demo.setting("split_span_days", 90) * DAY
    lines, splits, questions, links = collections.defaultdict(list), [], [], []
    for (cohort, place), rows in lives.items():
        lines[(cohort[:4], place)].append((min(row["date"] for row in rows), cohort, rows))
    for (form, place), versions in lines.items():
        versions = sorted((one for one in versions if (one[1], place) not in hidden), key=lambda one: one[:2])
        chain, index = 0, 0.0
        for number, (first, cohort, rows) in enumerate(versions):
            before, published = index, False
            if number:
                _, earlier, of_earlier = versions[number - 1]
                near = lambda some: [row for row in some if abs(row["date"] - first) <= span]
                a, b = (side_of(demo, near(some), (form[0], one[4])) for some, one in ((of_earlier, earlier), (rows, cohort)))
                if a["rows"]:
                    row, terms = split(demo, a, b)
                else:
                    row, terms = {"n_from": 0, "n_to": len(b["rows"]), "change": None, "bridge": "none", "reasons": ["few_assessments"], "performance": None}, []
                published = row["bridge"] == "published"
                key = dict(zip(FORM, form)) | dict(zip(SCOPE, place)) | dict(zip(boundary, (*earlier[4:], *cohort[4:])))
                questions += [key | term for term in terms]
            chain, index = (chain, index + row["performance"]) if published else (chain + 1, mean_of(one["normalized_score"] for one in rows))
            links.append(dict(zip(COHORT, cohort)) | dict(zip(SCOPE, place)) | {"chain_id": chain, "index": index})
            if number:
                splits.append(key | {"boundary_date": first.isoformat()} | row | {"chain_id_to": chain, "index_from": before, "index_to": index})
    columns = [name for name in said["change_split"][0] if name not in FORM + SCOPE + boundary + ["sentence"]]
    # A side without assessments has nothing to compare; what is told of the other one is not looked at.
    check.table("change splits", FORM + SCOPE + boundary, columns, 1e-9, [dict.fromkeys(columns, NO_NUMBER) | row for row in splits], said["change_split"])
    key_of = lambda row: tuple(row[name] for name in FORM + SCOPE + boundary)
    empty = {key_of(row) for row in said["change_split"] if not row["n_from"]}
    columns = [name for name in questions[0] if name not in FORM + SCOPE + boundary + ["question_key"]]
    check.table("questions of change splits", FORM + SCOPE + boundary + ["question_key"], columns, 1e-9, questions, [row for row in said["change_split_question"] if key_of(row) not in empty])
    seen = [row for row in said["cohort"] if row["reason"] != "k_anonymity"]
    check.table("chained indices", COHORT + SCOPE, ["chain_id", "index"], 1e-9, links, seen)
    for row in said["change_split"]:
        gap = abs(total(row[part] for part in PARTS) - row["change"]) if row["performance"] is not None else 0
        check.fact("identity of change splits", gap <= 1e-9, f"{[row[name] for name in boundary + SCOPE]}: parts differ from the change by {gap}")
        check.fact("identity of change splits", (row["bridge"] == "none") == bool(row["reasons"]), f"{row['bridge']} with {row['reasons']}")
