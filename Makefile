# Everything a clone needs: `make demo` and `make test` set up what they use, in .venv, and are quick the second time.

# The first interpreter that is new enough (3.11) and not too new (3.14): one set of tested pins serves exactly these.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
	if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1; \
	then echo $$python; break; fi; done)
UV := $(shell command -v uv 2>/dev/null)
VENV := .venv
BIN := $(VENV)/bin
# Two workers more than cores: many tests wait, for a program that they started or for a timeout that is their subject.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)
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
.PHONY: help demo test coverage mutants test-engines test-long test-repeat test-proxy test-node test-openai3 test-pythons \
	release-check lint format types docs bench bench-bulk soak chaos fuzz node-clients test-matrix proxy-env renew clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9%-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12, 3.13 or 3.14 is needed; found only: $$(python3 --version 2>&1)." \
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
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST)

coverage: $(VENV)/.dev ## all tests, with the share of the core's branches that they reach; below the gate it fails
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --timeout 900 --cov --cov-report term:skip-covered --cov-report html:.cache/coverage $(PYTEST)

# A room takes an hour and more: name a file of auth, replies, requests or routing, MUTANTS=routing/_health.py.
mutants: .venv-mutants/.ready ## change a file of the core in small ways, and see whether its tests notice (MUTANTS=room/file)
	.venv-mutants/bin/python -m tests.support.mutants $(or $(MUTANTS),routing/_retry_policy.py)

test-long: $(VENV)/.dev ## the property tests with new examples, twenty times as many; what one finds becomes a test
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m hypothesis --hypothesis-profile long --timeout 7200 $(PYTEST)

test-repeat: $(VENV)/.dev ## all tests ten times in random order (RUNS=3 for fewer); what fails once is mended, not retried
	@for run in $$(seq $(or $(RUNS),10)); do \
		seed=$$(od -An -N2 -tu2 /dev/urandom | tr -d ' '); \
		echo "run $$run of $(or $(RUNS),10), --random-order-seed $$seed"; \
		$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal --random-order --random-order-seed $$seed $(PYTEST) || exit 1; \
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
# The core without the frameworks, on the SDK's next major version. By a name, as below: its commas would divide a call's arguments.
CORE_ALONE := .[cli,emulator,fast,redis,keyvault]
ENGINES := .[bulk,cli,emulator,fast]
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
	@$(call without,litellm|openai|jiter) > .venv-openai3/pins.txt
	@$(call install,.venv-openai3,-c .venv-openai3/pins.txt,-e '$(CORE_ALONE)' 'openai>=3' websockets fakeredis httpx $(TOOLS))
	@touch $@

.venv-mutants/.ready: $(PROJECT)
	@echo "installing mutmut and the core into .venv-mutants (once)"
	@$(call create,.venv-mutants)
	@$(call without,rich|textual) > .venv-mutants/pins.txt
	@$(call install,.venv-mutants,-c .venv-mutants/pins.txt,-e '$(CORE_ALONE)' mutmut fakeredis $(TOOLS))
	@touch $@

.venv-engines/.ready: $(PROJECT)
	@echo "installing Ray and Spark into .venv-engines (once; a gigabyte)"
	@$(call create,.venv-engines)
	@$(call install,.venv-engines,-c constraints.txt,-e '$(ENGINES)' --group engines psutil $(TOOLS))
	@touch $@

# Another Python, for the core's tests: by its name, or where pyenv keeps it.
python_of = $(firstword $(foreach python,python$(1) $(wildcard $(HOME)/.pyenv/versions/$(1).*/bin/python),$(shell \
	$(python) -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "$(1)")' >/dev/null 2>&1 && echo $(python))))
PYTHONS := 3.12 3.13 3.14

.venv-core-%/.ready: $(PROJECT)
	@echo "installing the core with Python $* into .venv-core-$* (once)"
	@$(call python_of,$*) -m venv .venv-core-$*
	@.venv-core-$*/bin/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	@$(call install,.venv-core-$*,-c constraints.txt,-e '$(CORE_ALONE)' websockets fakeredis $(TOOLS))
	@touch $@

test-python-%: ## the core's tests with another Python: test-python-3.12, 3.13 or 3.14
	@if [ -z "$(call python_of,$*)" ]; then echo "Python $* is not installed here: its tests did not run."; else \
		$(MAKE) --no-print-directory .venv-core-$*/.ready && \
		.venv-core-$*/bin/python -m pytest -q -n $(WORKERS) -p no:cacheprovider -p tests.support.skips --matrix $(CORE_TESTS); fi

python-of-%:
	@echo $(call python_of,$*)

test-pythons: $(addprefix test-python-,$(PYTHONS)) ## the core's tests with each other Python that is installed

test-engines: .venv-engines/.ready ## bulk jobs on Ray and on Spark (Java 17), with workers and drivers killed
	.venv-engines/bin/python -m pytest -q -p no:cacheprovider -p tests.support.skips --matrix tests/bulk/engines

proxy-env: .venv-proxy/.ready ## the environment of its own that LiteLLM's Proxy needs

test-proxy: $(VENV)/.dev .venv-proxy/.ready ## LiteLLM's Proxy with our prefix
	$(BIN)/python -m pytest -q -p tests.support.skips tests/litellm/test_proxy.py

test-node: $(VENV)/.dev node-clients ## JavaScript's clients against the emulator
	$(BIN)/python -m pytest -q -p tests.support.skips tests/emulator/test_node.py

test-litellm-%: .venv-litellm-%/.ready ## another LiteLLM: test-litellm-low, test-litellm-new
	.venv-litellm-$*/bin/python -m pytest -q -n $(WORKERS) -p no:cacheprovider -p tests.support.skips --matrix \
		--ignore tests/litellm/test_proxy.py --ignore tests/litellm/test_langchain.py tests/litellm

test-openai3: .venv-openai3/.ready ## the core on the SDK's next major version
	.venv-openai3/bin/python -m pytest -q -n $(WORKERS) -p no:cacheprovider -p tests.support.skips --matrix $(CORE_TESTS)

test-matrix: test-proxy test-litellm-low test-litellm-new test-openai3 ## other versions: LiteLLM, its Proxy, openai 3

# The newest versions that the ranges of pyproject.toml allow, in an environment of their own; the pins change only where
# all tests pass with them. Ray and Spark are in it, so that their tests run, too.
renew: ## resolve newer pins within the ranges, show what changes, and write it down where all tests pass with them
	rm -rf .venv-renew && $(PYTHON) -m venv .venv-renew
	.venv-renew/bin/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	.venv-renew/bin/python -m pip install --quiet --disable-pip-version-check -e . --group dev --group engines
	@.venv-renew/bin/python -m pip freeze --all --exclude-editable > .venv-renew/frozen.txt
	@.venv-renew/bin/python -m tests.support.pins constraints.txt < .venv-renew/frozen.txt
	.venv-renew/bin/python -m pytest -q -n $(WORKERS) --dist worksteal -p tests.support.skips $(PYTEST)
	@.venv-renew/bin/python -m tests.support.pins constraints.txt --write < .venv-renew/frozen.txt >/dev/null
	@echo "written into constraints.txt; git diff constraints.txt shows it. constraints-proxy.txt is renewed by hand."

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

bench-bulk: $(VENV)/.dev ## bulk work: pace, speed, memory, kills, batches; ten minutes (BENCH="--full --write": three quarters of an hour, into docs/bulk.md)
	$(BIN)/python -m benchmarks.bulk $(BENCH)

clean: ## remove environments and caches
	rm -rf .venv .venv-* .cache .pytest_cache .ruff_cache .hypothesis site build dist
