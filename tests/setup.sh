#!/bin/sh
# Installs what the tests need beside Rust: a C compiler, PostgreSQL, Chromium, and Python with the readers' packages.
# What is there already is left alone; what cannot be installed is named, and the script fails.
set -eu
cd "$(dirname "$0")/.."
. tests/places.sh

fail() {
    echo "tests/setup.sh: $*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        # CI has nobody who could type a password.
        sudo ${CI:+-n} "$@"
    else
        fail "neither root nor sudo; as root: $*"
    fi
}

# The tests start servers of their own; the one that Debian may start on its port is not used.
has_postgres() {
    for program in /usr/lib/postgresql/*/bin/initdb; do
        [ -x "$program" ] && return 0
    done
    return 1
}

packages=
command -v cc >/dev/null || packages="$packages gcc libc6-dev"
has_postgres || packages="$packages postgresql"
command -v chromium >/dev/null || packages="$packages chromium fonts-dejavu-core"
python3 -c 'import ensurepip, venv' 2>/dev/null || packages="$packages python3-venv"
if [ -n "$packages" ]; then
    command -v apt-get >/dev/null || fail "missing:$packages (Debian's names), and no apt-get to install them"
    echo "tests/setup.sh: installing$packages" >&2
    as_root apt-get update -q || fail "apt-get update"
    # shellcheck disable=SC2086 # a word a package
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends $packages ||
        fail "cannot install$packages"
    has_postgres || fail "no /usr/lib/postgresql/*/bin/initdb after installing postgresql"
fi

# Whoever reads what is published, and whoever opens the report.
wanted="tests/readers/requirements.txt tests/page/requirements.txt"
# shellcheck disable=SC2086 # a word a file
pins=$(cat $wanted)
if [ "$pins" != "$(cat "$readers/installed.txt" 2>/dev/null)" ] || ! "$readers/bin/python" -c 'import duckdb, pyarrow, playwright'; then
    echo "tests/setup.sh: installing" $pins "into $readers" >&2
    rm -rf "$readers"
    python3 -m venv "$readers" || fail "cannot make a Python environment in $readers"
    # shellcheck disable=SC2086
    "$readers/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: $pins || fail "pip cannot install" $pins
    printf '%s\n' "$pins" >"$readers/installed.txt"
fi
