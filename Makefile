# `make` alone prints the verbs. Needs Python 3.11 or newer, make and the package registry.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PINS := requirements/requirements

# Stamps are named by checksums, not judged by dates: what has not changed installs nothing.
checksum = $(shell { $(PYTHON) -VV; cat $(1); } 2>&1 | cksum | cut -d ' ' -f 1)
TO_INSTALL := $(PINS)-uv.txt
TO_RUN := $(PINS)-embedded.txt $(PINS)-local-llm.txt $(PINS)-quantize.txt
TO_DEVELOP := $(PINS)-dev.txt $(PINS)-local-llm.txt
# The code that makes the embedding model's graph: where it has changed, it runs once more.
GRAPH := $(addprefix app/embeddings/,graphs.py quantization.py weights.py)
INSTALLER := $(VENV)/.installer-$(call checksum,$(TO_INSTALL))
RUN := $(VENV)/.run-$(call checksum,$(TO_INSTALL) $(TO_RUN) $(GRAPH))
DEVELOP := $(VENV)/.develop-$(call checksum,$(TO_INSTALL) $(TO_DEVELOP) $(GRAPH))

# Every pin is listed and hashed, so there is nothing to resolve. uv takes a third of pip's time, but
# does not read pip's configuration: where that names a mirror, pip has to do it.
OPTIONS := --quiet --require-hashes --no-deps
install = $(BIN)/uv pip install --python $(BIN)/python --system-certs $(OPTIONS) $(1:%=--requirement %) \
	|| $(BIN)/python -m pip install --no-compile $(OPTIONS) $(1:%=--requirement %)
# Only what the service imports is compiled: all of it would take longer than the installation.
WARM_UP := $(BIN)/python -c 'import aiohttp.web, fastapi, fastembed, openai.resources.chat, pugsql, \
	psycopg2, pydantic_settings, qdrant_client, qdrant_edge, sentry_sdk, tqdm, uvicorn, uvloop'
# The embedding model with products of 8-bit integers: a second now, down to a third of the time later.
QUANTIZE := $(BIN)/python -m app.embeddings.quantization
# Any shell that has .venv active, or .venv/bin in its PATH, finds it there.
COMMAND := ln -sf ../../brag $(BIN)/brag
unexport PYTHONDONTWRITEBYTECODE

COMPILE = CUSTOM_COMPILE_COMMAND="make compile" $(BIN)/python -m piptools compile --quiet \
	--generate-hashes --strip-extras --allow-unsafe --no-emit-options --no-emit-index-url \
	--no-emit-find-links --no-emit-trusted-host
SYNC := $(BIN)/python -m piptools sync --pip-args "--require-hashes --no-deps"

.DEFAULT_GOAL := help
.PHONY: help install run-dev run test coverage test-browser test-clients test-contract test-faults test-load test-nginx lint platforms black ruff pre-commit compile pip-compile \
	pip-compile-dev upgrade sync sync-dev migrate schema eval bench clean

help: ## Print the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(RUN) ## Make .venv with all that running needs; nothing to do when the pins are the same
	@$(COMMAND)

run-dev: $(RUN) ## Start everything here, with reload: Postgres, a local model, bRAG on port 8000
	$(BIN)/python -m app.embedded --reload

run: $(RUN) ## Start gunicorn as in production: DATABASE_URL and the model come from the settings
	$(BIN)/python -m gunicorn app.main:app --config settings/gunicorn.conf.py

# More processes than cores, as much of the suite waits. A file stays in one: its tests share what they start.
# The files that take longest begin first (tests/support/longest.py); xdist would take those with most tests.
# A process that hangs is ended by pytest; but for the last option the others would wait for it.
PYTEST := PYTHONWARNINGS=error $(BIN)/python -m pytest --numprocesses=4 --dist=loadfile \
	--no-loadscope-reorder --max-worker-restart=0

test: $(DEVELOP) ## Run the whole suite
	$(PYTEST)

coverage: $(DEVELOP) ## Run the whole suite, and say which lines it does not reach: half as long again
	$(PYTEST) --cov

test-browser: $(DEVELOP) ## Run the tests that need a browser: apt-get install chromium
	$(BIN)/python -m pytest tests/browser -m browser

# In a venv of their own: they need other versions of what the service is made of.
CLIENTS := .venv-clients
test-clients: $(DEVELOP) ## Ask by the clients of others: apt-get install curl nodejs npm
	$(PYTHON) -m venv $(CLIENTS)
	$(BIN)/uv pip install --python $(CLIENTS)/bin/python --system-certs $(OPTIONS) --requirement tests/clients/requirements.txt
	npm ci --prefix tests/clients --ignore-scripts --silent
	$(BIN)/python -m pytest tests/clients -m clients

# Any process may take any test: each breaks a service of its own. The last line says how many cases.
# Three processes a core: much of a case waits for a timeout.
test-faults: $(DEVELOP) ## Break every dependency at every moment, and see what clients are told
	$(BIN)/python -m pytest tests/faults -m faults --numprocesses=6 --dist=worksteal

# What fails shows the curl command that shows it. A test may take minutes where the machine is busy.
test-contract: $(DEVELOP) ## Ask all that the OpenAPI document allows and forbids
	$(BIN)/python -m pytest tests/contract -m contract --numprocesses=2 --dist=worksteal \
		--override-ini faulthandler_timeout=900

test-nginx: $(DEVELOP) ## Run the tests that need a proxy: apt-get install nginx-light
	$(BIN)/python -m pytest tests/nginx -m nginx

# KILLS=20 CUTS=100 CHURN_SEC=30 do less of each.
test-load: $(DEVELOP) ## Put gunicorn under load; cut streams, reload it, kill it and Postgres: most of an hour
	$(BIN)/python -m pytest tests/load -m load --override-ini faulthandler_timeout=3600

# The newest Python has shorter ways of writing some things, which the oldest does not know.
AS_NEWEST := --target-version py314 --ignore UP037,UP043,UP046,UP047

lint: $(DEVELOP) ## Check style, types and who imports whom
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff check $(AS_NEWEST) .
	$(BIN)/python -m black --check --quiet .
	$(BIN)/python -m mypy
	$(BIN)/python -m mypy --python-version 3.14
	$(BIN)/lint-imports --no-logo

# forbiddenfruit comes as a source alone: it is plain Python, and tests need it.
WHEELS := --only-binary :all: --no-binary forbiddenfruit --dry-run --target $(VENV)/none
PLATFORMS := x86_64-manylinux_2_28 aarch64-manylinux_2_28 aarch64-apple-darwin
PYTHONS := 3.11 3.12 3.13 3.14
PINNED := $(TO_INSTALL) $(TO_RUN) $(TO_DEVELOP)

platforms: export MACOSX_DEPLOYMENT_TARGET := 14.0
platforms: $(INSTALLER) ## Check that every pin has a wheel for the systems and Pythons of docs/run.md
	@set -e; for python in $(PYTHONS); do for platform in $(PLATFORMS); do \
		echo "Python $$python, $$platform"; \
		$(BIN)/uv pip install --system-certs $(OPTIONS) $(WHEELS) $(sort $(PINNED:%=--requirement=%)) \
			--python-version $$python --python-platform $$platform; \
	done; done

black: $(DEVELOP) ## Format the code
	$(BIN)/python -m black .

ruff: $(DEVELOP) ## Repair what ruff can repair
	$(BIN)/python -m ruff check --fix .

pre-commit: $(DEVELOP) ## Run every check of a commit on all files
	$(BIN)/python -m pre_commit run --all-files

compile: pip-compile pip-compile-dev ## Pin what pyproject.toml asks for, with hashes

pip-compile: $(DEVELOP) ## Pin what running needs
	echo uv | $(COMPILE) --output-file $(PINS)-uv.txt -
	$(COMPILE) --output-file $(PINS).txt pyproject.toml
	$(COMPILE) --extra embedded --constraint $(PINS).txt \
		--output-file $(PINS)-embedded.txt pyproject.toml
	echo onnx | $(COMPILE) --constraint $(PINS)-embedded.txt --output-file $(PINS)-quantize.txt -

pip-compile-dev: $(DEVELOP) ## Pin what developing needs as well
	$(COMPILE) --all-extras --constraint $(PINS)-embedded.txt \
		--output-file $(PINS)-dev.txt pyproject.toml

upgrade: COMPILE += --upgrade
upgrade: compile ## Pin the newest versions that fit together

sync: $(DEVELOP) ## Make .venv hold what production needs, and nothing else
	rm -f $(VENV)/.run-* $(VENV)/.develop-*
	$(SYNC) $(TO_INSTALL) $(PINS).txt

sync-dev: $(DEVELOP) ## Make .venv hold what developing needs, and nothing else
	$(SYNC) $(TO_INSTALL) $(TO_DEVELOP)

migrate: $(RUN) ## Apply the migrations to DATABASE_URL (of the environment, or of .env)
	$(BIN)/python -m app.embedded.migrations

schema: $(RUN) ## Write db/schema.sql anew from the migrations
	$(BIN)/python -m app.embedded.schema

eval: $(RUN) ## Measure how good retrieval is, on our own questions and every set in EVAL_DIR
	$(BIN)/python -m evaluation

bench: $(RUN) ## Measure what bRAG costs, side by side with a floor
	$(BIN)/python -m benchmarks

clean: ## Remove caches and reports; .venv and data stay
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage* htmlcov
	find app benchmarks evaluation settings tests -name __pycache__ -prune -exec rm -rf {} +

$(INSTALLER): $(TO_INSTALL)
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("bRAG needs Python 3.11 \
	or newer: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install $(OPTIONS) --requirement $(TO_INSTALL)
	@touch $@

$(RUN): $(INSTALLER)
	$(call install,$(TO_RUN))
	@$(WARM_UP)
	@$(QUANTIZE)
	@$(COMMAND)
	@rm -f $(VENV)/.run-* && touch $@

$(DEVELOP): $(INSTALLER)
	$(call install,$(TO_DEVELOP))
	@$(WARM_UP)
	@$(QUANTIZE)
	@$(COMMAND)
	@rm -f $(VENV)/.run-* $(VENV)/.develop-* && touch $(RUN) $@
