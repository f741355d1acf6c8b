# Every chore has one name. `make install` needs only Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
UV := $(VENV)/.bootstrap/bin/uv

.PHONY: install test lint types demo demo-up bench live docs fix clean

install: $(VENV)/.installed

$(VENV)/.installed: uv.lock pyproject.toml
	@test -x $(UV) || { $(PYTHON) -m venv $(VENV)/.bootstrap && $(VENV)/.bootstrap/bin/python -m pip install --quiet --disable-pip-version-check uv; }
	$(UV) sync --frozen --all-extras --quiet
	@touch $@

test: install
	$(VENV)/bin/python -m pytest -n auto -p randomly $(ARGS)

lint: install
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports

types: install
	$(VENV)/bin/mypy

fix: install
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
