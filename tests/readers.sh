#!/bin/sh
# Runs the demo with the program that `cargo test --workspace` has built, and lets pyarrow, DuckDB and Python's own modules
# read what it publishes, compute its numbers a second time, and Chromium open its report. Run `tests/setup.sh` first.
set -eu
cd "$(dirname "$0")/.."
. tests/places.sh

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

echo "     Running demo into a fresh folder, for other readers"
if ! "$target/debug/scorelake" demo --dir "$folder/demo" >"$folder/said" 2>&1; then
    cat "$folder/said" >&2
    echo "tests/readers.sh: the demo failed" >&2
    exit 1
fi
"$readers/bin/python" tests/readers/check_readers.py "$folder/demo/out"
"$readers/bin/python" tests/readers/check_numbers.py "$target/debug/scorelake" "$folder/demo"
tests/page/run.sh --report "$folder/demo/report.html"
