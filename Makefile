# What a person types here. Every target says what it lacks and fails; none is skipped in silence.
# Cargo's own variables are honoured, CARGO_TARGET_DIR first of all.

CARGO ?= cargo
# On CI the lock file is taken as it is committed.
LOCKED := $(if $(CI),--locked)

.DEFAULT_GOAL := help
.PHONY: help build demo test reference lint deny bench clean

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

build: compiler ## The program, with debug information
	$(CARGO) build $(LOCKED) -p scorelake

# Without optimisation: the demo then takes half a minute, but what a newcomer waits for is the compiler, and optimising every
# dependency costs more than that.
demo: compiler ## Both platforms simulated, synced, published and reconciled into ./scorelake-demo; no account needed
	$(CARGO) run $(LOCKED) -p scorelake -- demo

# One command builds all with one feature set; the readers then look at what that very program writes.
test: ## Installs what the tests need, runs them all, lets other programs read what is published, and opens the report
	@tests/setup.sh
	$(CARGO) test $(LOCKED) --workspace --no-fail-fast
	@tests/readers.sh

reference: ## Computes the expected values of every statistic anew with R and Python, and says which differ from those recorded
	tests/reference/run.sh --check

lint: ## Format, clippy without a warning, the rules of the house
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(LOCKED) --workspace --all-targets -- -D warnings
	$(CARGO) xtask tidy

deny: ## Licences, advisories, duplicate versions and sources of the dependencies
	@$(CARGO) deny --version >/dev/null 2>&1 || { echo 'make deny: cargo-deny is missing: cargo install --locked cargo-deny' >&2; exit 1; }
	$(CARGO) deny check

bench: ## The figures of docs/benchmarks.md
	@test -x tests/bench/run.sh || { echo 'make bench: tests/bench/run.sh is missing' >&2; exit 1; }
	tests/bench/run.sh

clean: ## Removes what was built, and the demo
	$(CARGO) clean
	rm -rf scorelake-demo

# SQLite, zstd and the cryptography are built from C, and Rust links with the same program.
.PHONY: compiler
compiler:
	@command -v cc >/dev/null || { echo 'make: no C compiler `cc`: apt-get install gcc libc6-dev' >&2; exit 1; }
