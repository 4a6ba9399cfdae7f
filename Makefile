# make run     start the product: environment, database, first login and first project included
# make check   format, lint, types, templates, migrations, architecture, docs
# make test    all tests, on SQLite and again on PostgreSQL
# make fuzz    look for inputs that break a promise, SECONDS=60 for each target
# make shots   the screenshots of docs/images, from the demo
# make test-long, make bench, make lock (lock files from pyproject.toml; UPGRADE=--upgrade), make clean

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
sum = $(shell cat $(1) | cksum | cut -d' ' -f1)

# An environment is as good as its stamp: named for what went into it, made when all of it is there.
VENV := .venv/run-$(call sum,requirements/run.txt requirements/build.txt)-$(shell echo $(CURDIR) | cksum | cut -d' ' -f1)
PROJECT := .venv/project-$(call sum,pyproject.toml)
DEV := .venv/dev-$(call sum,requirements/dev.txt)
FUZZ := .venv-fuzz/fuzz-$(call sum,requirements/run.txt requirements/fuzz.txt)
SECONDS ?= 60
# More than there are processors: tests that start processes wait more than they work.
SPREAD := -n 4 --dist loadfile --no-loadscope-reorder

# Settings without a data directory, for tools that import them and touch nothing.
INERT := SECRET_KEY=not-a-secret-not-a-secret-not-a-secret BUGSINK_LITE_DATA=.cache/check

.PHONY: run check test test-long fuzz bench shots lock clean

run: $(PROJECT)
	@exec $(BIN)/bugsink-lite run

check: $(PROJECT) $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(INERT) $(BIN)/mypy
	find templates -name '*.html' -exec $(BIN)/djade --check --target-version 5.2 {} +
	DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/bugsink-lite makemigrations --check --dry-run
	$(BIN)/typos
	@! grep -nE '://|--index-url|--find-links' requirements/*.txt || { echo 'A lock file names a host.'; exit 1; }
	@! grep -n '"resolved"' tests/node/package-lock.json || { echo 'A lock file names a host.'; exit 1; }
	$(BIN)/python -m pytest -p no:randomly tests/test_architecture.py tests/test_docs.py

test: $(PROJECT) $(DEV)
	$(BIN)/python -m tests.system
	$(BIN)/python -m pytest $(SPREAD)
	$(BIN)/python -m tests.with_postgres $(BIN)/python -m pytest $(SPREAD)

test-long: $(PROJECT) $(DEV)
	$(BIN)/python -m tests.system
	$(BIN)/python -m pytest -m long
	$(BIN)/python -m tests.with_postgres $(BIN)/python -m pytest -m long

fuzz: $(FUZZ)
	.venv-fuzz/bin/python -m tests.fuzz --seconds $(SECONDS)

bench: $(PROJECT) $(DEV)
	$(BIN)/python -m tests.system
	$(BIN)/python -m bench $(ARGS)

shots: $(PROJECT) $(DEV)
	$(BIN)/python -m tests.system
	$(BIN)/python -m tests.screenshots

COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate -p 3.11 \
	--custom-compile-command 'make lock' $(UPGRADE)
lock: $(PROJECT) $(DEV)
	$(COMPILE) pyproject.toml -o requirements/run.txt
	$(COMPILE) pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
	$(COMPILE) --group build -c requirements/dev.txt -o requirements/build.txt
	$(COMPILE) --group fuzz -c requirements/run.txt -o requirements/fuzz.txt
	cd tests/node && npm install --package-lock-only --no-audit --no-fund

clean:
	rm -rf .venv .venv-fuzz .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist tests/node/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; PYTHON=... names it." if sys.version_info < (3, 11) else 0)'
	@echo 'Making the environment in .venv'
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) install --require-hashes -r requirements/run.txt -r requirements/build.txt
	@touch $@

$(PROJECT): $(VENV)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@rm -f .venv/project-* && touch $@

$(DEV): $(VENV)
	@echo 'Adding the tools to .venv'
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@rm -f .venv/dev-* && touch $@

# Of its own: what it adds has no wheel for every Python that we support.
$(FUZZ):
	@echo 'Making the environment of the fuzzer in .venv-fuzz'
	@$(PYTHON) -m venv --clear .venv-fuzz
	@.venv-fuzz/bin/python -m pip --quiet --disable-pip-version-check --no-input install --require-hashes \
		-r requirements/run.txt -r requirements/fuzz.txt
	@touch $@
