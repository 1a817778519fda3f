# make app        install what the app needs into .venv, then start it
# make app CPU=1  the same with torch's build for CPUs, which spares the graphics card's 4.8 GB
# make test       install what the tests need too, then run them all, a real browser included
# make check      linter, types and tests: what has to pass before a change goes in
# make release    tag this commit with the version and what the changelog says of it, if all that agrees

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The Python to build .venv with, e.g. `make app PYTHON=/opt/python3.12/bin/python3`; by default the first that will do.
PYTHON ?=
pythons := $(or $(PYTHON),python3.13 python3.12 python3.11 python3)

# Not empty: torch comes from its own index of builds for CPUs. Asked only while torch is not there: `make clean` first to
# change from one to the other.
CPU ?=
cpu_index := https://download.pytorch.org/whl/cpu

venv := .venv
bin := $(venv)/bin
pip := $(bin)/python -m pip --disable-pip-version-check

.PHONY: help app test lint format types check release browser strace clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' $(MAKEFILE_LIST)

app: $(venv)/.app-installed
	@$(bin)/python app.py

test: $(venv)/.dev-installed browser strace
	@$(bin)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --ignore=tests/browser
	@$(bin)/python -m pytest -n auto --maxprocesses 2 --dist loadfile --no-loadscope-reorder tests/browser

lint: $(venv)/.dev-installed
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .

format: $(venv)/.dev-installed
	@$(bin)/ruff check --fix .
	@$(bin)/ruff format .

types: $(venv)/.dev-installed
	@$(bin)/mypy

check: lint types test

# What is written down and what is tagged are one: the number in the package, its section in the changelog, a clean tree.
release:
	@version=$$(sed -n 's/^__version__ = "\(.*\)"/\1/p' smallimg/__init__.py); \
	notes=$$(awk -v head="## [$$version] - " 'index($$0, "## [") == 1 { on = index($$0, head) == 1; next } on' CHANGELOG.md); \
	if [ -z "$$(tr -d '[:space:]' <<<"$$notes")" ]; then \
		echo "CHANGELOG.md has no section “## [$$version] - DATE”: say there what is new, or set __version__." >&2; exit 1; \
	elif [ -n "$$(git status --porcelain)" ]; then \
		echo "Something is not committed yet: see git status." >&2; exit 1; \
	elif git rev-parse -q --verify "refs/tags/v$$version" >/dev/null; then \
		echo "v$$version is released already: set __version__ in smallimg/__init__.py." >&2; exit 1; \
	fi; \
	$(MAKE) --no-print-directory check; \
	git tag --annotate "v$$version" --cleanup=verbatim --message "smallimg $$version"$$'\n\n'"$$notes"; \
	echo "Tagged v$$version. Publish it:  git push origin v$$version"

clean:
	rm -rf $(venv) .mypy_cache .pytest_cache .ruff_cache

# Before the rest, which is content with the torch that it finds.
ifneq ($(CPU),)
define cpu_torch
@$(pip) install --retries 1 --timeout 30 --index-url $(cpu_index) \
	$$(grep -E '^torch(vision)?[<>=]' requirements.txt) || { \
		echo "torch's build for CPUs could not be fetched from $(cpu_index)." >&2; \
		echo "Try again later, or take the usual build, which is 4.8 GB larger:  make $(firstword $(MAKECMDGOALS))" >&2; \
		exit 1; \
	}
endef
endif

# A stamp says what is installed: a second `make` starts at once, a changed list installs again.
$(venv)/.app-installed: requirements.txt $(bin)/python
	$(cpu_torch)
	@$(pip) install -r requirements.txt
	@touch $@

$(venv)/.dev-installed: requirements.txt requirements-dev.txt $(bin)/python
	$(cpu_torch)
	@$(pip) install -r requirements-dev.txt
	@touch $@ $(venv)/.app-installed

# A Python is tried by running it: a name on the PATH may be a shim of a version that is not there.
$(bin)/python:
	@for python in $(pythons); do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			found=$$python; \
			if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
				echo "Building $(venv) with $$("$$python" -c 'import sys; print(sys.executable, sys.version.split()[0])')"; \
				exec "$$python" -m venv --clear $(venv); \
			fi; \
		fi; \
	done; \
	if [ -n "$${found:-}" ]; then \
		echo "$$found has no venv module. Install it:  sudo apt-get install python3-venv" >&2; \
	else \
		echo "smallimg needs Python 3.11 or newer and found none (tried $(pythons))." >&2; \
		echo "Install it:  sudo apt-get install python3 python3-venv" >&2; \
		echo "or name one: make app PYTHON=/path/to/python3" >&2; \
	fi; \
	exit 1

browser:
	@for name in chromium chromium-browser google-chrome; do if command -v $$name >/dev/null; then exit 0; fi; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -qq; \
		apt-get install -y --no-install-recommends chromium || apt-get install -y chromium-browser; \
	else \
		echo "The browser tests need Chromium. Install it:  sudo apt-get install chromium" >&2; \
		echo "(on Ubuntu the package is called chromium-browser)" >&2; \
		exit 1; \
	fi

# With it the tests watch what the app asks the system for; without, those are left out and all others run.
strace:
	@if command -v strace >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		export DEBIAN_FRONTEND=noninteractive; \
		if apt-get update -qq && apt-get install -y --no-install-recommends strace; then exit 0; fi; \
	fi; \
	echo "Without strace the tests of what the app sends and writes are left out. Install it:  sudo apt-get install strace" >&2
