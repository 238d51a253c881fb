"""Agent-days, the file for Calabrio, and joins."""

import collections
import csv
import datetime
import json
import math
import pathlib
import tempfile

from second_opinion.mathematics import compared, group, mean_of, total

DAY_KEY = ["tenant", "platform", "agent_id", "business_date", "form_version_id", "content_hash", "scored_by"]
DAY_SUMS = ["n", "sum_weighted_points", "sum_weighted_max", "sum_normalized", "sum_final", "mean_normalized", "mean_final", "n_failed_critical", "n_disputed", "applicable_share"]


def check_agent_days(check, demo):
    def read(name):
        rows = demo.csv(f"out/planning/{name}.csv")
        for row in rows:
            for column in [*DAY_SUMS, "revision", "supersedes"]:
                row[column] = json.loads(row[column]) if row[column] else None
            # A text that a spreadsheet would take for a formula is guarded by an apostrophe.
            row |= {name: value[1:] for name, value in row.items() if isinstance(value, str) and value.startswith("'") and value.lstrip("'")[:1] in ("=", "+", "-", "@")}
        return rows

    days, events, expected = read("agent_day"), read("agent_day_event"), []
    for key, rows in group(demo.scored, lambda row: tuple(row[name] for name in DAY_KEY)).items():
        sums = [total(row[name] for row in rows) for name in ("weighted_points", "weighted_max", "normalized_score", "final_score")]
        wholes = [row["whole_max"] for row in rows]
        share = None if None in wholes else sums[1] / total(wholes)
        flags = [sum(row["failed_critical"] for row in rows), sum(row["status"] == "disputed" for row in rows)]
        values = [len(rows), *sums, sums[2] / len(rows), sums[3] / len(rows), *flags, share]
        expected.append(dict(zip(DAY_KEY, key)) | dict(zip(DAY_SUMS, values)) | {"form_id": rows[0]["form_id"]})
    live = [row for row in days if row["op"] != "retract"]
    check.table("agent-days", DAY_KEY, ["form_id", *DAY_SUMS], 1e-9, expected, live)
    for row in (row for row in days if row["op"] == "retract"):
        check.fact("agent-days", row["n"] == 0 and all(row[name] is None for name in DAY_SUMS[1:]), f"a withdrawn day has numbers: {row}")
    key_of = lambda row: tuple(row[name] for name in DAY_KEY)
    for order in (events, events[::-1], events + events):
        held = {}
        for event in order:
            if key_of(event) not in held or held[key_of(event)]["revision"] < event["revision"]:
                held[key_of(event)] = event
        check.table("agent-days out of their events", DAY_KEY, list(days[0]), 0, list(held.values()), days)
    for key, rows in group(events, key_of).items():
        rows.sort(key=lambda row: row["revision"])
        check.fact("revisions of agent-days", [row["revision"] for row in rows] == list(range(1, len(rows) + 1)), f"{key}: revisions have gaps")
        check.fact("revisions of agent-days", [row["supersedes"] for row in rows] == [None, *range(1, len(rows))], f"{key}: `supersedes` is wrong")
        for before, row in zip([None, *rows], rows):
            is_first = before is None or before["op"] == "retract"
            check.fact("revisions of agent-days", (row["op"] == "insert") == is_first, f"{key}: `{row['op']}` after {before and before['op']}")
            is_same = before and all(check.equal(row[name], before[name], 5e-10) for name in DAY_SUMS)
            check.fact("revisions of agent-days", not is_same, f"{key}: revision {row['revision']} changes nothing")
            run = datetime.datetime.strptime(row["run_id"][:15], "%Y%m%dT%H%M%S").date()
            ages = [(run - datetime.date.fromisoformat(row["business_date"])).days + far for far in (-1, 0, 1)]
            states = {"open" if age < 45 else "settling" if age <= 100 else "closed" for age in ages}
            check.fact("states of days", row["day_state"] in states, f"{key}: {row['day_state']} at an age of {ages[1]}")


def check_calabrio(check, demo):
    """The gamification files: a line a person, day and measure; of two form versions on a day the one with more assessments."""
    days = group(demo.scored, lambda row: (row["tenant"], row["agent_id"], row["business_date"], row["form_id"]))
    first = {version: min(row["date"] for row in rows) for version, rows in group(demo.scored, lambda row: (row["tenant"], row["form_version_id"])).items()}
    for publication in (one for one in demo.config.get("publication", []) if one["kind"] == "calabrio"):
        measures, expected = {one["form_id"]: one for one in publication["measure"]}, []
        for (tenant, agent, date, form), rows in days.items():
            person = demo.roster.get((tenant, agent), {})
            if not person.get("person_id") or form not in measures or publication.get("tenant", tenant) != tenant:
                continue
            of_version = group(rows, lambda row: row["form_version_id"])
            age = lambda version: ((demo.forms.get((tenant, version)) or {}).get("published_at") or "", first[(tenant, version)])
            chosen = of_version[max(of_version, key=lambda version: (len(of_version[version]), age(version)))]
            score = compared(mean_of(row["normalized_score"] for row in chosen))
            cells = [date.replace("-", ""), person["person_id"], person["first_name"], person["last_name"], measures[form]["name"], measures[form]["id"], "Percent"]
            expected.append({"line": ",".join(cells), "score": math.floor(score * 100 + 0.5) / 100})
        with open(demo.folder / publication["path"], encoding="utf-8", newline="") as file:
            seen = [{"line": ",".join(line[:-1]), "score": float(line[-1])} for line in csv.reader(file)]
        check.table("the gamification file", ["line"], ["score"], 1e-9, expected, seen)


def check_join(check, demo):
    """Joins with the interactions of the demo, which name interactions by one id."""
    moment = lambda text: datetime.datetime.fromisoformat(text) if text else None
    feedback = json.loads((demo.folder / "out/payload/agent_feedback_payload.json").read_text(encoding="utf-8"))
    for tenant in [one["name"] for one in demo.config["tenant"]]:
        book = collections.defaultdict(list)
        for row in demo.csv(f"{tenant.removeprefix('demo-')}-interactions.csv"):
            for name in ("interaction_id", "external_reference_id", "segment_id"):
                if row[name]:
                    book[(name, row[name])].append(row)
        expected = []
        records = [("assessments", row["assessment_id"], row, moment(row["submitted_at"])) for row in demo.live if row["tenant"] == tenant]
        records += [("feedback", row["feedback_id"], row, moment(row["created_at"])) for row in feedback if row["tenant"] == tenant and not row["is_archived"]]
        for stream, record_id, row, written in records:
            outside = row.get("external_reference_id") or row["extra"].get("externalReferenceId")
            asked = [("interaction_id", row["interaction_id"]), ("external_reference_id", outside), ("segment_id", row["interaction_id"])]
            found = [book[one] for one in asked if one[1] and book.get(one)]
            own = next((mine for of in found if (mine := [one for one in of if one["agent_id"] == row["agent_id"]])), [])
            in_time = [one for one in own if not (written and moment(one["ended_at"]) > written)]
            ended = max(in_time, key=lambda one: moment(one["ended_at"])) if in_time else min(own, key=lambda one: moment(one["ended_at"])) if own else None
            status = "matched" if in_time else "time_mismatch" if own else "agent_not_on_interaction" if found else "no_interaction"
            difference = None
            if ended and row.get("interaction_end_time"):
                difference = (moment(ended["ended_at"]) - moment(row["interaction_end_time"])).total_seconds()
            detail = "no_key" if not any(value for _, value in asked) else None
            expected.append({"stream": stream, "record_id": record_id, "join_status": status, "detail": detail, "end_difference_seconds": difference,
                             "interaction_ended_at": ended and ended["ended_at"], "media": ended and ended["media"]})
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "joined.ndjson"
            listing = demo.folder / f"{tenant.removeprefix('demo-')}-interactions.csv"
            demo.say("join", "--tenant", tenant, "--interactions", str(listing), "--out", str(path))
            seen = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        columns = ["join_status", "detail", "end_difference_seconds", "interaction_ended_at", "media"]
        check.table("joins", ["stream", "record_id"], columns, 1e-6, expected, seen)
