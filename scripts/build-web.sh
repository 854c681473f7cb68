#!/usr/bin/env bash
# Builds the web page into web/dist. With --optimize, shrinks the wasm with wasm-opt (takes minutes).
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$HOME/.cache/cim-twin/target}
export CARGO_TARGET_DIR=$target

echo "[web] compiling for wasm32-unknown-unknown"
cargo build --profile web --target wasm32-unknown-unknown --lib --locked
# The worker knows neither Bevy nor the page: a small wasm, built for speed. Browsers without SIMD decode in the page. Its
# build has a folder of its own, so that neither build makes the other's anew.
cargo build --config 'target.wasm32-unknown-unknown.rustflags=["-C", "target-feature=+simd128"]' --target-dir "$target/worker-simd" \
  --profile worker --target wasm32-unknown-unknown -p cim-worker --locked
mkdir -p web/dist
echo "[web] making the JavaScript side"
wasm-bindgen --target web --no-typescript --out-dir web/dist --out-name cim_twin \
  "$target/wasm32-unknown-unknown/web/cim_twin.wasm"
wasm-bindgen --target web --no-typescript --out-dir web/dist --out-name cim_worker \
  "$target/worker-simd/wasm32-unknown-unknown/worker/cim_worker.wasm"
cp web/index.html web/cim-twin.js web/decoder.js web/worker.js web/dist/
if [ "${1:-}" = --optimize ]; then
  echo "[web] shrinking with wasm-opt"
  shrink() {
    web/node_modules/.bin/wasm-opt "$2" --enable-reference-types --enable-bulk-memory --enable-nontrapping-float-to-int \
      --enable-sign-ext --enable-mutable-globals --enable-multivalue --enable-simd "web/dist/$1.wasm" -o "web/dist/$1.small.wasm"
    mv "web/dist/$1.small.wasm" "web/dist/$1.wasm"
  }
  shrink cim_twin_bg -Oz
  shrink cim_worker_bg -O3
fi
ls -l web/dist
