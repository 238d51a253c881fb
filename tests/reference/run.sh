#!/bin/sh
# Computes the expected values of every statistic with other people's programs: R (survey, metafor, lme4) and Python (scipy,
# statsmodels, ruptures, zoneinfo, fractions). Without an argument it records them in crates/insight/tests/reference; with
# `--check` it only compares, and fails with a line for each difference. What is missing is named, and the script fails.
set -eu
cd "$(dirname "$0")/../.."
. tests/places.sh

recorded=crates/insight/tests/reference
fail() {
    echo "tests/reference/run.sh: $*" >&2
    exit 1
}
case "${1-}" in
'' | --check) ;;
*) fail "\`$1\` is not \`--check\`" ;;
esac

command -v Rscript >/dev/null || fail "R is missing; Debian: apt-get install r-base-core r-cran-jsonlite r-cran-survey r-cran-metafor r-cran-lme4"
for package in jsonlite survey metafor lme4; do
    Rscript --vanilla -e "quit(status = !requireNamespace('$package', quietly = TRUE))" >/dev/null 2>&1 ||
        fail "the R package $package is missing; Debian: apt-get install r-cran-$package"
done

python=$target/reference/bin/python
wanted=tests/reference/requirements.txt
if ! cmp -s "$wanted" "$target/reference/installed.txt" || ! "$python" -c 'import ruptures, scipy, statsmodels, tzdata'; then
    echo "tests/reference/run.sh: installing" $(cat "$wanted") "into $target/reference" >&2
    rm -rf "$target/reference"
    python3 -m venv "$target/reference" || fail "cannot make a Python environment in $target/reference; Debian: apt-get install python3-venv"
    "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: -r "$wanted" || fail "pip cannot install" $(cat "$wanted")
    cp "$wanted" "$target/reference/installed.txt"
fi

computed=$(mktemp -d)
trap 'rm -rf "$computed"' EXIT
for script in clustered shrinkage leniency; do
    Rscript --vanilla "tests/reference/$script.R" "$computed" || fail "$script.R failed"
done
for script in interval passrate many trend breakpoint control equating split business_date; do
    PYTHONDONTWRITEBYTECODE=1 "$python" "tests/reference/$script.py" "$computed" || fail "$script.py failed"
done

if [ "${1-}" = --check ]; then
    "$python" tests/reference/compare.py "$recorded" "$computed" || fail "the recorded values in $recorded are not those computed"
    echo "$(ls "$computed" | wc -l) topics agree with what is recorded"
else
    mkdir -p "$recorded"
    cp "$computed"/*.json "$recorded"
fi
