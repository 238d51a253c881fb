"""Computes the derived numbers of a demo a second time, by other means, and holds them against what the program prints.

Usage: check_numbers.py PROGRAM DEMO_FOLDER        (plain Python; see requirements.txt for its neighbours)

It reads the published payload, forms, scopes and agent-days, the roster, the interactions and the settings of the demo, and
computes every number from its definition. Nothing of the program's own sums is used, but two things that are searched for and not
computed: the variances of the leniency model are taken as published and tested for being the likeliest, and the state of a day
(open, settling, closed) is only asked to be one that its run could see.

Then every compared table is broken on purpose, a value or a row at a time: a check that would not notice fails too.
Exit code 0 when all agree, 1 with the first differences of each topic, 2 when it cannot be run.
"""

import collections
import csv
import datetime
import gzip
import hashlib
import json
import math
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
import zoneinfo

csv.field_size_limit(2**31 - 1)
Z = 1.959963984540054
DAY = datetime.timedelta(days=1)
COHORT = ["tenant", "platform", "form_id", "scored_by", "form_version_id", "content_hash"]
SCOPE = ["scope_kind", "scope_id"]
FORM = ["tenant", "platform", "form_id", "scored_by"]
NO_NUMBER = object()


# Small mathematics, all of it from textbooks.


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


KNOWN_T = {}


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


# What is compared, and how a difference is told.


class Check:
    """Collects comparisons, topic by topic."""

    def __init__(self):
        self.n, self.problems, self.tables = collections.Counter(), collections.defaultdict(list), []

    def equal(self, seen, expected, tolerance):
        numbers = isinstance(seen, (int, float)) and isinstance(expected, (int, float)) and not isinstance(expected, bool)
        if numbers:
            return abs(seen - expected) <= tolerance * max(1.0, abs(expected))
        return seen == expected

    def differences(self, key, columns, tolerance, expected, seen):
        """The differences of two lists of rows, and how many values were compared."""
        found, n = [], 0
        of_seen, of_expected = ({tuple(row[name] for name in key): row for row in rows} for rows in (seen, expected))
        if len(of_seen) != len(seen):
            found.append(f"{len(seen) - len(of_seen)} keys come twice")
        for odd in sorted(of_seen.keys() ^ of_expected.keys(), key=repr):
            found.append(f"{odd}: {'only the program has it' if odd in of_seen else 'the program lacks it'}")
        for one in of_seen.keys() & of_expected.keys():
            for column in columns:
                mine = of_expected[one][column]
                if mine is NO_NUMBER:
                    continue
                n += 1
                if not self.equal(of_seen[one][column], mine, tolerance):
                    found.append(f"{one} `{column}`: the program says {of_seen[one][column]!r}, recomputed {mine!r}")
        return found, n

    def table(self, topic, key, columns, tolerance, expected, seen):
        found, n = self.differences(key, columns, tolerance, expected, seen)
        self.n[topic] += n
        self.problems[topic] += found
        self.tables.append((topic, key, columns, tolerance, expected, seen))

    def fact(self, topic, is_so, words):
        self.n[topic] += 1
        if not is_so:
            self.problems[topic].append(words)

    def notices(self):
        """Breaks every table in every column, and asks whether that is seen."""
        n = 0
        for topic, key, columns, tolerance, expected, seen in self.tables:
            if self.problems[topic]:
                continue
            broken = [("a row is missing", seen[1:])] if seen else []
            mine = {tuple(row[name] for name in key): row for row in expected}
            for column in columns:
                broken_null = False
                for place, row in enumerate(seen):
                    of_mine = mine.get(tuple(row[name] for name in key), {}).get(column, NO_NUMBER)
                    value = row[column]
                    if of_mine is NO_NUMBER or value is None and broken_null:
                        continue
                    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
                    other = value + 20 * max(tolerance, 1e-9) * max(1.0, abs(value)) if is_number else (None if value is not None else 1)
                    broken.append((f"`{column}` is {other!r}", seen[:place] + [{**row, column: other}] + seen[place + 1 :]))
                    broken_null = True
                    if value is not None:
                        break
            clean = len(self.differences(key, columns, tolerance, expected, seen)[0])
            for words, rows in broken:
                n += 1
                if len(self.differences(key, columns, tolerance, expected, rows)[0]) <= clean:
                    self.problems[topic].append(f"the check does not notice that {words}")
        return n


# What was published.


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


def hidden_cells(cells, k):
    """Of the cells of one total, each with its number of agents: those that must not be seen."""
    hidden = {key for key, n in cells.items() if 0 < n < k}
    others = sorted((n, key) for key, n in cells.items() if k <= n)
    return hidden | {others[0][1]} if len(hidden) == 1 and others else hidden


def n_agents(rows):
    return len({row["agent_id"] for row in rows})


def hidden_teams(groups, k):
    """Keys of the groups of teams that are hidden; a total is that of a cohort, or of a cohort's week."""
    totals = collections.defaultdict(dict)
    for key, rows in groups.items():
        if key[1][0] == "team":
            totals[(key[0], *key[2:])][key] = n_agents(rows)
    return {key for cells in totals.values() for key in hidden_cells(cells, k)}


# The topics.


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
    hidden_weeks, hidden_lives = hidden_teams(weeks, k), hidden_teams(lives, k)
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


PARTS = ["performance", "reweighting", "removed", "added", "na_mix"]


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
    columns = ["pool_mean", "score", "low", "high", "reliability", "rank", "rank_low", "rank_high", "within_variance", "p", "p_adjusted", "named"]
    found = {agent: dict.fromkeys(columns) | {"n": n[agent], "mean": mean[agent], "reason": None, "rank_reason": None} for agent in by_agent}
    degrees = sum(n.values()) - k
    s2 = total((row["normalized_score"] - mean[agent]) ** 2 for agent, rows in by_agent.items() for row in rows) / degrees if degrees else None
    reason = "n_too_small" if k < 3 or not degrees else "no_within_variance" if compared(s2) <= 0 else None
    if k >= 2 and degrees and compared(s2) > 0:
        pool = total(n[agent] * mean[agent] for agent in n) / sum(n.values())
        p = [normal_p((mean[agent] - pool) / math.sqrt(s2 / n[agent])) for agent in n]
        for agent, one, adjusted in zip(n, p, benjamini_hochberg(p)):
            is_named = compared(adjusted) <= demo.setting("false_discovery_rate", 0.05) and compared(abs(mean[agent] - pool)) >= demo.setting("least_effect", 2.0)
            found[agent] |= {"pool_mean": pool, "p": one, "p_adjusted": adjusted, "named": is_named}
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
        row |= {"score": eb[agent], "low": eb[agent] - reach, "high": eb[agent] + reach, "reliability": b[agent], "within_variance": s2}
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
                effect = row["mean"] - row["pool_mean"]
                alarms.append(key | {"test": "agent_score", "subject": agent, "value": row["mean"], "expected": row["pool_mean"], "effect": effect, "p": row["p"], "p_adjusted": row["p_adjusted"]})
        if len(by_agent) < 2:
            continue
        counts = {agent: (sum(row["failed_critical"] for row in some), len(some)) for agent, some in by_agent.items()}
        rate = sum(x for x, _ in counts.values()) / len(of)
        p = [binomial_p(x, n, rate) for x, n in counts.values()]
        for (agent, (x, n)), one, adjusted in zip(counts.items(), p, benjamini_hochberg(p)):
            if compared(adjusted) <= demo.setting("false_discovery_rate", 0.05) and compared(abs(x / n - rate)) >= demo.setting("least_rate_effect", 0.02):
                alarms.append(key | {"test": "agent_rate", "subject": agent, "value": x / n, "expected": rate, "effect": x / n - rate, "p": one, "p_adjusted": adjusted})


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


def main(arguments):
    if len(arguments) != 2 or not pathlib.Path(arguments[1], "scorelake.toml").is_file():
        print(__doc__, file=sys.stderr)
        return 2
    check, demo = Check(), Demo(*arguments)
    said = demo.said("trends") | demo.said("agents") | demo.said("evaluators") | demo.said("alarms")
    check_measures(check, demo)
    shown, lives = check_trends(check, demo, said)
    check_agents(check, demo, said, check_evaluators(check, demo, said))
    check_alarms(check, demo, said, shown, lives)
    check_agent_days(check, demo)
    check_calabrio(check, demo)
    check_report(check, demo, said)
    check_join(check, demo)
    tolerances = collections.defaultdict(set)
    for topic, _, _, tolerance, _, _ in check.tables:
        tolerances[topic].add(tolerance)
    n_broken = check.notices()
    for topic, n in check.n.items():
        tolerance = f", to {max(tolerances[topic]):g}" if any(tolerances[topic]) else ""
        print(f"{topic}: {n} compared{tolerance}, {len(check.problems[topic]) or 'none'} differ", file=sys.stderr)
        for line in check.problems[topic][:5]:
            print(f"{topic}: {line}")
    print(f"{sum(check.n.values())} numbers recomputed; {n_broken} broken ones noticed", file=sys.stderr)
    return 1 if any(check.problems.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
