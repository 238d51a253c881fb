"""What the demo has published, and the assessments as they count."""

import collections
import csv
import datetime
import gzip
import json
import pathlib
import subprocess
import tomllib
import zoneinfo

from second_opinion.comparison import COHORT
from second_opinion.mathematics import compared, group, total

DAY = datetime.timedelta(days=1)


class Demo:
    """Everything that is read, and the assessments as they count."""

    def __init__(self, program, folder):
        self.program, self.folder = str(pathlib.Path(program).resolve()), pathlib.Path(folder)
        self.config = tomllib.loads((self.folder / "scorelake.toml").read_text(encoding="utf-8"))
        self.settings = self.config.get("analytics", {})
        self.roster = {(row["tenant"], row["agent_id"]): row for row in self.csv(self.settings["roster"])}
        self.forms = {(row["tenant"], row["form_version_id"]): row for row in self.lines("form_version")}
        self.questions = group(self.lines("form_question"), lambda row: (row["tenant"], row["form_version_id"]))
        self.scopes = group(self.lines("scope"), lambda row: (row["tenant"], row["scope_id"]))
        self.has_sites = {row["tenant"] for rows in self.scopes.values() for row in rows if row["kind"] == "site"}
        payload = json.loads((self.folder / "out/payload/qa_assessments_payload.json").read_text(encoding="utf-8"))
        self.live = [self.measure(row) for row in payload if not row["is_archived"]]
        self.scored = [row for row in self.live if row["left_out"] is None]

    def csv(self, name):
        with open(self.folder / name, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def lines(self, table):
        with gzip.open(self.folder / f"out/ndjson/{table}.ndjson.gz", "rt", encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def say(self, *words):
        command = [self.program, "--config", str(self.folder / "scorelake.toml"), "--quiet", *words]
        done = subprocess.run(command, capture_output=True, timeout=600)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(words)}: exit code {done.returncode}: {done.stderr.decode()[:500]}")
        return done.stdout

    def said(self, command):
        return json.loads(self.say(command, "--format", "json"))

    def setting(self, name, default):
        return self.settings.get(name, default)

    def day_of(self, row, kinds):
        """Zone and start of the day: of a division, else a site, else a queue, else the tenant."""
        tenant = next(one for one in self.config["tenant"] if one["name"] == row["tenant"])
        zones = tenant.get("zones", {})
        table = next((zones[one] for kind in ("division", "site", "queue") for one in sorted(kinds[kind]) if one in zones), {})
        start = table.get("day_start", tenant.get("day_start", "00:00"))
        return table.get("timezone", tenant.get("timezone", "UTC")), datetime.time.fromisoformat(start)

    def measure(self, row):
        form = self.forms.get((row["tenant"], row["form_version_id"]))
        kinds = collections.defaultdict(set)
        unlisted = "division" if row["platform"] == "genesys" else "queue" if row["tenant"] in self.has_sites else "site"
        for scope_id in row["scope_ids"]:
            for kind in [one["kind"] for one in self.scopes.get((row["tenant"], scope_id), [])] or [unlisted]:
                kinds[kind].add(scope_id)
        zone, day_start = self.day_of(row, kinds)
        date = None
        if row["interaction_end_time"]:
            local = datetime.datetime.fromisoformat(row["interaction_end_time"]).astimezone(zoneinfo.ZoneInfo(zone))
            date = local.date() - (DAY if local.time() < day_start else 0 * DAY)
        answers = [one for one in row["questions"] if not one["not_applicable"] and one["score"] is not None]
        is_whole = row["normalized_score"] is not None and all(one["weight"] is not None for one in answers)
        points = total(one["score"] * one["weight"] for one in answers) if is_whole else None
        most = total(one["max_score"] * one["weight"] for one in answers) if is_whole else None
        asked = {one["question_id"] for one in row["questions"]}
        others = [one for one in self.questions.get((row["tenant"], row["form_version_id"]), []) if one["question_id"] not in asked]
        parts = [(one["max_score"], one["weight"]) for one in [*row["questions"], *others]]
        whole = total(m * w for m, w in parts) if form and all(None not in part for part in parts) else None
        critical = [one for one in answers if one["critical"]]
        scores = (row["raw_score"], row["normalized_score"])
        diff = None if None in scores else scores[0] - scores[1]
        team = self.roster.get((row["tenant"], row["agent_id"]), {}).get("team_id")
        places = {("tenant", "*"), *((kind, one) for kind, ids in kinds.items() for one in ids if kind != "queue")}
        name = form and form["name"]
        left_out = (
            "not_performance" if row["extra"].get("purpose", "performance") != "performance"
            else "status" if row["status"] not in ("submitted", "released", "disputed")
            else "no_score" if row["normalized_score"] is None
            else "no_agent" if not row["agent_id"]
            else "no_form_version" if not row["form_version_id"]
            else "no_business_date" if date is None
            else None
        )
        return row | {
            "form_id": (form and (form["form_id"] or name and f"name:{name}")) or f"version:{row['form_version_id']}",
            "form_name": name, "form_version": form and form["version"],
            "content_hash": form["content_hash"] if form else "", "scored_by": row["scored_by"] or "unknown",
            "date": date, "business_date": date and date.isoformat(),
            "week": date and date - date.weekday() * DAY, "zone": zone, "answers": answers,
            "week_start": date and (date - date.weekday() * DAY).isoformat(),
            "weighted_points": points, "weighted_max": most, "whole_max": whole,
            "critical_score": 100 * total(a["score"] for a in critical) / total(a["max_score"] for a in critical) if critical else None,
            "parity": diff is not None and abs(compared(diff)) > 0.5 and not row["failed_critical"],
            "places": places | ({("team", team)} if team else set()), "left_out": left_out,
        }

    def by_place(self, rows, *more):
        """Rows by cohort and scope, and whatever else is named."""
        groups = collections.defaultdict(list)
        for row in rows:
            for place in row["places"]:
                groups[(tuple(row[name] for name in COHORT), place, *(row[name] for name in more))].append(row)
        return groups


def n_agents(rows):
    return len({row["agent_id"] for row in rows})


def totals_of_teams(demo):
    """The divisions and sites in which each team has assessments: their rows stand beside its own."""
    parents = collections.defaultdict(set)
    for row in demo.live:
        places = {place for place in row["places"] if place[0] in ("division", "site")}
        for place in row["places"]:
            if place[0] == "team":
                parents[(row["tenant"], place)] |= places
    return parents


def hidden_teams(groups, k, parents):
    """Keys of the groups of teams that are hidden: those below k, and the next smallest wherever a single one is hidden under the
    tenant's total or under that of a division or site."""
    views = collections.defaultdict(dict)
    for key, rows in groups.items():
        if key[1][0] == "team":
            views[(key[0], *key[2:])][key] = n_agents(rows)
    hidden = set()
    for view, cells in views.items():
        tenant, totals = view[0][0], collections.defaultdict(set)
        for key in cells:
            for total_place in {("tenant", "*")} | parents[(tenant, key[1])]:
                totals[total_place].add(key)
        gone = {key for key, n in cells.items() if n < k}
        while True:
            more = set()
            for keys in totals.values():
                if len(keys & gone) == 1 and keys - gone:
                    more.add(min((cells[key], key) for key in keys - gone)[1])
            if not more:
                break
            gone |= more
        hidden |= gone
    return hidden
