# Everything a clone needs: `make demo` and `make test` set up what they use, in .venv, and are quick the second time.

# The first interpreter that is new enough (3.11) and not too new (3.13): one set of tested pins serves exactly these.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; \
	then echo $$python; break; fi; done)
UV := $(shell command -v uv 2>/dev/null)
VENV := .venv
BIN := $(VENV)/bin
PROJECT := pyproject.toml constraints.txt
# Bytecode is kept, also where the shell says not to: each worker, and each program that a test starts, would compile
# all of it again, which doubles the suite's time.
export PYTHONDONTWRITEBYTECODE :=
export UV_COMPILE_BYTECODE := 1
SOURCES := azure_connector sk_azure_plugin litellm_adapter samples tests benchmarks docs

# $(call install,ENVIRONMENT,PINS,WHAT): uv where it is installed, else pip new enough for dependency groups.
ifdef UV
install = $(UV) pip install --quiet --python $(1)/bin/python $(2) $(3)
create = $(UV) venv --quiet --allow-existing --python $(PYTHON) $(1)
else
install = $(1)/bin/python -m pip install --quiet --disable-pip-version-check $(2) $(3)
create = $(PYTHON) -m venv $(1) && $(1)/bin/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
endif

.DEFAULT_GOAL := help
.PHONY: help demo test test-engines test-long test-repeat release-check lint format types docs bench bench-bulk soak chaos fuzz node-clients test-matrix proxy-env clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; found only: $$(python3 --version 2>&1)." \
		"Name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "creating $(VENV) with $(PYTHON)"
	@$(call create,$(VENV))

$(VENV)/.demo: $(PROJECT) | $(VENV)/bin/python
	@echo "installing what the demo needs (once)"
	@$(call install,$(VENV),-c constraints.txt,-e . --group demo)
	@touch $@

$(VENV)/.dev: $(PROJECT) | $(VENV)/bin/python
	@echo "installing what the tests need (once; about a gigabyte)"
	@$(call install,$(VENV),-c constraints.txt,-e . --group dev)
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo ## one Azure deployment through three doors, against the embedded emulator
	@LITELLM_LOCAL_MODEL_COST_MAP=True $(BIN)/python samples/quickstart.py

test: $(VENV)/.dev ## all tests
	$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST)

test-long: $(VENV)/.dev ## the property tests with new examples, twenty times as many; what one finds becomes a test
	$(BIN)/python -m pytest -n auto --dist worksteal -m hypothesis --hypothesis-profile long --timeout 7200 $(PYTEST)

test-repeat: $(VENV)/.dev ## all tests ten times in random order (RUNS=3 for fewer); what fails once is mended, not retried
	@for run in $$(seq $(or $(RUNS),10)); do \
		seed=$$(od -An -N2 -tu2 /dev/urandom | tr -d ' '); \
		echo "run $$run of $(or $(RUNS),10), --random-order-seed $$seed"; \
		$(BIN)/python -m pytest -q -n auto --dist worksteal --random-order --random-order-seed $$seed $(PYTEST) || exit 1; \
	done

release-check: $(VENV)/.dev ## build what would be published, and try it in empty environments
	$(BIN)/python -m pytest -q -m release --timeout 900 tests/packaging $(PYTEST)

chaos: $(VENV)/.dev ## 10,000 calls through all doors in a storm of faults; CHAOS="--seed 2" for another one
	$(BIN)/python -W ignore -m tests.chaos.run $(CHAOS)

fuzz: $(VENV)/.dev ## thousands of requests that no sane client sends, at all the emulator's doors; FUZZ="--seed 2" for others
	$(BIN)/python -m tests.emulator.fuzzing $(FUZZ)
	$(BIN)/python -m tests.emulator.fuzzing_doors $(FUZZ)

node-clients: ## JavaScript's clients, which the emulator's tests run where node is
	cd tests/emulator/node && npm install --no-audit --no-fund --no-package-lock

soak: $(VENV)/.dev ## 100,000 calls with faults in one process: its memory; then load over many lifetimes of short tokens
	$(BIN)/python -W ignore tests/soak/soak_memory.py $(SOAK_CALLS)
	$(BIN)/python tests/soak/soak_tokens.py $(SOAK)

# $(call without,PACKAGES): the pins without some packages, for environments that hold another version of them.
without = grep -vE '^($(1))==' constraints.txt
TOOLS := pytest pytest-asyncio pytest-timeout pytest-xdist hypothesis
# The core without the frameworks, on the SDK's next major version. By a name: its commas would divide a call's arguments.
CORE_ALONE := .[emulator,fast,redis,keyvault]
CORE_TESTS := $(addprefix tests/,client settings routing tools responses fitting auth speed)

.venv-proxy/.ready: pyproject.toml constraints-proxy.txt
	@echo "installing LiteLLM's Proxy into .venv-proxy (once)"
	@$(call create,.venv-proxy)
	@$(call install,.venv-proxy,-c constraints-proxy.txt,-e '.[emulator]' 'litellm[proxy]')
	@touch $@

.venv-litellm-low/.ready: $(PROJECT)
	@echo "installing the lowest LiteLLM into .venv-litellm-low (once)"
	@$(call create,.venv-litellm-low)
	@$(call without,litellm) > .venv-litellm-low/pins.txt
	@$(call install,.venv-litellm-low,-c .venv-litellm-low/pins.txt,-e '.[emulator]' 'litellm==1.99.0' $(TOOLS))
	@touch $@

# Its cached replies import a part of its Proxy, and its health checks want backoff.
.venv-litellm-new/.ready: $(PROJECT)
	@echo "installing the newest LiteLLM and openai into .venv-litellm-new (once)"
	@$(call create,.venv-litellm-new)
	@$(call without,litellm|openai|jiter|certifi) > .venv-litellm-new/pins.txt
	@$(call install,.venv-litellm-new,-c .venv-litellm-new/pins.txt,-e '.[emulator]' 'litellm>=1.110' 'openai>=3.57' \
		backoff fastapi diskcache orjson $(TOOLS))
	@touch $@

.venv-openai3/.ready: $(PROJECT)
	@echo "installing the newest openai 3 into .venv-openai3 (once)"
	@$(call create,.venv-openai3)
	@$(call without,litellm|openai) > .venv-openai3/pins.txt
	@$(call install,.venv-openai3,-c .venv-openai3/pins.txt,-e '$(CORE_ALONE)' 'openai>=3' websockets fakeredis $(TOOLS))
	@touch $@

.venv-engines/.ready: $(PROJECT)
	@echo "installing Ray and Spark into .venv-engines (once; a gigabyte)"
	@$(call create,.venv-engines)
	@$(call install,.venv-engines,-c constraints.txt,-e '.[bulk,cli,emulator,fast]' --group engines psutil $(TOOLS))
	@touch $@

test-engines: .venv-engines/.ready ## bulk jobs on Ray and on Spark (Java 17), with workers and drivers killed
	.venv-engines/bin/python -m pytest -q -p no:cacheprovider tests/bulk/engines

proxy-env: .venv-proxy/.ready ## the environment of its own that LiteLLM's Proxy needs

MATRIX := .venv-proxy/.ready .venv-litellm-low/.ready .venv-litellm-new/.ready .venv-openai3/.ready
test-matrix: $(VENV)/.dev $(MATRIX) ## other versions: lowest and newest LiteLLM, its Proxy, openai 3
	$(BIN)/python -m pytest -q tests/litellm
	for version in low new; do .venv-litellm-$$version/bin/python -m pytest -q -p no:cacheprovider \
		--ignore tests/litellm/test_proxy.py --ignore tests/litellm/test_langchain.py tests/litellm || exit 1; done
	.venv-openai3/bin/python -m pytest -q -n auto -p no:cacheprovider $(CORE_TESTS)

lint: $(VENV)/.dev ## ruff: rules and format; import-linter: the rooms of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.dev ## ruff: mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.dev ## pyright, strict for the core
	$(BIN)/pyright

docs: $(VENV)/.dev ## the documentation, strictly, into site/
	$(BIN)/python docs/generate_settings.py
	$(BIN)/python docs/generate_models.py
	$(BIN)/python docs/generate_operations.py
	$(BIN)/python docs/generate_emulator.py
	$(BIN)/python docs/generate_reference.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir site

bench: $(VENV)/.dev ## speed beside the stacks it replaces, into docs/performance.md; five minutes (BENCH=--quick)
	$(BIN)/python -m benchmarks.speed $(or $(BENCH),--write)

bench-bulk: $(VENV)/.dev ## bulk work: pace, speed, memory, kills, batches, into docs/bulk.md; half an hour
	$(BIN)/python -m benchmarks.bulk $(or $(BENCH),--write)

clean: ## remove environments and caches
	rm -rf .venv .venv-* .cache .pytest_cache .ruff_cache .hypothesis site build dist
