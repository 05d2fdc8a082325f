# Everything a developer runs. `make help` lists the targets; a second call of a target does only what is new.

PYTHON  ?= python3
VENV    ?= .venv
BIN     := $(VENV)/bin
WORKERS ?= auto
FUZZ    ?= --seconds 240
LOCK    ?=

export PYTHON
INSTALL        = .ci/install $(VENV) constraints.txt
INSTALL_CLIENT = .ci/install $(VENV)-clients constraints-clients.txt
PYTEST         = $(BIN)/python -m pytest -q -n $(WORKERS)
OF_THEIR_OWN   = --ignore tests/clients --ignore tests/browser --ignore tests/faults
UV_LOCK        = $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-annotate \
                 --custom-compile-command "make lock" $(LOCK) pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help run migrate format check audit test test-fast test-e2e test-clients test-browser test-faults fuzz coverage bench lock FORCE

help:  ## list the targets
	@echo "Usage: make TARGET. To try Orderly: make run."
	@awk -F ':.*  ## ' '/^[a-z0-9-]+:.*  ## / { printf "  %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: migrate  ## install, migrate the database, ask for a first administrator, and serve at ORDERLY_PORT (8000)
	@$(BIN)/orderly user bootstrap-admin
	@exec $(BIN)/orderly serve

migrate: $(VENV)/.installed  ## create the database, or migrate it to the newest revision
	@$(BIN)/orderly db upgrade

format: $(VENV)/.developing  ## format the code, and fix what ruff can fix
	$(BIN)/ruff check --quiet --fix
	$(BIN)/ruff format --quiet

check: $(VENV)/.developing  ## lint, formatting, types, import rules, deployment and CI files, the contract
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo
	$(BIN)/hadolint deploy/Containerfile
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec deploy/compose.yaml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-actions .github/actions/*/action.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/*_*.yml
	$(BIN)/orderly check

audit: $(VENV)/.developing  ## look up known vulnerabilities of the installed packages; needs PyPI
	@$(BIN)/python -m pip freeze --exclude-editable >$(VENV)/.frozen
	$(BIN)/pip-audit --strict --no-deps --disable-pip --progress-spinner off -r $(VENV)/.frozen

test: $(VENV)/.developing  ## run the tests on SQLite and PostgreSQL, and check that they cover the contract
	$(PYTEST) $(OF_THEIR_OWN)

test-fast: $(VENV)/.developing  ## run the tests on SQLite only
	env -u CI ORDERLY_TEST_REQUIRE_SERVICES=0 ORDERLY_TEST_POSTGRESQL_URL=postgresql://127.0.0.1:1/none $(PYTEST) $(OF_THEIR_OWN)

test-e2e: $(VENV)/.developing  ## run the tests that start the service, proxies and monitoring as users do
	$(PYTEST) tests/e2e tests/deploy

test-clients: $(VENV)/.developing $(VENV)-clients/.installed  ## generate both clients and test them; needs Node and npm
	PATH="$(abspath $(VENV)-clients)/bin:$$PATH" $(BIN)/python -m pytest -q tests/clients

test-browser: $(VENV)/.browsing  ## test the documentation pages in Chromium; needs chromium
	$(BIN)/python -m pytest -q tests/browser

test-faults: $(VENV)/.developing  ## inject faults for 15 minutes and report figures; FAULTS=short for 2 minutes
	$(BIN)/python -m $(if $(filter short,$(FAULTS)),pytest -q -n 2 tests/faults,tests.faults $(FAULTS))

fuzz: $(VENV)/.developing  ## fuzz the running service as each role; FUZZ="--seed N" repeats a run
	$(BIN)/python -m tests.fuzz $(FUZZ)

coverage: $(VENV)/.covering  ## run the tests with branch coverage, report it, and fail below the floor in pyproject.toml
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q -n $(WORKERS) $(OF_THEIR_OWN)
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

bench: $(VENV)/.benching  ## compare with other frameworks for 6 minutes; needs wrk, two idle cores and PostgreSQL
	@command -v wrk >/dev/null || { echo "wrk is missing (Debian: apt install wrk)."; exit 1; }
	$(BIN)/python -W ignore -m benchmarks bench.png

# uv reads neither pip's configuration nor an index of this machine, and writes versions and hashes only.
lock:  ## pin all requirements with hashes in constraints*.txt; LOCK=--upgrade takes the newest releases
	@$(INSTALL) --group lock
	$(UV_LOCK) --extra traces --group build --group shop --group check --group test --group browser --group bench --group coverage \
	  --group lock --output-file constraints.txt >/dev/null
	$(UV_LOCK:pyproject.toml=) --group build --group clients --output-file constraints-clients.txt >/dev/null

# The environments. One without a Python in it (new, or made by a Python that is gone) is installed into again.
$(VENV)/.installed: pyproject.toml constraints.txt $(if $(wildcard $(BIN)/python),,FORCE)
	@$(INSTALL) --project --group shop
	@touch $@

$(VENV)/.developing: $(VENV)/.installed
	@$(INSTALL) --group check --group test
	@touch $@

$(VENV)/.covering: $(VENV)/.developing
	@$(INSTALL) --group coverage
	@touch $@

$(VENV)/.benching: $(VENV)/.developing
	@$(INSTALL) --group bench
	@touch $@

$(VENV)/.browsing: $(VENV)/.developing
	@$(INSTALL) --group browser
	@touch $@

$(VENV)-clients/.installed: pyproject.toml constraints-clients.txt $(if $(wildcard $(VENV)-clients/bin/python),,FORCE)
	@$(INSTALL_CLIENT) --group clients
	@touch $@
