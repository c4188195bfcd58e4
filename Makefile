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
# So that Python finds its own environment in a folder with other letters, whatever the locale.
export LC_ALL = C.UTF-8

SCENARIOS ?= replication hindsight low high
# Yes or no: another word would be taken for one of the two.
$(foreach name,EXPLAIN CODE SOLUTIONS AGAIN,$(if $(filter-out 0 1,$(value $(name))),\
  $(error $(name)=$(value $(name)): allowed are 1 (yes), 0 (no) and nothing)))
# Handed to the recipes as variables of the shell: what stands in them is text and no command.
override SCENARIO := $(value SCENARIO)
override SCENARIOS := $(value SCENARIOS)
override KERNEL := $(value KERNEL)
override RELEASE := $(value RELEASE)
override CHAPTER := $(value CHAPTER)
override NOTEBOOK := $(value NOTEBOOK)
override NAME := $(value NAME)
override TITLE := $(value TITLE)
override SAMPLE := $(or $(value SAMPLE),400)
override SEED := $(or $(value SEED),1)
override REPEATS := $(or $(value REPEATS),5)
export SCENARIO SCENARIOS KERNEL RELEASE CHAPTER NOTEBOOK NAME TITLE REPEATS SAMPLE SEED

.PHONY: help book pdf test check compare diff verify certify describe crate bench new-chapter only-chapter tutorials test-long coverage mutation licences audit coursework grade environment lock clean

help:            ## List the commands.
	@grep -hE '^[a-z-]+: .*##|^[a-z-]+: +##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

book: environment ## Check, run, render into _build/<scenario>/html. SCENARIO=replication EXPLAIN=1 KERNEL=fresh SOLUTIONS=0
	@$(RUN) scripts/build_book.py --scenario "$$SCENARIO" --kernel "$$KERNEL" $(if $(filter 1,$(EXPLAIN)),--explain) $(if $(filter 0,$(SOLUTIONS)),--no-solutions)

pdf: book ## Print that book to _build/pdf/<scenario>.pdf (needs Chromium). SCENARIO=replication CODE=1
	@$(RUN) scripts/print_book.py --scenario "$$SCENARIO" $(if $(filter 1,$(CODE)),--code)

test: environment ## Lint and run the tests, but for those that take minutes.
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pytest

test-long: environment ## Repeat, interrupt and disturb whole builds; try models at length (half an hour). LEFT_OUT="limits sweep"
	$(RUN) -m pytest -m long $(patsubst %,--ignore=tests/test_%.py,$(LEFT_OUT))

tutorials: environment ## Follow the pages of "Make it yours" in copies of the checkout (minutes).
	$(RUN) -m pytest -m pages tests/test_tutorials.py

# Each process leaves a file of its own, also a kernel; what is below `fail_under` fails.
coverage: environment ## Run the tests of `make test` and list the lines and branches of src/ that none of them runs.
	$(RUN) -m coverage erase
	$(RUN) -m coverage run -m pytest
	$(RUN) -m coverage combine --quiet
	$(RUN) -m coverage report

# Cosmic Ray stays out of .venv, which it would burden with a dozen packages.
mutation: environment ## Try mutants of models and validators against their tests (an hour or more). SAMPLE=400 SEED=1 AGAIN=1
	@test tests/mutation.lock -ot _build/mutation/tool/ready || { rm -rf _build/mutation/tool && \
	  $(RUN) -m pip install --quiet --require-hashes --no-deps --target _build/mutation/tool -r tests/mutation.lock && \
	  touch _build/mutation/tool/ready; }
	@nice -n 15 $(RUN) tests/mutation.py --sample "$$SAMPLE" --seed "$$SEED" $(if $(filter 1,$(AGAIN)),--again)

check: environment ## Check tables, scenarios, and the prose against the numbers.
	$(RUN) scripts/check.py

compare: environment ## Set scenarios side by side. SCENARIOS="replication hindsight low high"
	set -f; $(RUN) scripts/compare.py -- $$SCENARIOS

diff: environment ## Say which numbers have moved since the results were certified, and why.
	$(RUN) scripts/estimates.py

# Not made anew where it is there: what is installed is part of what is verified.
verify: $(if $(wildcard .venv/ready),,environment) ## Build twice from nothing and compare with results/; report in verify-report/.
	@$(RUN) scripts/verify.py

certify: environment ## Build from nothing and put what came out into results/. RELEASE=0.2.0
	@$(RUN) scripts/certify.py $(if $(RELEASE),--release "$$RELEASE")

describe: environment ## Write codecheck.yml and docs/REPLICATION.md anew.
	@$(RUN) scripts/describe.py

licences: environment ## Write docs/LICENCES.md anew: licences of the lock, and of what the book bundles.
	@$(RUN) scripts/licences.py

audit: environment ## Ask which packages of the lock have a known vulnerability (needs a network).
	@$(RUN) scripts/audit.py

crate: book ## Pack data, code, runs and results into _build/<scenario>/crate, an RO-Crate. SCENARIO=replication
	@$(RUN) scripts/crate.py --scenario "$$SCENARIO"

new-chapter: environment ## Write a chapter from the template. NAME=sanctions TITLE="Sanctions: who is listed"
	@$(RUN) scripts/new_chapter.py -- "$$NAME" "$$TITLE"
	@echo "now the papers for reviewers, which name every chapter:"
	@$(RUN) scripts/describe.py

only-chapter: environment ## Leave one chapter in the book, for another pair of countries. NAME=pair
	@$(RUN) scripts/new_chapter.py --only -- "$$NAME"

bench: environment ## Time the compendium against stock tools (hours). REPEATS=5
	$(RUN) benchmarks/bench.py --repeats "$$REPEATS"

coursework: environment ## Write a chapter's exercises for a course, and their key. CHAPTER=arms_trade SCENARIO=replication
	@$(RUN) scripts/coursework.py --chapter "$$CHAPTER" --scenario "$$SCENARIO"

grade: environment ## Run a filled copy of the exercises and tell what is right. NOTEBOOK=answers.ipynb
	@$(RUN) scripts/coursework.py --grade "$$NOTEBOOK"

environment:     ## Make .venv from requirements.lock, or bring it up to date.
	@$(PYTHON) scripts/environment.py

lock: environment ## Write requirements.lock anew from pyproject.toml.
	$(RUN) -m uv pip compile pyproject.toml --group test --group setup --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --quiet \
	  --custom-compile-command "make lock" --output-file requirements.lock
	$(RUN) -m uv pip compile --group mutation --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --quiet \
	  --custom-compile-command "make lock" --output-file tests/mutation.lock

clean:           ## Remove what was built; the environment stays.
	@$(PYTHON) scripts/clean.py
