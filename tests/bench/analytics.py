#!/usr/bin/env python3
"""Measures what derived numbers cost: a year of a simulated Genesys, read once, then every command over it.

usage: analytics.py SCORELAKE_BINARY [--sizes 20000,100000] [--agents 500] [--runs N] [--keep FOLDER] [--browser PROGRAM]

Printed for each size, the median of the runs: CPU seconds (user + system of the whole process), wall seconds, peak
resident memory. Needs Python 3.9 alone. Figures are for comparison within one run, not between machines.

The simulator has an agent for every 40 assessments. Where that gives more agents than asked for, agents of one division
who stand side by side in the roster become one, evaluators of one division likewise, in the store and in the two files.
With --keep the stores stay, and are not read again; with --browser the report is opened by that program without a window.
"""
import argparse
import csv
import io
import os
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

NOW = "2025-01-01T00:00:00.000Z"
DAYS = 365
TEAM_SIZE = 8
# Everything that is made of assessments.
DERIVED = ["assessment_measure", "assessment_scope", "agent_day", "agent_day_event", "agent_day_touched", "measure_due"]


def measured(command, folder, spoil=None):
    """Runs a command, after spoiling the store for it; gives (cpu seconds, wall seconds, peak memory in MiB)."""
    if spoil:
        with sqlite3.connect(folder / "store.db") as store:
            store.executescript(spoil)
        store.close()
    env = dict(os.environ, BENCH_SECRET="demo-secret", SCORELAKE_NOW=NOW)
    started = time.monotonic()
    with open(folder / "stdout", "wb") as out:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=out, stderr=subprocess.PIPE)
        words = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {code}: {words.decode()[-2000:]}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def scorelake(binary, *words):
    return [binary, "--config", "scorelake.toml", *words]


def configure(folder, base_url):
    (folder / "scorelake.toml").write_text(
        f"""store = "sqlite:store.db"
[analytics]
roster = "roster.csv"
[[tenant]]
name = "bench"
platform = "genesys"
base_url = "{base_url}"
client_id = "demo-client"
client_secret = {{ env = "BENCH_SECRET" }}
start = "2024-01-01"
timezone = "Europe/Berlin"
requests_per_minute = 1000000
""",
        encoding="utf-8",
    )


def download(url):
    with urllib.request.urlopen(url) as answer:
        return list(csv.DictReader(io.StringIO(answer.read().decode("utf-8"))))


def write_csv(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def together(ids_of_division, n_together):
    """Each id with the one that it becomes."""
    become = {}
    for ids in ids_of_division.values():
        for place, one in enumerate(ids):
            become[one] = ids[place - place % n_together]
    return become


def gathered(roster, n_agents):
    """The roster of about so many agents, and who of the others became whom."""
    of_division = {}
    for person in roster:
        of_division.setdefault(person["team_id"].rsplit(" ", 1)[0], []).append(person["agent_id"])
    become = together(of_division, max(1, round(len(roster) / n_agents)))
    left = [person for person in roster if become[person["agent_id"]] == person["agent_id"]]
    places = {}
    for person in left:
        division = person["team_id"].rsplit(" ", 1)[0]
        place = places[division] = places.get(division, -1) + 1
        person["team_id"] = f"{division} {1 + place // TEAM_SIZE}"
    return left, become


def gather_in_store(path, become, n_together):
    with sqlite3.connect(path) as store:
        sql = "SELECT evaluator_id, scope_ids, COUNT(*) FROM assessment GROUP BY 1, 2 ORDER BY 1, 3"
        home = {evaluator: scopes for evaluator, scopes, _ in store.execute(sql) if evaluator}
        of_division = {}
        for evaluator, scopes in home.items():
            of_division.setdefault(scopes, []).append(evaluator)
        of_evaluator = together(of_division, n_together)
        store.create_function("who", 1, lambda one: become.get(one, one))
        store.create_function("whose", 1, lambda one: of_evaluator.get(one, one))
        store.execute("UPDATE assessment SET agent_id = who(agent_id), evaluator_id = whose(evaluator_id)")
    store.close()


def simulator(binary, n_assessments):
    command = [binary, "simulate", "--scale", str(n_assessments / 3000), "--seed", "1", "--days", str(DAYS)]
    env = dict(os.environ, SCORELAKE_NOW=NOW)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)
    line = process.stdout.readline().split()
    if line[:2] != ["#", "genesys"]:
        sys.exit(f"the simulator did not say where it is: {line}")
    return process, line[2]


def make_store(binary, folder, n_assessments, n_agents):
    process, url = simulator(binary, n_assessments)
    try:
        configure(folder, url)
        roster, become = gathered(download(f"{url}/_sim/roster.csv?tenant=bench"), n_agents)
        interactions = download(f"{url}/_sim/interactions.csv")
        for row in interactions:
            row["agent_id"] = become.get(row["agent_id"], row["agent_id"])
        write_csv(folder / "roster.csv", roster)
        write_csv(folder / "interactions.csv", interactions)
        measured(scorelake(binary, "sync", "--no-progress"), folder)
    finally:
        process.terminate()
        process.wait()
    if len(become) != len(roster):
        gather_in_store(folder / "store.db", become, round(len(become) / len(roster)))
    (folder / "made").touch()


def in_child(work):
    """Does it in a process of its own: what this one has ever held is counted as memory of the programs it starts."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        sys.exit("no store was made")


def counts(folder):
    with sqlite3.connect(folder / "store.db") as store:
        sql = """SELECT COUNT(*), COUNT(DISTINCT agent_id), COUNT(DISTINCT evaluator_id), COUNT(DISTINCT form_version_id)
            FROM assessment_measure WHERE left_out IS NULL"""
        found = store.execute(sql).fetchone()
    store.close()
    return found


def lines(binary):
    anew = "".join(f"DELETE FROM {table};" for table in DERIVED) + "UPDATE meta SET value = 0 WHERE name = 'measured_seq';"
    # As if one in a hundred had been edited since.
    edited = """INSERT OR IGNORE INTO measure_due SELECT tenant, assessment_id FROM assessment WHERE rowid % 100 = 0;
        UPDATE assessment_measure SET normalized_score = normalized_score / 2 WHERE (tenant, assessment_id) IN (
            SELECT tenant, assessment_id FROM assessment WHERE rowid % 100 = 0);"""
    stated = "DELETE FROM agent_day; DELETE FROM agent_day_event;"
    stated += """INSERT OR IGNORE INTO agent_day_touched SELECT tenant, platform, agent_id, business_date, form_version_id, content_hash,
        scored_by FROM assessment_measure WHERE left_out IS NULL;"""
    agent_days = ["export", "agent-day", "--out", "agent-day", "--purpose", "benchmark"]
    return [
        ("measuring everything, then `evaluators`", anew, ["evaluators"]),
        ("measuring one in a hundred, then `evaluators`", edited, ["evaluators"]),
        ("stating every agent-day, then `export` of them", stated, agent_days),
        ("`export` of agent-days, nothing new", None, agent_days),
        ("`trends`", None, ["trends", "--format", "json"]),
        ("`agents`", None, ["agents", "--format", "json"]),
        ("`evaluators`", None, ["evaluators", "--format", "json"]),
        ("`alarms`", None, ["alarms", "--format", "json"]),
        ("`join`", None, ["join", "--interactions", "interactions.csv", "--out", "joined.csv"]),
        ("`report`", None, ["report", "--out", "report.html"]),
        ("`report --agent-level`", None, ["report", "--out", "agents.html", "--agent-level", "benchmark"]),
    ]


def look(binary, folder, arguments):
    for what, spoil, words in lines(binary):
        runs = [measured(scorelake(binary, *words), folder, spoil) for _ in range(arguments.runs)]
        cpu, wall, memory = (statistics.median(run[place] for run in runs) for place in range(3))
        print(f"| {what} | {cpu:.2f} | {wall:.2f} | {memory:.0f} |", flush=True)
    for name in ["report.html", "agents.html"]:
        print(f"\n{name}: {(folder / name).stat().st_size / 1e6:.2f} MB", flush=True)
        if arguments.browser:
            command = [arguments.browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
            empty = min(measured([*command, "about:blank"], folder)[1] for _ in range(3))
            whole = min(measured([*command, (folder / name).resolve().as_uri()], folder)[1] for _ in range(3))
            print(f"opened in {whole - empty:.2f} s more than an empty page ({empty:.2f} s)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=os.path.abspath)
    parser.add_argument("--sizes", default="20000,100000")
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--browser")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for size in arguments.sizes.split(","):
            folder = (arguments.keep or pathlib.Path(scratch)) / size
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / "made").exists():
                in_child(lambda: make_store(arguments.binary, folder, int(size), arguments.agents))
            print(f"\n| {size} assessments | CPU s | wall s | peak MiB |\n| --- | --- | --- | --- |")
            look(arguments.binary, folder, arguments)
            n, agents, evaluators, versions = counts(folder)
            print(f"{n} scored assessments of {agents} agents by {evaluators} evaluators on {versions} form versions")


main()
