# Two commands matter: `make up` boots the demonstration, `make test` runs every test.

PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
C_SOURCES = $(shell git ls-files '*.c' '*.h')

.PHONY: up down test lint format setup packages benchmark clean

up: setup
	@$(BIN)/meshkernel up -d topology.toml
	@$(BIN)/python scripts/first_request.py

down:
	@$(BIN)/meshkernel down topology.toml

test: setup lint
	@PYTHON=$(PYTHON) scripts/system-packages test
	$(BIN)/pytest -n $(WORKERS)

lint: setup
	$(BIN)/ruff format --quiet --check .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	@echo $(BIN)/clang-format --dry-run --Werror
	@$(BIN)/clang-format --dry-run --Werror $(C_SOURCES)
	$(BIN)/python scripts/tidy.py

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/clang-format -i $(C_SOURCES)

setup: packages $(INSTALLED)

packages:
	@PYTHON=$(PYTHON) scripts/system-packages

# Twice quiet: errors are shown, and nothing else.
$(INSTALLED): pyproject.toml
	@echo "make: installing the Python environment in $(VENV)/"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -qq --disable-pip-version-check --editable '.[test,wheels,demo,lint]'
	@touch $@

benchmark: setup
	@$(BIN)/pip install -qq --disable-pip-version-check --editable '.[benchmark]'
	for each in echo boot mesh summon scale; do $(BIN)/python -m benchmarks.$$each || exit; done

clean:
	rm -rf build $(VENV)
