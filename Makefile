# Every task has a script of its own in scripts/, which says what it does.

.DEFAULT_GOAL := help
.PHONY: help run test check tools

help: ## List these tasks
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: ## Build Claviger and serve; its data goes to ./claviger-data
	@scripts/run

test: ## Install the tools that are missing, check, and run every test
	@scripts/test

check: tools ## Check form, lints, dependencies, the contract and the layers
	@scripts/check

tools: ## Install the tools that are missing into .tools/
	@scripts/install-tools
