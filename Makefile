# Needs Python 3.11 or newer and make, nothing else. The environment is kept in .venv; the stamps make repeats quick.
PYTHON ?= python3
BIN := .venv/bin
BASE := .venv/base.stamp
DEV := .venv/dev.stamp
# Compiling every module takes as long as all the rest, and Python compiles those that it imports by itself.
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet --prefer-binary --no-compile --constraint constraints.txt

.PHONY: quickstart review test lint bench

# The main job on the bundled sample, from nothing to a summary.
quickstart: $(BASE)
	@$(BIN)/backmath quickstart

# People's part of it: the sample's doubtful problems in the browser, on this machine, until Ctrl-C.
review: quickstart
	@$(BIN)/backmath review serve --push 60

# Everything that has to hold before a change goes in. What takes long to fetch comes first, and no test waits for it;
# pytest comes last: its summary ends the output.
test: lint
	@$(BIN)/python -m curation.review.server.environment
	@$(BIN)/python -m tests.browser
	@$(BIN)/python -m tests.datasets_environment
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadgroup

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd curation/review/server/site && $(CURDIR)/$(BIN)/mypy --strict --ignore-missing-imports --allow-subclassing-any \
		--allow-untyped-decorators --cache-dir $(CURDIR)/.mypy_cache/site --package argilla_embedded
	$(BIN)/lint-imports

# One line a benchmark; those that need public data find it in the folder named by BACKMATH_DATA.
bench: $(DEV)
	@failed=0; for script in $$(grep -l __main__ benchmarks/*.py); do \
		$(BIN)/python -m "benchmarks.$$(basename "$$script" .py)" || failed=1; \
	done; exit $$failed

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "BackMATH needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv

$(BASE): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing BackMATH into .venv (about half a minute)"
	@$(INSTALL) --editable .
	@touch $@

$(DEV): $(BASE)
	@echo "Installing what the tests need into .venv"
	@$(INSTALL) --editable '.[dev,local,training]'
	@-$(BIN)/python -m compileall -qq -j 0 -x '/(tests|testing|models|moto)/' .venv/lib  # tests start many processes
	@touch $@
