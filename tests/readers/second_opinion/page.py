"""The report: its tables are those of the commands, and those that only it has."""

import collections
import json
import pathlib
import tempfile

from second_opinion.comparison import COHORT, FORM, SCOPE
from second_opinion.mathematics import group


def check_report(check, demo, said):
    """The page: its tables are those of the commands, and those that only it has."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "report.html"
        demo.say("report", "--agent-level", "check", "--out", str(path))
        page = path.read_text(encoding="utf-8")
    start = page.index('id="rows">') + len('id="rows">')
    tables = {}
    for name, table in json.loads(page[start : page.index("</script>", start)])["tables"].items():
        columns = {}
        for column, _, how in table["columns"]:
            runs = how.get("r", [])
            places = how.get("i") or [place for place, n in zip(runs[::2], runs[1::2]) for _ in range(n)]
            columns[column] = how["v"] if "v" in how else [how["d"][place] for place in places]
        tables[name] = [dict(zip(columns, row)) for row in zip(*columns.values())]
    keys = {
        "trend_cohort": COHORT + SCOPE + ["week_start"], "cohort": COHORT + SCOPE, "trend_verdict": FORM + SCOPE,
        "change_split": FORM + SCOPE + ["from_version_id", "from_hash", "to_version_id", "to_hash"],
        "agent_score": COHORT + ["pool_kind", "pool_id", "agent_id"], "evaluator_leniency": FORM + ["evaluator_id"],
        "alarm": COHORT + SCOPE + ["test", "subject", "at"], "control_point": COHORT + SCOPE + ["chart", "week_start"],
    }
    for name, key in keys.items():
        check.table("the page against the commands", key, list(said[name][0]), 6e-7, said[name], tables[name])
    questions, expected = demo.by_place([row for row in demo.scored], "week"), []
    for (cohort, place, week), rows in questions.items():
        if place[0] == "team":
            continue
        sums = collections.defaultdict(lambda: [0, 0, 0.0, 0.0])
        for row in rows:
            for one in row["questions"]:
                found = sums[one["question_id"]]
                if one["not_applicable"] or one["score"] is None:
                    found[1] += one["not_applicable"]
                elif one["max_score"] > 0:
                    found[0], found[2], found[3] = found[0] + 1, found[2] + one["score"], found[3] + one["max_score"]
        for question, (n, n_not, points, most) in sums.items():
            row = dict(zip(COHORT, cohort)) | dict(zip(SCOPE, place)) | {"week_start": week.isoformat(), "question_key": question, "n": n}
            expected.append(row | {"n_not_applicable": n_not, "attainment": 100 * points / most if n >= 5 else None, "reason": None if n >= 5 else "n_too_small"})
    key = COHORT + SCOPE + ["week_start", "question_key"]
    check.table("questions by week", key, ["n", "n_not_applicable", "attainment", "reason"], 6e-7, expected, tables["question_week"])
    steps = collections.defaultdict(list)
    for row in sorted(tables["waterfall"], key=lambda row: (row["tenant"], row["ordinal"])):
        steps[row["tenant"]].append(row)
    for tenant, rows in steps.items():
        live = [row for row in demo.live if row["tenant"] == tenant]
        mine = dict(collections.Counter(row["left_out"] for row in live if row["left_out"]))
        theirs = {row["reason"]: row["n_lost"] for row in rows if row["step"] == "left_out"}
        check.fact("the waterfall", mine == theirs, f"{tenant}: left out {theirs}, recomputed {mine}")
        ends = {row["step"]: row["n"] for row in rows}
        check.fact("the waterfall", ends["accepted"] == len(live) and ends["scored"] == len(live) - sum(mine.values()), f"{tenant}: {ends}")
        for before, row in zip(rows, rows[1:]):
            check.fact("the waterfall", row["n"] == before["n"] - row["n_lost"], f"{tenant}: {before['step']} {before['n']} less {row['n_lost']} is not {row['step']} {row['n']}")
    recent = []
    for (tenant, agent), rows in group(demo.scored, lambda row: (row["tenant"], row["agent_id"])).items():
        newest = sorted(rows, key=lambda row: row["business_date"], reverse=True)
        recent.append({"tenant": tenant, "agent_id": agent, "dates": [row["business_date"] for row in newest[:5]]})
    theirs = [{"tenant": t, "agent_id": a, "dates": [row["business_date"] for row in rows]} for (t, a), rows in group(tables["agent_recent"], lambda row: (row["tenant"], row["agent_id"])).items()]
    check.table("last assessments of agents", ["tenant", "agent_id"], ["dates"], 0, recent, theirs)
