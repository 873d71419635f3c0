# The few words to say to this repository. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help run test fmt lint bench openapi web web-dev web-api

target_dir := $(or $(CARGO_TARGET_DIR),target)

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: ## Build the release binary and serve http://127.0.0.1:8080, keeping everything in ./data
	@scripts/setup.sh build
	@scripts/web.sh build
	cargo build --release --locked -p campanile
	exec $(target_dir)/release/campanile serve

test: ## Run every check CI runs: format, licences, lints, tests on SQLite and PostgreSQL
	@scripts/test.sh

fmt: ## Format the Rust sources
	cargo fmt --all

lint: ## Run clippy as CI does, and shellcheck on the scripts where it is installed
	cargo clippy --workspace --all-targets --locked -- -D warnings
	@if command -v shellcheck >/dev/null; then shellcheck scripts/*.sh .ci/run; else echo "skipped: shellcheck is not installed"; fi

bench: ## Run the side-by-side benchmarks; ARGS="all --quick" for a short look, "--help" for the rest
	@scripts/setup.sh bench
	@scripts/bench.sh $(ARGS)

web: ## Build the web page into web/dist, which the next build of the program takes in
	@scripts/setup.sh build
	@scripts/web.sh build

web-dev: ## Serve the web page's sources with hot reload, for a server at CAMPANILE_URL (http://127.0.0.1:8080)
	@scripts/web.sh install
	cd web && npm run dev

web-api: ## Regenerate the web page's API types from openapi.json
	@scripts/web.sh install
	cd web && npm run --silent api

openapi: ## Regenerate openapi.json from the code, and the web page's API types from it
	cargo run --quiet --locked -p campanile -- openapi > openapi.json.new
	mv openapi.json.new openapi.json
	@$(MAKE) --no-print-directory web-api
