# Two commands: `make book` and `make test`. Each makes the environment first if it must.
SCENARIO ?= replication
# How the processes of the notebooks start: warm or fresh.
KERNEL ?= warm
PYTHON ?= python3
RUN = .venv/bin/python
# One thread a process: small fits are quicker and their timing even.
export OPENBLAS_NUM_THREADS = 1
export OMP_NUM_THREADS = 1
export MKL_NUM_THREADS = 1

SCENARIOS ?= replication hindsight low high
# Handed to the recipes as variables of the shell: what stands in them is text and no command.
override SCENARIO := $(value SCENARIO)
override SCENARIOS := $(value SCENARIOS)
override KERNEL := $(value KERNEL)
override RELEASE := $(value RELEASE)
override REPEATS := $(or $(value REPEATS),5)
export SCENARIO SCENARIOS KERNEL RELEASE REPEATS

.PHONY: help book pdf test check compare diff record bench environment lock clean

help:            ## List the commands.
	@grep -hE '^[a-z]+: .*##|^[a-z]+: +##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

book: environment ## Check, run, render into _build/<scenario>/html. SCENARIO=replication EXPLAIN=1 KERNEL=fresh
	@$(RUN) scripts/build_book.py --scenario "$$SCENARIO" --kernel "$$KERNEL" $(if $(EXPLAIN),--explain)

pdf: book ## Print that book to _build/pdf/<scenario>.pdf (needs Chromium). SCENARIO=replication CODE=1
	@$(RUN) scripts/print_book.py --scenario "$$SCENARIO" $(if $(CODE),--code)

test: environment ## Lint and run all tests.
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pytest

check: environment ## Check tables, scenarios, and the prose against the numbers.
	$(RUN) scripts/check.py

compare: environment ## Set scenarios side by side. SCENARIOS="replication hindsight low high"
	set -f; $(RUN) scripts/compare.py -- $$SCENARIOS

diff: environment ## Say which numbers have moved since the last record, and why.
	$(RUN) scripts/estimates.py

record: environment ## Record the numbers of a release. RELEASE=0.2.0
	$(RUN) scripts/estimates.py --record "$$RELEASE"

bench: environment ## Time the compendium against stock tools (hours). REPEATS=5
	$(RUN) benchmarks/bench.py --repeats "$$REPEATS"

environment:     ## Make .venv from requirements.lock, or bring it up to date.
	@$(PYTHON) scripts/environment.py

lock: environment ## Write requirements.lock anew from pyproject.toml.
	$(RUN) -m uv pip compile pyproject.toml --group test --group setup --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --quiet \
	  --custom-compile-command "make lock" --output-file requirements.lock

clean:           ## Remove what was built; the environment stays.
	rm -rf _build
