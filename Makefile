# Two commands: `make demo` runs the whole loop on real digits, `make test` the test suite. Both install first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
# Two torch threads on two busy cores can be slower than one; the networks of the demo and the tests are small.
export OMP_NUM_THREADS ?= 1

.PHONY: demo test lint types check install clean

demo: $(READY)
	$(BIN)/alc-simulate name=demo

test: $(READY)
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell

types: $(READY)
	$(BIN)/mypy

check: lint types test

install: $(READY)

# The install is repeated when pyproject.toml changes; the mark is written last, so a broken install is repeated too.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("alc needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; type make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $(READY)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
