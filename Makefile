# Swale: build, tests and the quick start. `make` alone lists what there is. Nothing is written outside of this folder,
# except Debian packages when run as root.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help quickstart setup build header test test-swift test-c test-python lint asan bench clean

PYTHON ?= python3
BUILD := .build/release
LIBRARY := $(BUILD)/libswale.so
ASAN := .build-asan
VENV := .venv
# An exported OPENBLAS_CORETYPE halves OpenBLAS on newer machines; SWALE_LIBRARY would test some other library.
unexport OPENBLAS_CORETYPE SWALE_LIBRARY

# `swift test` without its lines about tests that pass or are skipped, and with one total.
SUMMARY := awk "/^Test (Case|Suite) .*(started|passed|skipped)/ || /Test skipped/ || /^\\[[0-9]+\\/[0-9]+\\]/ { next } \
  /Executed [0-9]+ tests?/ { total = \$$0; next } { print } END { print total }"

heading = @printf '\n== %s ==\n' $(1)

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | while IFS='|' read -r name text; do \
	  printf '  make %-12s %s\n' "$$name" "$$text"; done

quickstart: build $(VENV)/ready ## set up, train on real images, write quickstart.png
	$(call heading,'Quick start')
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! dpkg -s dataset-fashion-mnist >/dev/null 2>&1; then \
	  echo 'installing dataset-fashion-mnist (optional)'; \
	  apt-get install -y -qq dataset-fashion-mnist >/dev/null 2>&1 || echo 'not available: going on without it'; fi
	@$(VENV)/bin/python examples/python/quickstart.py

setup: ## check the tools; install Debian packages that are missing (as root)
	@command -v swift >/dev/null || { echo 'Swift 6.3 or newer is needed: https://www.swift.org/install'; exit 1; }
	@missing=''; \
	command -v gcc >/dev/null || missing+=' gcc libc6-dev'; \
	command -v g++ >/dev/null || missing+=' g++'; \
	command -v $(PYTHON) >/dev/null || missing+=' python3'; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || missing+=' python3-venv'; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing$$missing"; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    { apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing; } >/dev/null; \
	  else echo "please install:$$missing"; exit 1; fi; fi

# The soname's link is what programs look for that were linked with -lswale.
build: setup ## build the release library .build/release/libswale.so
	$(call heading,'Release library')
	@swift build -c release --product swale --quiet
	@ln -sf libswale.so $(BUILD)/libswale.so.0
	@ls -l $(LIBRARY) | awk '{ printf "%s, %.1f MB\n", $$NF, $$5 / 1e6 }'

# Editable: Python uses the sources and the library of this folder. The link makes `pip install` of a copy unnecessary.
$(VENV)/ready: bindings/python/pyproject.toml | build
	$(call heading,'Python environment in $(VENV)')
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable 'bindings/python[dev]'
	@touch $@

header: build $(VENV)/ready ## write again what is generated: swale.h, _abi.py, bindings/abi, docs/components.md
	@$(PYTHON) bindings/generate.py
	@$(VENV)/bin/python docs/make_components.py

test: build test-c test-python lint test-swift ## set up and run every test
	$(call heading,'All tests passed')

test-swift: setup
	$(call heading,'Swift tests')
	@swift build --build-tests --quiet
	@swift test --skip-build 2>&1 | $(SUMMARY)

test-c: build
	$(call heading,'C interface$(comma) examples$(comma) plugins$(comma) kernels')
	@$(PYTHON) -m unittest discover -s Tests/C

test-python: build $(VENV)/ready
	$(call heading,'Python package')
	@cd bindings/python && ../../$(VENV)/bin/python -m pytest -q

lint: $(VENV)/ready
	$(call heading,'Types$(comma) style and generated documents')
	@$(VENV)/bin/python docs/make_components.py --check
	@cd bindings/python && ../../$(VENV)/bin/mypy
	@$(VENV)/bin/mypy --strict bindings/generate.py bindings/generator
	@cd bindings/python && ../../$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/ruff check --quiet --isolated --line-length 120 examples/python docs
	@$(VENV)/bin/ruff check --quiet --isolated --line-length 120 bindings/generate.py bindings/generator Tests/C

# With the dynamic runtime: a static one does not link under the sanitizer. The version script keeps the kernels
# local: the loader would otherwise bind some of their CPU variants before it has relocated the list to choose from.
# Leaks are looked for in the C programs only: XCTest itself leaks.
ASAN_BUILD := swift build --scratch-path $(ASAN) --sanitize address --quiet -Xswiftc -use-ld=lld
asan: setup ## Swift tests and C programs under the address sanitizer
	$(call heading,'Swift tests under the address sanitizer')
	@$(ASAN_BUILD) --build-tests
	@ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 swift test --scratch-path $(ASAN) --sanitize address \
	  -Xswiftc -use-ld=lld --skip-build 2>&1 | $(SUMMARY)
	$(call heading,'C programs under the address sanitizer')
	@$(ASAN_BUILD) --product swale -Xlinker --version-script=$(CURDIR)/Sources/SwaleC/exports.map
	@ln -sf libswale.so $(ASAN)/debug/libswale.so.0
	@SWALE_LIBRARY=$(ASAN)/debug/libswale.so ASAN_OPTIONS=allocator_may_return_null=1 \
	  SWALE_TEST_CC="$$(dirname "$$(readlink -f "$$(command -v swift)")")/clang -fsanitize=address -fuse-ld=lld" \
	  $(PYTHON) -m unittest discover -s Tests/C -p 'test_programs.py'

bench: build $(VENV)/ready ## compare the speed with the peers that are installed
	$(call heading,'Benchmarks')
	@$(VENV)/bin/python benchmarks/run.py

clean: ## remove everything that was built
	rm -rf .build $(ASAN) $(VENV) quickstart.png

comma := ,
