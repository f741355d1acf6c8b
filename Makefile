# Every chore has one name. `make install` needs only Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
UV := .uv/bin/uv

.PHONY: install test lint types demo demo-up demo-down screenshots pictures bench bench-stream live docs fix clean

install: $(VENV)/.installed

# What pages load; made by hatch_build.py when the package is installed.
ASSETS := src/guestlist/web/static/vendor/.made-from
$(ASSETS): ;

$(VENV)/.installed: uv.lock pyproject.toml hatch_build.py $(wildcard src/guestlist/web/assets/package*.json) $(ASSETS)
	@test -x $(UV) || { $(PYTHON) -m venv .uv && .uv/bin/python -m pip install --quiet --disable-pip-version-check uv; }
	@UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --all-extras --quiet --compile-bytecode --python $(PYTHON) \
		--reinstall-package guestlist
	@PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python -m compileall -q src
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

demo: install
	@$(VENV)/bin/python scripts/demo.py

demo-up: install
	@$(VENV)/bin/python scripts/demo.py --keep .demo

demo-down: install
	@$(VENV)/bin/python scripts/demo.py --stop .demo

# Needs the system's Chromium; pictures go to .screenshots.
screenshots: install
	@$(VENV)/bin/python scripts/screenshots.py .screenshots $(ARGS)

# Those of the README.
pictures: install
	@$(VENV)/bin/python scripts/screenshots.py --readme

docs: install
	$(VENV)/bin/python -m guestlist.config_reference
	$(VENV)/bin/python -m linkedin_emulator.coverage_page docs/emulator.md
	$(VENV)/bin/python scripts/docs.py

live: install
	$(VENV)/bin/python -m pytest -m live tests/live tests/contracts/test_destination.py $(ARGS)

# A stream into a million people for ten minutes: a quarter of an hour on a machine that does nothing else.
bench-stream: install
	@$(VENV)/bin/python bench/bench_stream.py 1000000 5000 600

bench: install
	@for each in bench/bench_*.py; do $(VENV)/bin/python $$each $(ARGS) || exit 1; done

clean:
	@test ! -e .demo || $(VENV)/bin/python scripts/demo.py --stop .demo || true
	rm -rf .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests scripts bench -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
