# make run          start the page
# make test         all tests
# make test-js      unit tests of the page's script
# make check        formatter, linter, type checker, rules of imports, documents and words
# make coverage     line coverage of all but the browser tests
# make bench        benchmarks
# make shots        screenshots of the page, and the README's animation
# make lock         lock the versions of all dependencies; UPGRADE=--upgrade takes the newest
# make test-newest  all tests with the newest dependencies
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKER := .locker
NEWEST := .venv-newest
S3_SERVER := .venv-s3-server
INSTALL := -m pip install --quiet --disable-pip-version-check
WORKERS := -n 2 --dist loadfile --no-loadscope-reorder
# Compiled tests are kept, also where the environment says otherwise: compiling them takes longer than importing Gradio.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest $(WORKERS)
LOCK := $(LOCKER)/bin/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock" $(UPGRADE)
COMPILE := $(LOCK) pyproject.toml

.PHONY: run test test-js test-fast test-long test-newest check coverage bench shots lock needs

run: $(VENV)/.installed
	$(BIN)/python app.py

test: $(VENV)/.developed needs test-js
	$(PYTEST)

# Pure functions of the page's script.
test-js: needs
	node --test tests/js/*.test.js

test-fast: $(VENV)/.developed needs test-js
	$(PYTEST) --ignore tests/browser --ignore tests/app

# All tests, with more examples and more points at which the program is killed: about fifteen minutes.
test-long: $(VENV)/.developed needs
	$(PYTEST) -m "" --hypothesis-profile long

# The browser tests run the program in other processes, which are not measured.
coverage: $(VENV)/.developed needs
	$(PYTEST) --ignore tests/browser --cov flux_playground --cov-report term:skip-covered

check: $(VENV)/.developed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --quiet tests/test_architecture.py tests/test_docs.py tests/test_prose.py

bench: $(VENV)/.developed needs
	for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

shots: $(VENV)/.developed needs
	$(BIN)/python -m scripts.screenshots
	$(BIN)/python -m scripts.readme_animation

# The runtime lock includes the build backend. The development lock adds to it, at the same versions.
lock: $(LOCKER)/bin/uv
	$(COMPILE) --extra socks --extra mcp --extra postgres --extra s3 --group build --generate-hashes --output-file requirements.lock
	$(COMPILE) --extra socks --extra mcp --extra postgres --extra s3 --group build --group dev --constraint requirements.lock --generate-hashes \
		--output-file requirements-dev.lock
	$(COMPILE) --extra socks --extra mcp --extra postgres --extra s3 --constraint requirements.lock --no-annotate --output-file requirements.txt
	$(LOCK) --group pyproject.toml:s3-server --generate-hashes --output-file requirements-s3-server.lock

# The newest versions, also beyond the bounds of pyproject.toml, in a separate environment.
test-newest: needs
	rm -rf $(NEWEST)
	$(PYTHON) -m venv $(NEWEST)
	$(NEWEST)/bin/python $(INSTALL) --upgrade pip
	$(NEWEST)/bin/python .ci/newest.py > $(NEWEST)/newest.txt
	$(NEWEST)/bin/python $(INSTALL) --upgrade --requirement $(NEWEST)/newest.txt
	$(NEWEST)/bin/python $(INSTALL) --no-deps --no-build-isolation --editable .
	$(NEWEST)/bin/python -m pytest $(WORKERS)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python $(INSTALL) --require-hashes --requirement requirements.lock
	$(BIN)/python $(INSTALL) --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.developed: requirements-dev.lock $(VENV)/.installed
	$(BIN)/python $(INSTALL) --require-hashes --requirement requirements-dev.lock
	touch $@

$(LOCKER)/bin/uv:
	$(PYTHON) -m venv $(LOCKER)
	$(LOCKER)/bin/python $(INSTALL) "uv>=0.9"

needs: $(S3_SERVER)/.installed
	sh .ci/needs

# The S3 server of the tests, which cannot share an environment with Gradio.
$(S3_SERVER)/.installed: requirements-s3-server.lock
	$(PYTHON) -m venv $(S3_SERVER)
	$(S3_SERVER)/bin/python $(INSTALL) --require-hashes --requirement requirements-s3-server.lock
	touch $@
