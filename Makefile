# Each target runs a script in scripts/, whose comments describe it.

.DEFAULT_GOAL := help
.PHONY: help run test check bench tools

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: ## Build Claviger and run the server, with its data in ./claviger-data
	@scripts/run

test: ## Install missing tools, run all checks and all tests
	@scripts/test

check: tools ## Check formatting, lints, dependencies, the contract and the layers
	@scripts/check

bench: ## Print what calls cost beside a bare server; BEFORE=FILE compares with another build
	@cargo bench --locked --bench table -- $(BEFORE)

tools: ## Install missing tools into .tools/
	@scripts/install-tools
