# Needs Python 3.11+ and make, nothing else. `make` lists what there is to do.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
Q ?= 可转债
export Q
# By its number, too; that of another machine, for `make bundle`, need not be here.
RUN := $(if $(filter 3.%,$(PYTHON)),$(shell command -v python$(PYTHON) || echo python3),$(PYTHON))
NETWORK := 网络不通时：镜像写 PIP_INDEX_URL=https://…/simple，代理写 HTTPS_PROXY=http://主机:端口，\
自有证书写 PIP_CERT=/路径/ca.pem，都写在 make 前面；完全没有网络见 docs/install.md
FAILED := { echo "安装失败，原因见上。$(NETWORK)" >&2; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help install dev browser postgres run ask serve onnx bundle test tests trials bench lint lock sbom clean

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1	\2/p' Makefile | expand -t 16

install: $(VENV)/.installed ## make .venv and install what the lock names

run: install ## import data/records, show one answer, start the bot
	@$(BIN)/irbot start

ask: install ## one answer: make ask Q=关税
	@$(BIN)/irbot import --quiet data/records
	@$(BIN)/irbot ask -- "$$Q"

serve: install ## every configured chat until stopped
	@$(BIN)/irbot serve

onnx: install ## also what a model of your own needs (IR_E5_ONNX)
	@$(PIP) install --require-hashes -r requirements-onnx.txt || $(FAILED)

bundle: install ## all for a machine without network: PLATFORM=linux-aarch64 PYTHON=3.13
	@$(BIN)/python -m install.bundle $(if $(PLATFORM),--platform $(PLATFORM)) \
	  $(if $(filter 3.%,$(PYTHON)),--python $(PYTHON)) || { [ $$? != 2 ] || exit 2; $(FAILED); }

test: dev browser postgres ## everything CI runs
	@$(MAKE) --no-print-directory --jobs 2 lint tests

# Of two processors: tests that wait leave room for a third. Those of one file, which share what is
# dear to set up, run in one process.
tests: export PYTHONDONTWRITEBYTECODE =# else every process compiles the program anew
tests: dev
	@$(BIN)/pytest --numprocesses 3 --dist loadfile

trials: dev ## the long forms: kills, soaks, races
	@$(BIN)/pytest -m trial --timeout 3600

browser: dev ## Chromium for the tests of the pages, where it may be installed
	@$(BIN)/python -m tests.browser.chromium

postgres: dev ## PostgreSQL for the tests of that engine, where it may be installed
	@$(BIN)/python -m tests.postgres

bench: dev $(VENV)/.installed-bench ## measure irbot and its peers: make bench DATA=folder
	@$(BIN)/python -m tests.bench.accuracy "$(DATA)"

lint: dev ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

lock: dev ## write the lock files anew
	@for lock in "requirements.txt --extra postgres --group build" \
	  "requirements-onnx.txt --extra onnx -c requirements.txt" \
	  "requirements-dev.txt --extra onnx --extra postgres --group build --group dev -c requirements.txt" \
	  "requirements-bench.txt --group bench -c requirements.txt"; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-annotate --upgrade pyproject.toml -o $$lock || exit 1; done

sbom: dev ## what is installed, by the lock, and its licences, into build/
	@$(BIN)/python -m tests.sbom build

clean: ## remove .venv and caches; the database stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

dev: $(VENV)/.installed-dev

# OFFLINE: a bundle of this version, unpacked or not; nothing is fetched then.
$(VENV)/.installed: requirements.txt pyproject.toml setup.py
	@$(RUN) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "需要 Python 3.11 或更高版本；可用 make PYTHON=/路径/python3.11 指定" >&2; exit 1; }
	@echo "正在安装（首次约一分钟）…" >&2
ifdef OFFLINE
	@mkdir -p $(VENV) && rm -rf $(VENV)/bundle
	@if [ -d "$(OFFLINE)" ]; then ln -s "$(abspath $(OFFLINE))" $(VENV)/bundle; \
	  else mkdir $(VENV)/bundle && tar -xzf "$(OFFLINE)" -C $(VENV)/bundle --strip-components 1; fi && \
	  [ -f $(VENV)/bundle/install.sh ] || \
	  { echo "$(OFFLINE) 已损坏，或不是 make bundle 做的安装包" >&2; exit 1; }
	@$(VENV)/bundle/install.sh --check --python "$(RUN)"
	@$(RUN) -m venv --without-pip $(VENV)
	@$(BIN)/python $$(echo $(VENV)/bundle/wheels/pip-*.whl)/pip install --quiet --no-index pip \
	  --find-links $(VENV)/bundle/wheels
	@$(PIP) install --no-index --find-links $(VENV)/bundle/wheels --require-hashes -r requirements.txt
	@rm -rf $(VENV)/bundle
else
	@$(RUN) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements.txt || $(FAILED)
endif
	@PYTHONWARNINGS=ignore $(PIP) install --no-deps --no-build-isolation -e . # it would print a page
	@touch $@

# uv takes a tenth of pip's time; where it cannot reach what pip is configured for, pip does it.
$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	@sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.txt > $(VENV)/uv.txt
	@$(PIP) install --require-hashes -r $(VENV)/uv.txt || $(FAILED)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt || \
	  $(PIP) install --require-hashes -r requirements-dev.txt || $(FAILED)
	@touch $@

$(VENV)/.installed-bench: $(VENV)/.installed-dev requirements-bench.txt
	@$(PIP) install --require-hashes --no-build-isolation -r requirements-bench.txt
	@touch $@
