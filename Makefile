# Everything runs in .venv, which the first command makes. RAW= and WAREHOUSE=, or RAW_DIR and WAREHOUSE_DIR in the
# environment, choose other folders.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: refresh test test-long benchmark benchmark-queries dev status watch sample quarantine withdraw releases \
	rollback verify rebuild query pack measure docs lock clean

BIN := .venv/bin
MANIFEST := dbt_project/target/manifest.json
DBT_FILES := $(shell find dbt_project -path dbt_project/target -prune -o -type f \( -name '*.sql' -o -name '*.yml' -o -name '*.csv' \) -print)
SCALE ?= 1

RAW ?= $(RAW_DIR)
WAREHOUSE ?= $(WAREHOUSE_DIR)
export RAW_DIR := $(RAW)
export WAREHOUSE_DIR := $(WAREHOUSE)
# Usage reports stay at home.
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export PYTHONUNBUFFERED := 1

# AUDIENCE=public: the public edition too.
refresh: .venv/synced $(MANIFEST)
ifeq ($(RAW),)
	@if [ -z "$$(find raw -mindepth 2 -type f -print -quit)" ]; then $(BIN)/python -m orchestration.sample_deliveries --scale $(SCALE); fi
endif
	@$(BIN)/python -m orchestration.refresh $(if $(MONTH),--month $(MONTH)) $(if $(KNOWN_ON),--known-on $(KNOWN_ON))

test: .venv/synced $(MANIFEST)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint --processes 0 --disable-progress-bar dbt_project
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

# The soak: kill moments, delivery histories through the whole pipeline.
test-long: .venv/synced $(MANIFEST)
	$(BIN)/pytest -m long --numprocesses auto --dist worksteal

# Speed and memory beside scripts that do a refresh's work by hand.
benchmark: .venv/synced $(MANIFEST)
	@$(BIN)/python -m tests.benchmark --folder '$(or $(WAREHOUSE),warehouse)/benchmark' \
		$(if $(ROWS),--rows $(ROWS)) $(if $(REPEAT),--repeat $(REPEAT))

# What a reader waits for: the headline queries on the current release, beside its Parquet files.
benchmark-queries: .venv/synced
	@$(BIN)/python -m tests.benchmark.queries --folder '$(or $(WAREHOUSE),warehouse)/benchmark' \
		$(if $(REPEAT),--repeat $(REPEAT))

dev: .venv/synced $(MANIFEST)
	$(BIN)/python -m orchestration.dev

# How things stand: the first line says how bad it is, and why. NOW=2009-04-20 as if it were then.
status watch: .venv/synced
	@$(BIN)/python -m orchestration.$@ $(if $(NOW),--at '$(NOW)')

sample: .venv/synced
	$(BIN)/python -m orchestration.sample_deliveries --scale $(SCALE) $(if $(RAW),--raw $(RAW))

# What waits in quarantine, and why.
quarantine: .venv/synced
	@$(BIN)/python -m orchestration.quarantine

# Take back a delivery that passed every check and is wrong. The names go through the environment, never through a shell.
withdraw: export WITHDRAW_DELIVERY := $(value DELIVERY)
withdraw: export WITHDRAW_REASON := $(value REASON)
withdraw: .venv/synced
	@$(BIN)/python -m orchestration.withdraw --delivery "$$WITHDRAW_DELIVERY" --reason "$$WITHDRAW_REASON"

# The releases there are; one of them as current again; one held against its manifest; one built again from its
# deliveries and compared.
releases: .venv/synced
	@$(BIN)/python -m orchestration.releases list

rollback verify rebuild query pack: export OF_RELEASE := $(value RELEASE)
rollback verify: .venv/synced
	@$(BIN)/python -m orchestration.releases $@ --release "$$OF_RELEASE"

rebuild: .venv/synced $(MANIFEST)
	@$(BIN)/python -m orchestration.releases $@ --release "$$OF_RELEASE"

# A question to a release, read-only: make query SQL="select title, verdict from scorecard"
query: export ASKED_SQL := $(value SQL)
query: .venv/synced
	@$(BIN)/python -m orchestration.query --sql="$$ASKED_SQL" --release="$$OF_RELEASE"

# A pack of a borough (area_id), of a business group or of a quarter, from a release that is there.
pack: export PACK_AREA := $(value AREA)
pack: export PACK_GROUP := $(value BUSINESS_GROUP)
pack: export PACK_EDITION := $(value EDITION)
pack: .venv/synced
	@$(BIN)/python -m orchestration.board_pack --area "$$PACK_AREA" --business-group "$$PACK_GROUP" \
		--edition "$$PACK_EDITION" --release "$$OF_RELEASE"

measure: .venv/synced
	@$(BIN)/python -m orchestration.new_measure --name '$(NAME)' --type '$(TYPE)' --subject '$(SUBJECT)' --plan '$(PLAN)'

# Every model with its description, its columns and what it is made of, in one file; no warehouse is needed.
DOCS := $(CURDIR)/dbt_project/target/docs
docs: .venv/synced $(MANIFEST)
	@mkdir -p $(DOCS)
	@cp dbt_project/target/partial_parse.msgpack $(DOCS)
	@cd $(DOCS) && $(CURDIR)/$(BIN)/dbt --quiet docs generate --static --empty-catalog --target-path $(DOCS) \
		--log-path $(DOCS) --project-dir $(CURDIR)/dbt_project --profiles-dir $(CURDIR)/dbt_project
	@echo "$(DOCS)/static_index.html"

# After a change of pyproject.toml: pin every package again, with hashes and without addresses.
lock: .venv/synced
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
		--no-annotate --no-header --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf .venv dbt_project/target

.venv/synced: requirements.lock
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@echo "Setting up .venv (once, about a minute)"
	@python3 -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements.lock
	@touch $@

# Dagster reads the asset graph from this file.
$(MANIFEST): .venv/synced $(DBT_FILES)
	@$(BIN)/dbt --quiet --no-partial-parse parse --project-dir $(CURDIR)/dbt_project --profiles-dir $(CURDIR)/dbt_project
	@touch $@
