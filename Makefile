# Everything a developer types. Needs git, make and Python >= 3.11; the rest is fetched into .venv, or named when it is missing.
# Package indexes and proxies come from your environment (PIP_*, UV_*, https_proxy); none is written here.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Tests at a time.
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
# More for pytest, as in: make test PYTEST="-k cart"
PYTEST ?=

.PHONY: help demo serve test clients lint types format bench clean clean-all

help:  ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.ready-run  ## a pretend shop, its mailbox and the console, in your browser
	@.venv/bin/wraca demo

serve: .venv/.ready-run  ## Wraca itself on SQLite, in one process
	@.venv/bin/wraca serve

test: .venv/.ready-dev  ## all tests, on SQLite and PostgreSQL, in a real browser
	@.venv/bin/python scripts/need.py postgresql chromium firefox node gettext
	@.venv/bin/pytest -n $(JOBS) --dist loadgroup $(PYTEST)

clients: .venv/.ready-dev  ## the official Segment clients for Node and browsers, from npm, against our edge
	@.venv/bin/python scripts/need.py chromium node
	@PYTHONPATH=. .venv/bin/python -m tests.edge.clients.run

lint: .venv/.ready-dev  ## style, formatting, types, import contracts
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

types: .venv/.ready-dev  ## the storefront's scripts against the types they name; TypeScript comes from npm
	@.venv/bin/python scripts/storefront_types.py

format: .venv/.ready-dev  ## write the code as the formatter wants it
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

bench: .venv/.ready-dev  ## every benchmark against its bar; BENCH="intake timers" for some of them
	@.venv/bin/python scripts/need.py postgresql
	@.venv/bin/python scripts/bench.py $(BENCH)

clean:  ## remove caches, builds and the demo's leavings
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .demo build dist
	find . -path ./.venv -prune -o -name __pycache__ -type d -print0 | xargs -0 rm -rf

clean-all: clean  ## the same, and the installed packages
	rm -rf .venv

# Two stamps: what it takes to run Wraca, and what it takes to work on it.
.venv/.ready-run: pyproject.toml uv.lock scripts/setup.sh
	@scripts/setup.sh run

.venv/.ready-dev: pyproject.toml uv.lock scripts/setup.sh
	@scripts/setup.sh dev
