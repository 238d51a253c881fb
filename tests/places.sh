# shellcheck shell=sh
# Where cargo builds and where the readers' Python lives, for the scripts beside this one; sourced at the top of the checkout.

target=$(cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
[ -n "$target" ] || { echo "$0: cargo does not say where it builds" >&2; exit 1; }
# Beside what is built, so that a kept target folder keeps it too.
readers=$target/readers
