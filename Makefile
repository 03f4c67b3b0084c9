# Everything starts here, on a fresh Debian machine with python3, python3-venv, make and git.
# `make run` and `make test` set up .venv by themselves, from the lock and nothing else.

PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := $(shell sed -n '/^name = "uv"$$/{n;s/version = "\(.*\)"/\1/p}' uv.lock)

# What is installed is what the lock says, into .venv, by the Python that stands there.
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON := $(CURDIR)/.venv/bin/python
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE := copy
# The machine's own certificates: a company's proxy has its authority there and nowhere else.
export UV_SYSTEM_CERTS := true

.PHONY: help run test check bench lab lab-down lab-deps dist image reference assets format clean

help: ## say what there is to make
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 18

run: .venv/ready ## start here: the diagnosis, an Authority and this machine's node; Ctrl-C ends it
	@$(BIN)/dpf-edge up

test: .venv/ready ## run every test this machine can run; with CI=true, all or fail
	@if [ "$$CI" = true ]; then sh tests/lab/deps.sh; fi
	$(BIN)/pytest

check: .venv/ready ## lint, types, import rules, the lock and the generated pages
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/uv lock --check --quiet
	$(BIN)/python -m tools.reference --check

bench: .venv/ready ## measure, side by side, as ratios
	@$(BIN)/python -m tests.bench.compiled
	$(BIN)/python tests/bench/startup.py
	@$(BIN)/python -m tests.bench.confusion
	@$(BIN)/python -m tests.bench.ingest
	@$(BIN)/python -m tests.bench.pages
	@$(BIN)/python -m tests.bench.at_rest
	@$(BIN)/python -m tests.bench.discovery

lab: .venv/ready ## leave the laboratory standing, and say how to enter its places
	@$(BIN)/python -m tests.lab up

lab-down: .venv/ready ## remove every trace of the laboratory
	@$(BIN)/python -m tests.lab down

lab-deps: ## install the laboratory's Debian packages; none of their daemons is started
	sh tests/lab/deps.sh

dist: .venv/ready ## wheel, sdist, and programs for this Linux and for Windows (needs Wine), into dist
	@$(BIN)/python -m tools.dist

image: .venv/ready ## the container image dpf-edge, by docker or what DOCKER= names; asks it no registry
	@$(BIN)/python -m tools.dist.image

reference: .venv/ready ## write the generated pages of docs/reference
	$(BIN)/python -m tools.reference

assets: .venv/ready ## fetch the pages' third-party scripts again, by hash (npm); they are committed
	$(BIN)/python -m tools.assets

format: .venv/ready ## format the source
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove what can be made again
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/ready: uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "make: Python 3.11 or later is needed; name one with PYTHON=…" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install -qq --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv sync --locked --quiet --no-install-project
	@$(BIN)/uv sync --locked --quiet
	@touch $@
