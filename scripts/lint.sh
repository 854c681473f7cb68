#!/usr/bin/env bash
# Formatting, clippy on both platforms, the crate layering, and the dependency rules.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$HOME/.cache/cim-twin/target}

echo "[lint] formatting"
cargo fmt --all --check
cargo fmt --manifest-path crates/tiles3d/fuzz/Cargo.toml --check
cargo fmt --manifest-path crates/cim-tiler/fuzz/Cargo.toml --check

echo "[lint] the engine-free crates know no engine"
# bevy_mikktspace bears the name, but is an algorithm without dependencies.
for crate in cim-model cim-geo tiles3d cim-scene; do
  if cargo tree --locked -p "$crate" -e normal,build --prefix none | grep -v '^bevy_mikktspace ' | grep -qE '^bevy'; then
    echo "$crate depends on Bevy: see ARCHITECTURE.md" >&2
    exit 1
  fi
  cargo check --locked --quiet -p "$crate" --target wasm32-unknown-unknown
done

echo "[lint] one version each of what must not be doubled"
for name in bevy_ecs egui wgpu glam winit; do
  count=$(awk -v n="name = \"$name\"" '$0 == n' Cargo.lock | wc -l)
  [ "$count" = 1 ] || { echo "Cargo.lock holds $count versions of $name, there must be one" >&2; exit 1; }
done

echo "[lint] clippy, crates"
cargo clippy --locked --quiet -p cim-model -p cim-geo -p tiles3d -p cim-scene -p cim-tiler -p cim-backend --all-targets -- -D warnings
echo "[lint] clippy, application"
cargo clippy --locked --quiet --release --all-targets -- -D warnings
echo "[lint] clippy, web"
cargo clippy --locked --quiet --profile web --target wasm32-unknown-unknown --lib -- -D warnings
cargo clippy --locked --quiet --profile worker --target wasm32-unknown-unknown -p cim-worker -- -D warnings

if command -v cargo-deny >/dev/null; then
  echo "[lint] licences and bans"
  cargo deny --locked check bans licenses sources
else
  echo "[lint] cargo-deny is not installed: licences and bans were not checked"
fi
