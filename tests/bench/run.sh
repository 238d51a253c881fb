#!/bin/sh
# Builds the release program, compares it with the extraction guide's own script, and measures what derived numbers cost; see
# docs/benchmarks.md. What is added on the command line goes to the comparison.
set -eu
cd "$(dirname "$0")/../.."
. tests/places.sh

python=$target/bench/bin/python
if ! "$python" -c 'import requests' 2>/dev/null; then
    rm -rf "$target/bench"
    python3 -m venv "$target/bench" || { echo "tests/bench/run.sh: cannot make a Python environment" >&2; exit 1; }
    "$python" -m pip install --quiet --disable-pip-version-check requests==2.34.2 ||
        { echo "tests/bench/run.sh: pip cannot install requests" >&2; exit 1; }
fi
cargo build --release -p scorelake
"$python" tests/bench/bench.py "$target/release/scorelake" "$@"
exec "$python" tests/bench/analytics.py "$target/release/scorelake"
