# Everything a person runs here. `make help` lists it. Each line is a script of the standard library alone, so a bare
# python3 (3.11 or newer) is enough; name another with PYTHON=python3.12.
PYTHON ?= python3
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run test test-services faults check schema fix lock browser bench clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24

run: ## HyperFlow on this machine: web, worker, scheduler (HOST, PORT, DATA_DIR, DEMO, DEMO_PASSWORD)
	@exec $(PYTHON) -m scripts.run

test: ## the whole suite on the embedded default (ARGS="-k invoice" for a part)
	@exec $(PYTHON) -m scripts.suite embedded $(ARGS)

test-services: ## the same suite and more on MariaDB and Redis, which it installs (as root) and starts
	@exec $(PYTHON) -m scripts.suite services $(ARGS)

faults: ## kills and outages with the full figures
	@exec $(PYTHON) -m scripts.suite faults $(ARGS)

browser: ## the pages in Chromium, which it installs (as root)
	@exec $(PYTHON) -m scripts.suite browser $(ARGS)

check: ## lint, types, contracts, migrations, deployment, schema, known vulnerabilities (ARGS="ruff mypy" for some)
	@exec $(PYTHON) -m scripts.check $(ARGS)

schema: ## write docs/openapi.yaml anew
	@exec $(PYTHON) -m scripts.check --write-schema

fix: ## format, and repair what ruff can
	@exec $(PYTHON) -m scripts.check --fix

lock: ## make the locks (requirements*.txt) anew from requirements*.in (ARGS=--upgrade for newer versions)
	@exec $(PYTHON) -m scripts.lock $(ARGS)

bench: ## measure against the contenders in bench/, on MariaDB
	@exec $(PYTHON) -m scripts.suite bench $(ARGS)

clean: ## remove .venv and caches; var/ (your data) stays
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache staticfiles
	@find . -name __pycache__ -type d -not -path './node_modules/*' -prune -exec rm -rf {} +
