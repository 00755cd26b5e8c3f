# The commands of the project. Nothing has to be installed by hand but Python 3.11 or newer, make and git.

PYTHON ?= python3
VENV := .venv
export VENV
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
export HOST PORT
# pip runs from its own wheel, since a bare Debian or Ubuntu has neither pip nor what `python -m venv` needs to install it.
PIP := $(BIN)/python vendor/pip-26.3-py3-none-any.whl/pip --disable-pip-version-check install --quiet --require-hashes --only-binary :all:

# Python keeps what it has compiled: what a test starts begins twice as fast.
unexport PYTHONDONTWRITEBYTECODE
# Tests run side by side. A few, chosen by ARGS, run in one process, which begins sooner.
TESTS_AT_ONCE ?= auto
PYTEST := $(BIN)/python -m pytest $(or $(ARGS),--numprocesses $(TESTS_AT_ONCE) --dist loadfile --no-loadscope-reorder)

.PHONY: run demo test test-services fuzz bench check check-types check-style check-floors check-settings check-migrations \
	check-security audit format requirements zone-names

$(BIN)/python:
	$(PYTHON) -m venv --without-pip $(VENV)

$(VENV)/.run: requirements.txt | $(BIN)/python
	@echo "Installing into $(VENV) ..."
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(PIP) -r requirements-dev.txt
	@touch $@

# honcho gives each process of the Procfile a port of its own, from which none may derive the server's address.
run: export WHARF_BASE_URL ?= http://$(HOST):$(PORT)
run: $(VENV)/.run  ## serve HOST:PORT and a worker until Ctrl-C
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	@echo "Wharf is at $$WHARF_BASE_URL. Ctrl-C stops it."
	@exec $(BIN)/honcho start

demo: export WHARF_DATA_DIR ?= var/demo
demo: $(VENV)/.run  ## a real exporter's work, from consent to a table of what arrived
	@exec $(BIN)/python manage.py demo

test: $(VENV)/.dev  ## everything, with nothing but files; ARGS="-k name" chooses
	$(PYTEST)

test-services: export DATABASE_URL ?= postgres://postgres@127.0.0.1:5432/wharf
test-services: export CACHE_URL ?= rediscache://127.0.0.1:6379/9
test-services: export WHARF_TEST_BROKERS ?= redis://127.0.0.1:6379/8 amqp://guest:guest@127.0.0.1:5672//
test-services: $(VENV)/.dev  ## what a database, a broker, a cache or a storage may change, on PostgreSQL, Redis, RabbitMQ and S3
	$(PYTEST) -m services

FUZZ_SECONDS ?= 600
fuzz: $(VENV)/.dev  ## ten minutes of requests that nobody should send; FUZZ_SECONDS and FUZZ_SEED choose others
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest tests/e2e/test_fuzz.py

bench: $(VENV)/.dev  ## a table of ratios, measured side by side
	$(BIN)/python -m bench

# Side by side: the types take longest.
check: $(VENV)/.dev  ## style, types, floors, settings for production, migrations
	@$(MAKE) --no-print-directory --keep-going --jobs 2 --output-sync \
		check-types check-style check-floors check-settings check-migrations check-security

check-types:
	$(BIN)/mypy .

check-style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check-floors:
	$(BIN)/lint-imports

# Everything that is pinned must be hashed, which needs no network. Lines of tests hold made-up secrets: those that the
# scan takes for real ones are in .secrets.baseline, which `detect-secrets scan --baseline .secrets.baseline` writes anew.
# Where a line has only moved, the scan says so by 3 and writes its number: into a copy, so that nothing changes.
check-security:
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive accounts importers moves config manage.py
	@seen=$$(mktemp) && cp .secrets.baseline $$seen && \
		said=$$($(BIN)/detect-secrets-hook --no-verify --baseline $$seen $$(git ls-files -- \
			':!.secrets.baseline' ':!requirements*.txt' ':!tests/moves/answers/recorded.json' ':!*.png' ':!*.jpg')); \
		code=$$?; rm -f $$seen; [ $$code -eq 0 ] || [ $$code -eq 3 ] || { echo "$$said"; exit 1; }
	$(BIN)/pip-audit --requirement requirements.txt --require-hashes --disable-pip --dry-run --progress-spinner off

audit: $(VENV)/.dev  ## ask PyPI whether what is pinned has known holes
	$(BIN)/pip-audit --requirement requirements.txt --require-hashes --disable-pip --progress-spinner off

check-settings:
	WHARF_BASE_URL=https://wharf.example SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

check-migrations:
	$(BIN)/python manage.py makemigrations --check --dry-run

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

zone-names: $(VENV)/.dev  ## what zones are called in every language, of a newer Babel
	$(BIN)/python -m importers.formats.make_zone_names

requirements: $(VENV)/.dev  ## pin what the .in files ask for, for every Python at once
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements-dev.in -o requirements-dev.txt
