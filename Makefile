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

# Python keeps what it has compiled.
unexport PYTHONDONTWRITEBYTECODE
# Tests run side by side; then those that hold a clock to what they see, beside nothing but each other: they wait for most
# of their time. $(call tests,MARKER) runs those that have it, or all. A few, chosen by ARGS, run in one process, which
# begins sooner.
TESTS_AT_ONCE ?= auto
SIDE_BY_SIDE := --numprocesses $(TESTS_AT_ONCE) --no-loadscope-reorder
ifdef ARGS
tests = $(BIN)/python -m pytest $(if $(1),-m $(1)) $(ARGS)
else
tests = code=0; \
	$(BIN)/python -m pytest -m "$(if $(1),$(1) and )not alone" $(SIDE_BY_SIDE) --dist loadfile || code=$$?; \
	$(BIN)/python -m pytest -m "$(if $(1),$(1) and )alone" $(SIDE_BY_SIDE) --dist worksteal || code=$$?; \
	exit $$code
endif

.PHONY: run demo test test-pages test-services test-faults fuzz bench check check-types check-style check-floors check-settings check-migrations \
	check-security check-translations audit format requirements zone-names messages

$(BIN)/python:
	$(PYTHON) -m venv --without-pip $(VENV)

$(VENV)/.run: requirements.txt | $(BIN)/python
	@echo "Installing into $(VENV) ..."
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(PIP) -r requirements-dev.txt
	@touch $@

# Which processes there are: Procfile.large has one for each kind of work (see docs/operators.md).
PROCFILE ?= Procfile
run: export WHARF_BASE_URL ?= http://$(HOST):$(PORT)
run: $(VENV)/.run  ## serve HOST:PORT and a worker until Ctrl-C
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	@echo "Wharf is at $$WHARF_BASE_URL. Ctrl-C stops it."
	@exec $(BIN)/python -P supervisor.py $(PROCFILE)

demo: export WHARF_DATA_DIR ?= var/demo
demo: $(VENV)/.run  ## a real exporter's work, from consent to a table of what arrived
	@exec $(BIN)/python manage.py demo

test: $(VENV)/.dev  ## all but faults, with nothing but files; ARGS="-k name" chooses
	@$(call tests)

test-services: export DATABASE_URL ?= postgres://postgres@127.0.0.1:5432/wharf
test-services: export CACHE_URL ?= rediscache://127.0.0.1:6379/9
test-services: export WHARF_TEST_BROKERS ?= redis://127.0.0.1:6379/8 amqp://guest:guest@127.0.0.1:5672//
test-services: $(VENV)/.dev  ## what a database, a broker, a cache or a storage may change, on PostgreSQL, Redis, RabbitMQ and S3
	@$(call tests,services)

test-pages: $(VENV)/.dev  ## every page in a browser, narrow and wide, by day and by night, in English and French; pictures of all in var/pages
	WHARF_TEST_PAGES=all $(BIN)/python -m pytest tests/pages $(ARGS)

FUZZ_SECONDS ?= 600
fuzz: $(VENV)/.dev  ## ten minutes of requests that nobody should send; FUZZ_SECONDS and FUZZ_SEED choose others
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest tests/e2e/test_fuzz.py

FAULTS_SECONDS ?= 600
test-faults: export WHARF_TEST_BROKERS ?= redis://127.0.0.1:6379/8 amqp://guest:guest@127.0.0.1:5672//
test-faults: $(VENV)/.dev  ## ten minutes in which processes are killed, and services that fail; FAULTS_SECONDS and FAULTS_SEED choose others
	FAULTS_SECONDS=$(FAULTS_SECONDS) $(BIN)/python -m pytest -m faults $(or $(ARGS),--numprocesses 2 --dist loadfile tests/e2e tests/config/test_broker_faults.py)

bench: $(VENV)/.dev  ## a table of ratios, measured side by side
	$(BIN)/python -m bench

# Side by side: the types take longest.
check: $(VENV)/.dev  ## style, types, floors, settings for production, migrations
	@$(MAKE) --no-print-directory --keep-going --jobs 2 --output-sync \
		check-types check-style check-floors check-settings check-migrations check-security check-translations

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
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive audit accounts importers moves operations config manage.py
	@seen=$$(mktemp) && cp .secrets.baseline $$seen && \
		said=$$($(BIN)/detect-secrets-hook --no-verify --baseline $$seen $$(git ls-files -- \
			':!.secrets.baseline' ':!requirements*.txt' ':!tests/moves/answers/recorded.json' ':!*.png' ':!*.jpg')); \
		code=$$?; rm -f $$seen; [ $$code -eq 0 ] || [ $$code -eq 3 ] || { echo "$$said"; exit 1; }
	$(BIN)/pip-audit --requirement requirements.txt --require-hashes --disable-pip --dry-run --progress-spinner off

audit: $(VENV)/.dev  ## ask PyPI whether what is pinned has known holes
	$(BIN)/pip-audit --requirement requirements.txt --require-hashes --disable-pip --progress-spinner off

check-settings:
	WHARF_BASE_URL=https://wharf.example WHARF_HSTS_SUBDOMAINS=true WHARF_HSTS_PRELOAD=true SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

check-translations:
	$(BIN)/python -m translations --check

check-migrations:
	$(BIN)/python manage.py makemigrations --check --dry-run

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

zone-names: $(VENV)/.dev  ## what zones are called in every language, of a newer Babel
	$(BIN)/python -m importers.formats.make_zone_names
	$(BIN)/python -m translations.zone_cities

messages: $(VENV)/.dev  ## bring the catalogues of other languages up to date with the code, and compile them
	$(BIN)/python -m translations $(ARGS)

requirements: $(VENV)/.dev  ## pin what the .in files ask for, for every Python at once
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements-dev.in -o requirements-dev.txt
