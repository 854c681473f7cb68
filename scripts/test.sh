#!/usr/bin/env bash
# Every test: lint, the crates with debug assertions, the application, the web page.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$HOME/.cache/cim-twin/target}

scripts/lint.sh
echo "[test] the crates"
cargo test --locked -p cim-model -p cim-geo -p tiles3d -p cim-scene -p cim-tiler -p cim-backend
echo "[test] the application"
cargo test --locked --release -p cim-twin
echo "[test] the web page in a browser"
scripts/build-web.sh
(cd web && CIM_TWIN="$CARGO_TARGET_DIR/release/cim-twin" node --test test/)
echo "[test] other programs on our tiles"
(cd tests/interop && CIM_TWIN="$CARGO_TARGET_DIR/release/cim-twin" node --test)
