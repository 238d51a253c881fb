"""Writes one topic of expected values as JSON, a case a line. It computes nothing.

The file holds what made it and in which version; numbers keep every digit that a double has.
"""

import json
import platform
import sys
from importlib import metadata
from pathlib import Path


def versions(*packages):
    """The versions that the values were computed with."""
    return ", ".join([f"{name} {metadata.version(name)}" for name in packages] + [f"Python {platform.python_version()}"])


def write(topic, tool, version, made_by, cases):
    """Writes `<topic>.json` into the folder named on the command line."""
    head = {"tool": tool, "version": version, "made_by": f"tests/reference/{made_by}"}
    lines = [json.dumps(one, separators=(",", ":"), allow_nan=False) for one in cases]
    text = json.dumps(head)[:-1] + ', "cases": [\n' + ",\n".join(lines) + "\n]}\n"
    (Path(sys.argv[1]) / f"{topic}.json").write_text(text, encoding="utf-8")


def case(name, given, expected):
    return {"name": name, "input": given, "expected": expected}
