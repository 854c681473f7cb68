# The short front of cim-twin. `make help` lists what there is.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/cim-twin/target
CITY ?= $(or $(XDG_DATA_HOME),$(HOME)/.local/share)/cim-twin/demo-city
FUZZ_SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help demo test web lint bench bench-tiles fuzz setup

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

demo: ## set everything up, make the demo city, start the backend and open the window
	@scripts/setup.sh build
	@cargo run --release --locked --bin cim-twin -- view

test: ## set everything up and run all tests
	@scripts/setup.sh build test web
	@scripts/test.sh

web: ## build the web page, shrunk, into web/dist
	@scripts/setup.sh build web
	@scripts/build-web.sh --optimize

lint: ## formatting, clippy on both platforms, layering, dependency rules
	@scripts/setup.sh build web
	@scripts/lint.sh

bench: ## measure, and print the tables of docs/performance.md
	@scripts/setup.sh build
	@cargo run --release --locked --bin cim-twin -- bench frame
	@cargo run --release --locked --bin cim-twin -- bench views

bench-tiles: ## measure the engine of the tiles; SAMPLES=folder of the 3D Tiles samples to set other readers beside it
	@scripts/setup.sh build web
	@cargo bench --locked -p tiles3d --bench select --bench style
	@test -z "$(SAMPLES)" || { cargo run --release --locked --bin cim-twin -- synth -o "$(CARGO_TARGET_DIR)/bench-city" \
	  && cargo run --release --locked --bin cim-twin -- synth -o "$(CARGO_TARGET_DIR)/bench-plain" --compression none \
	  && cd benches/decode && npm ci --silent \
	  && node compare.mjs "$(CARGO_TARGET_DIR)/bench-city" "$(CARGO_TARGET_DIR)/bench-plain" "$(abspath $(SAMPLES))"; }

fuzz: ## damaged input for every reader of tiles3d and cim-tiler; FUZZ_SECONDS=60 for each
	@scripts/setup.sh build
	@scripts/fuzz.sh $(FUZZ_SECONDS)

setup: ## install what building, testing and the web page need
	@scripts/setup.sh build test web
