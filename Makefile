# The commands of Weir's developers; `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The first interpreter that can build Weir, else python3, of which the set-up then says what it lacks.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do \
	$$name tools/preflight.py 2>/dev/null && command -v $$name && exit; done; command -v python3)
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
PACKAGES := config discovery policies gateway tools $(wildcard benchmarks)
PIP_COMPILE := $(PY) -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options
# Workers of pytest-xdist and of the compiler; `make test JOBS=0` runs in one process, TESTS="tests/config -k name" narrows
# the run.
JOBS ?= 2
TESTS ?= tests
# The CPU time of `make fuzz`.
SECONDS ?= 600
# How long `make soak` takes.
MINUTES ?= 10
# The tests that also run uncompiled: those that mirror a module with a compiled form (a .pxd beside it), and whole folders of
# those that are about them: scanners, codecs, the properties of the parsers, the fuzz corpus, whole gateways.
COMPILED := $(basename $(shell find config discovery policies gateway -name '*.pxd'))
MIRRORS := $(foreach module,$(COMPILED),tests/$(module) tests/$(dir $(module))test_$(notdir $(module)).py)
PURE_FOLDERS := tests/gateway/hot tests/gateway/codec tests/props tests/fuzz tests/integration
PURE_TESTS := $(PURE_FOLDERS) $(sort $(filter-out $(addsuffix /%,$(PURE_FOLDERS)),$(wildcard $(MIRRORS))))

.PHONY: help setup test-tools build check test fuzz soak demo bench bench-quick bench-tools simulate docs lock lock-tools wheel format clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: $(STAMP) build ## make .venv from the lock file (hashes checked), compile, install the `weir` command

$(STAMP): requirements-dev.lock pyproject.toml setup.py
	@test -n "$(PYTHON)" || { echo "error: no python3 found; on Debian: apt-get install python3 python3-venv python3-dev" >&2; exit 1; }
	@$(PYTHON) tools/preflight.py
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked packages into $(VENV)"
	@$(PY) -m pip install -qq --require-hashes --no-deps -r requirements-dev.lock
	@WEIR_COMPILE=later $(PY) -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

test-tools: $(STAMP) ## fetch the programs that tests need (Consul, Redis, nginx, Envoy, ...) into .tools, without root
	@$(PY) -m tools.fetch test

bench-tools: $(STAMP) ## fetch the programs that only benchmarks need as well (dnsperf, valgrind, perf)
	@$(PY) -m tools.fetch test bench

build: $(STAMP) ## compile the modules that have a .pxd, in place and incrementally
	@$(PY) setup.py --quiet build_ext --inplace --parallel $(JOBS)

check: $(STAMP) ## ruff, mypy strict, the walls (import-linter), the lock file's place
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy $(addprefix -p ,$(PACKAGES))
	$(VENV)/bin/lint-imports --no-cache

test: build ## all tests, compiled, and before them with WEIR_PURE=1 those of compiled modules and of whole gateways
	@if test "$(TESTS)" = tests; then \
		WEIR_PURE=1 $(PY) -m pytest -q -n $(JOBS) --dist loadgroup $(PURE_TESTS); \
	fi
	$(PY) -m pytest -q -n $(JOBS) --dist loadgroup $(TESTS)

fuzz: build ## nightly: the parser tests under ASan and UBSan, then SECONDS=600 of CPU time of coverage-guided fuzzing
	@$(PY) -m pip install -qq --require-hashes --no-deps -r requirements-fuzz.lock
	@$(PY) -m tests.fuzz.sanitized
	@$(PY) -m tests.fuzz run --seconds $(SECONDS)

soak: build ## MINUTES=10 of mixed traffic with reloads: no failed request, memory flat, no descriptor left
	@$(PY) -m tests.chaos.soak --minutes $(MINUTES)

demo: build ## Consul, three echo services and Weir, with requests through it; stays up until ^C
	@$(PYTHON) -m tools.fetch demo
	@$(PY) -m tools.demo

bench: build ## all benchmarks, against all peers
	@$(PY) -m benchmarks run

bench-quick: build ## the benchmarks that a change to the hot path needs, under two minutes
	@$(PY) -m benchmarks run --quick

simulate: build ## a simulated fleet of 100 gateways and 1,000 endpoints; minutes, the same tables in every run
	@$(PY) -m benchmarks simulate

docs: build ## write docs/reference again from the code
	@$(PY) -m tools.docs

wheel: $(STAMP) ## build dist/*.whl with the compiled modules
	$(PY) -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

lock: $(STAMP) ## write the lock files again from pyproject.toml
	$(PIP_COMPILE) --upgrade --output-file requirements.lock pyproject.toml
	$(PIP_COMPILE) --upgrade --only-build-deps --build-deps-for wheel --output-file requirements-build.lock pyproject.toml
	$(PIP_COMPILE) --upgrade --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
	$(PIP_COMPILE) --upgrade --extra fuzz --constraint requirements-dev.lock --output-file requirements-fuzz.lock pyproject.toml

lock-tools: $(STAMP) ## pin the current versions of the programs in tools/programs.toml
	@$(PY) -m tools.repin

format: $(STAMP) ## let ruff fix and format what it can
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

clean: ## remove what the build made, not .venv and .tools
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find . -path ./.venv -prune -o -path ./.tools -prune -o \( -name '*.so' -o -name __pycache__ \) -print0 | xargs -0 rm -rf
