#!/bin/sh
# Makes reports of a made-up centre with the program that `cargo test --workspace` has built, and opens them in Chromium.
# Run `tests/setup.sh` first. Arguments are passed on: `--report FILE` opens one more report, `--shots FOLDER` keeps screenshots.
set -eu
cd "$(dirname "$0")/../.."
. tests/places.sh

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

echo "     Running reports in Chromium"
for kind in small withheld empty year; do
    "$target/debug/examples/sample" "$kind" "$folder/$kind.html" || { echo "tests/page/run.sh: no report \`$kind\`" >&2; exit 1; }
done
"$readers/bin/python" tests/page/check_page.py "$folder/small.html" "$folder/withheld.html" "$folder/empty.html" --year "$folder/year.html" "$@"
