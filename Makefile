# The whole development interface: run, check, test, migrate. A second call of any of them does only what is new.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := PYTHONWARNINGS=ignore $(BIN)/python -m pip --quiet --disable-pip-version-check
WORKERS ?= auto

.PHONY: run check test migrate faults

run: migrate  ## serve on this machine, with everything it needs
	@$(BIN)/orderly user first-admin
	@exec $(BIN)/orderly serve

migrate: $(VENV)/.installed  ## make the database, or bring it to the newest schema
	@$(BIN)/orderly db upgrade

check: $(VENV)/.developing  ## lint, formatting, types, the arrows between the rooms, the contract
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo
	$(BIN)/orderly check

test: $(VENV)/.developing  ## all tests, on SQLite and PostgreSQL
	$(BIN)/python -m pytest -q -n $(WORKERS)

faults: $(VENV)/.developing  ## kill, stop, starve and flood it, for about ten minutes; prints figures
	$(BIN)/python -m tests.faults

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
