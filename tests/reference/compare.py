"""Holds expected values that were just computed against the recorded ones.

Usage: compare.py RECORDED COMPUTED        (two folders of topics)

Numbers agree to 1e-12 of their size, values found by an optimizer to 1e-6; all else is exact. Other versions of the tools are named
and no reason to fail. Exit code 0 when all agree, 1 with a line for each difference.
"""

import json
import sys
from pathlib import Path

TOLERANCE = {"leniency": 1e-6, "passrate": 1e-6}
# What arithmetic leaves of a number that is 0, for scores up to 100.
ZERO = 1e-12


def differences(where, recorded, computed, tolerance):
    if isinstance(recorded, dict) and isinstance(computed, dict):
        for name in sorted(recorded.keys() | computed.keys()):
            if name not in recorded or name not in computed:
                yield f"{where}: `{name}` is only in the {'recorded' if name in recorded else 'computed'} values"
            else:
                yield from differences(f"{where} {name}", recorded[name], computed[name], tolerance)
    elif isinstance(recorded, list) and isinstance(computed, list):
        if len(recorded) != len(computed):
            yield f"{where}: {len(recorded)} recorded, {len(computed)} computed"
        for place, (one, other) in enumerate(zip(recorded, computed)):
            yield from differences(f"{where}[{place}]", one, other, tolerance)
    elif is_number(recorded) and is_number(computed):
        if abs(recorded - computed) > max(ZERO, tolerance * max(abs(recorded), abs(computed))):
            yield f"{where}: {recorded!r} recorded, {computed!r} computed"
    elif recorded != computed:
        yield f"{where}: {recorded!r} recorded, {computed!r} computed"


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def main(recorded_folder, computed_folder):
    recorded = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in Path(recorded_folder).glob("*.json")}
    computed = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in Path(computed_folder).glob("*.json")}
    problems = [f"{name}: only in one of the two folders" for name in sorted(recorded.keys() ^ computed.keys())]
    for name in sorted(recorded.keys() & computed.keys()):
        old, new = recorded[name], computed[name]
        if old["version"] != new["version"]:
            print(f"{name}: recorded with {old['version']}, computed with {new['version']}", file=sys.stderr)
        tolerance = TOLERANCE.get(name.removesuffix(".json"), 1e-12)
        names = [case["name"] for case in old["cases"]], [case["name"] for case in new["cases"]]
        if names[0] != names[1] or (old["tool"], old["made_by"]) != (new["tool"], new["made_by"]):
            problems.append(f"{name}: other cases or another tool than recorded")
            continue
        for one, other in zip(old["cases"], new["cases"]):
            problems.extend(differences(f"{name} `{one['name']}`", one, other, tolerance))
    for line in problems:
        print(line)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
