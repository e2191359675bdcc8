# `make help` lists the commands. Everything happens in .venv and var/; nothing else on the machine is changed,
# but for Debian's Chromium and Firefox, which `make test` installs when they are missing and it may.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
SERVE ?= 1
PORT ?= 8000
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

# The demonstration and the tests start many processes: without compiled files each would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench bench-matching bench-register serve clean browsers

help:  ## This list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo "Sourcier needs Python 3.11 or later: install python3.11 and python3.11-venv."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/ready: pyproject.toml constraints.txt | $(BIN)/pip
	$(INSTALL) -e .
	@touch $@

# What the tests need holds what the program needs: pip looks at it all once.
.venv/ready-to-test: pyproject.toml constraints.txt | $(BIN)/pip
	$(INSTALL) -e '.[dev]'
	@touch .venv/ready $@

browsers:
	@sh tests/browsers.sh

demo: .venv/ready  ## The demo city, the bread scenario, then http://127.0.0.1:8000 (SERVE=0: stop after the dossier)
	$(BIN)/sourcier demo $(if $(filter 0,$(SERVE)),,--serve --port $(PORT))

serve: .venv/ready  ## Serve what is in var/ on http://127.0.0.1:8000
	$(BIN)/sourcier migrate --verbosity 0
	$(BIN)/sourcier serve --port $(PORT)

test: .venv/ready-to-test browsers  ## Every test: SQLite, PostgreSQL, browser
	$(BIN)/python -m tests.run

check: .venv/ready-to-test  ## ruff, mypy, import-linter, djlint, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint src/sourcier/web/templates
	SOURCIER_VAR=$$(mktemp -d) $(BIN)/sourcier makemigrations --check --dry-run

format: .venv/ready-to-test  ## Put the code in its usual form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/ready-to-test  ## Figures beside a peer's, in the same run
	@for file in bench/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

SIZE ?= 42000000
bench-matching: .venv/ready-to-test  ## Recall on needs, paraphrases and titles, beside peers
	$(BIN)/python bench/matching.py --write

bench-register: .venv/ready-to-test  ## The register beside PostGIS, SQLite and bare arrays (SIZE=200000: a quick look)
	$(BIN)/python bench/register.py --size $(SIZE) --write

clean:  ## Remove the environment and the demo; never the data of a city
	rm -rf .venv var/demo
