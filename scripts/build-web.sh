#!/usr/bin/env bash
# Builds the web page into web/dist. With --optimize, shrinks the wasm with wasm-opt (takes minutes).
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$HOME/.cache/cim-twin/target}
export CARGO_TARGET_DIR=$target

echo "[web] compiling for wasm32-unknown-unknown"
cargo build --profile web --target wasm32-unknown-unknown --lib --locked
mkdir -p web/dist
echo "[web] making the JavaScript side"
wasm-bindgen --target web --no-typescript --out-dir web/dist --out-name cim_twin \
  "$target/wasm32-unknown-unknown/web/cim_twin.wasm"
cp web/index.html web/cim-twin.js web/dist/
if [ "${1:-}" = --optimize ]; then
  echo "[web] shrinking with wasm-opt"
  web/node_modules/.bin/wasm-opt -Oz --enable-reference-types --enable-bulk-memory --enable-nontrapping-float-to-int \
    --enable-sign-ext --enable-mutable-globals --enable-multivalue \
    web/dist/cim_twin_bg.wasm -o web/dist/cim_twin_bg.small.wasm
  mv web/dist/cim_twin_bg.small.wasm web/dist/cim_twin_bg.wasm
fi
ls -l web/dist
