# The whole development interface: run, check, test, migrate. A second call of any of them does only what is new.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := PYTHONWARNINGS=ignore $(BIN)/python -m pip --quiet --disable-pip-version-check
WORKERS ?= auto

FUZZ ?= --seconds 240

.PHONY: run check audit test migrate fuzz bench clients browser faults

run: migrate  ## serve on this machine, with everything it needs
	@$(BIN)/orderly user bootstrap-admin
	@exec $(BIN)/orderly serve

migrate: $(VENV)/.installed  ## make the database, or bring it to the newest schema
	@$(BIN)/orderly db upgrade

check: $(VENV)/.developing  ## lint, formatting, types, the arrows between the rooms, the contract
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo
	$(BIN)/hadolint deploy/Containerfile
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec deploy/compose.yaml
	$(BIN)/orderly check

audit: $(VENV)/.developing  ## whether anything that is installed has a known vulnerability; asks PyPI
	@$(PIP) freeze --exclude-editable >$(VENV)/.frozen
	$(BIN)/pip-audit --strict --no-deps --disable-pip --progress-spinner off -r $(VENV)/.frozen

test: $(VENV)/.developing  ## the tests, on SQLite and PostgreSQL, and whether they have seen the whole contract
	$(BIN)/python -m pytest -q -n $(WORKERS) --ignore tests/clients --ignore tests/browser --ignore tests/faults

fuzz: $(VENV)/.developing  ## schemathesis against the live service, as each role, with a seed that it prints
	$(BIN)/python -m tests.fuzz $(FUZZ)

bench: $(VENV)/.benching  ## the service beside its peers: 6 minutes, needs wrk, two cores and PostgreSQL
	@command -v wrk >/dev/null || { echo "wrk is missing (Debian: apt install wrk)."; exit 1; }
	$(BIN)/python -W ignore -m benchmarks bench.png

clients: $(VENV)/.developing $(VENV)-clients/.installed  ## make both clients, and use them; needs Node and npm
	PATH="$(abspath $(VENV)-clients)/bin:$$PATH" $(BIN)/python -m pytest -q tests/clients

browser: $(VENV)/.browsing  ## the pages in Chromium: signed in, executed, by keyboard and on a phone
	$(BIN)/python -m pytest -q tests/browser

faults: $(VENV)/.developing  ## kill, stop, starve and flood it, for a quarter of an hour, with figures; FAULTS=short in 2 minutes
	$(BIN)/python -m $(if $(filter short,$(FAULTS)),pytest -q -n 2 tests/faults,tests.faults $(FAULTS))

$(VENV)/bin/python:
	@echo "Making the virtual environment in $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit("Orderly needs Python 3.11 or newer: make PYTHON=python3.11" \
	  if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv module is missing (Debian: apt install python3-venv)."; exit 1; }

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Orderly needs ..."
	@$(PIP) install --upgrade 'pip>=25.1'
	@$(PIP) install --editable .
	@touch $@

$(VENV)/.developing: $(VENV)/.installed
	@echo "Installing what checks and tests need ..."
	@$(PIP) install --group check --group test
	@touch $@

$(VENV)/.benching: $(VENV)/.developing
	@echo "Installing the peers ..."
	@$(PIP) install --group bench
	@touch $@

$(VENV)/.browsing: $(VENV)/.developing
	@echo "Installing what drives a browser ..."
	@$(PIP) install --group browser
	@touch $@

$(VENV)-clients/.installed: pyproject.toml | $(VENV)/.installed
	@echo "Installing what makes clients ..."
	@$(BIN)/python -m venv $(VENV)-clients
	@PYTHONWARNINGS=ignore $(VENV)-clients/bin/python -m pip --quiet --disable-pip-version-check install --upgrade 'pip>=25.1'
	@PYTHONWARNINGS=ignore $(VENV)-clients/bin/python -m pip --quiet --disable-pip-version-check install --group clients
	@touch $@
