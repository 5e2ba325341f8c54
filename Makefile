# Two commands matter: `make up` boots the demonstration, `make test` runs every test.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
C_SOURCES = $(shell git ls-files '*.c' '*.h')

.PHONY: up down test lint format setup packages benchmark clean

up: setup
	$(BIN)/meshkernel up -d topology.toml
	$(BIN)/python scripts/first_request.py

down:
	$(BIN)/meshkernel down topology.toml

test: setup lint
	$(BIN)/pytest

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run --Werror $(C_SOURCES)
	$(BIN)/python scripts/tidy.py

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/clang-format -i $(C_SOURCES)

setup: packages $(INSTALLED)

packages:
	@scripts/system-packages

$(INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[test,demo,lint]'
	touch $@

benchmark: setup
	$(BIN)/python -m benchmarks.echo

clean:
	rm -rf build $(VENV)
