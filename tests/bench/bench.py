#!/usr/bin/env python3
"""Compares scorelake with the extraction guide's own script over the same simulated Genesys, in one run, in turn.

usage: bench.py SCORELAKE_BINARY [--runs N] [--scales 3,15]

For each scale (times 3000 assessments) both read every submitted assessment of the same three months, and write one
JSON file. Printed: CPU seconds (user + system of the whole process), peak resident memory, records per CPU second; the
median of the runs. Needs Python 3.9 with `requests`. Figures are for comparison within one run, not between machines.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
FROM, TO = "2024-01-01T00:00:00.000Z", "2024-04-01T00:00:00.000Z"


def measured(command, env=None):
    """Runs a command; gives (cpu seconds, peak memory in MiB, wall seconds, its stdout)."""
    reader, writer = os.pipe()
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=writer, stderr=subprocess.DEVNULL, env=env)
    os.close(writer)
    with os.fdopen(reader, "rb") as out:
        text = out.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{command[0]} failed with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, wall, text


def config(folder, base_url, scopes):
    path = os.path.join(folder, "scorelake.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            f"""store = "sqlite:store.db"
[[tenant]]
name = "bench"
platform = "genesys"
base_url = "{base_url}"
client_id = "demo-client"
client_secret = {{ env = "BENCH_SECRET" }}
start = "2024-01-01"
window = "31d"
streams = ["assessments"]
divisions = "{scopes}"
requests_per_minute = 1000000
[[publication]]
name = "payload"
kind = "json"
path = "out/"
"""
        )
    return path


def scorelake(binary, base_url, scopes):
    with tempfile.TemporaryDirectory() as folder:
        path = config(folder, base_url, scopes)
        env = dict(os.environ, BENCH_SECRET="demo-secret", SCORELAKE_NOW=TO)
        command = [binary, "--config", path, "sync", "--format", "json", "--no-progress"]
        cpu, memory, wall, _ = measured(command, env)
        with open(os.path.join(folder, "out", "manifest.json"), encoding="utf-8") as file:
            rows = json.load(file)["files"]["qa_assessments_payload.json"]["rows"]
        again = measured(command, env)
    return rows, cpu, memory, wall, again[0]


def guide(base_url):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "payload.json")
        command = [sys.executable, os.path.join(HERE, "guide_script.py"), base_url, FROM, TO, out]
        cpu, memory, wall, text = measured(command)
    return int(text), cpu, memory, wall


def simulator(binary, scale):
    command = [binary, "simulate", "--scale", str(scale), "--seed", "1", "--days", "91"]
    env = dict(os.environ, SCORELAKE_NOW=TO)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)
    line = process.stdout.readline().split()
    if line[:2] != ["#", "genesys"]:
        sys.exit(f"the simulator did not say where it is: {line}")
    return process, line[2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scales", default="3,15")
    arguments = parser.parse_args()
    print("| records | what | CPU s | wall s | peak MiB | records per CPU s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for scale in arguments.scales.split(","):
        process, url = simulator(arguments.binary, float(scale))
        try:
            rows = {"guide script": [], "scorelake, one listing": [], "scorelake, as configured by default": []}
            for _ in range(arguments.runs):
                rows["guide script"].append(guide(url))
                rows["scorelake, one listing"].append(scorelake(arguments.binary, url, "none"))
                rows["scorelake, as configured by default"].append(scorelake(arguments.binary, url, "all"))
        finally:
            process.terminate()
            process.wait()
        for what, runs in rows.items():
            n = runs[0][0]
            cpu, memory, wall = (statistics.median(run[place] for run in runs) for place in (1, 2, 3))
            print(f"| {n} | {what} | {cpu:.2f} | {wall:.2f} | {memory:.0f} | {n / cpu:.0f} |")
            if len(runs[0]) > 4:
                again = statistics.median(run[4] for run in runs)
                print(f"| {n} | ... the same again, nothing new | {again:.2f} | | | |")


main()
