# make run: the page · make test: all tests · make check: format, lint, types · make bench: the figures · make shots: screenshots
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check bench shots needs

run: $(VENV)/.installed
	$(BIN)/python app.py

test: $(VENV)/.developed needs
	$(BIN)/python -m pytest -n 2

check: $(VENV)/.developed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.developed needs
	for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

shots: $(VENV)/.developed needs
	$(BIN)/python tests/shots.py

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.developed: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group dev
	touch $@

needs:
	sh .ci/needs
