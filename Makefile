# Two commands do everything: `make run` shows it working, `make test` is what CI runs (Spark has a job of its own).
# Both work in a bare clone on a machine with python3 (3.11+), make and git.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
comma := ,
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DBT_PROFILES_DIR := $(CURDIR)
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

# install the project with extras: $(call install,dev)
install = if command -v uv >/dev/null 2>&1; then \
	    uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[$(1)]'; \
	  else \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(1)]'; \
	  fi

.PHONY: help setup setup-spark run spark test test-spark lint types test-python build benchmark clean constraints

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV)/.ready  ## the virtual environment, from the pinned constraints

$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "setting up $(VENV) (once; about a minute)" >&2
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) $(VENV); else $(PYTHON) -m venv $(VENV); fi
	@$(call install,dev)
	@touch $@

setup-spark: $(VENV)/.spark-ready  ## the same with Spark in it (some 400 MB; Java 17 is yours to install)

$(VENV)/.spark-ready: $(VENV)/.ready constraints-spark.txt
	@echo "adding Spark to $(VENV) (once)" >&2
	@if command -v uv >/dev/null 2>&1; then \
	  uv pip install --quiet --python $(BIN)/python -c constraints.txt -c constraints-spark.txt -e '.[dev,spark]'; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    -c constraints.txt -c constraints-spark.txt -e '.[dev,spark]'; \
	fi
	@touch $@

run: setup  ## the demo shop from raw rows to an audience: build, train, score, build what reads the scores
	clm-ml build
	clm-ml train
	clm-ml score
	clm-ml build --selector after_scoring
	clm-ml status

spark: export DBT_TARGET := spark
spark: setup-spark  ## the same as `run`, on Spark
	dbt build --quiet
	clm-ml train
	clm-ml score
	dbt build --quiet --selector after_scoring
	clm-ml status

test: setup lint types test-python  ## what .ci/run runs: everything but Spark

lint:  ## SQL, YAML and Python style
	ruff check .
	ruff format --check .
	yamllint --strict .
	sqlfluff lint models tests/dbt/singular --processes 2 --disable-progress-bar

types:  ## static types
	mypy

test-python:  ## every test, three at a time; the dbt builds run inside (tests/python/warehouse and its neighbours)
	pytest -n 3 --dist loadfile --no-loadscope-reorder

test-spark: setup-spark  ## the demo, built and scored on Spark, against DuckDB's rows: a CI job of its own (needs Java 17)
	pytest tests/python/spark

build: setup  ## every model and test on the demo shop
	clm-ml build

benchmark: setup  ## speed in ratios, at three sizes: benchmarks/report.md (ARGS=--quick for a smoke test)
	@$(call install,dev$(comma)benchmark)
	python -m benchmarks $(ARGS)

clean:  ## remove everything that can be made again
	rm -rf target logs warehouse/* .pytest_cache .mypy_cache .ruff_cache

constraints:  ## refresh the pinned versions (needs uv)
	uv pip compile --quiet --universal --no-emit-index-url --no-header --no-annotate --python-version 3.11 --extra dev --extra benchmark pyproject.toml -o constraints.txt
