#!/usr/bin/env bash
# Feeds every reader of untrusted bytes in tiles3d and cim-tiler with damaged input, and says which of them fail on what.
# Usage: scripts/fuzz.sh [SECONDS for each target] [TARGET]...   (default: 60, all of both crates)
# What is learnt on the way is kept beside the build for the next time; the corpora in the repository stay as they are.
set -euo pipefail
cd "$(dirname "$0")/../crates"
target_dir=${CARGO_TARGET_DIR:-$HOME/.cache/cim-twin/target}/fuzz
unset CARGO_TARGET_DIR

seconds=${1:-60}
shift || true
if ! command -v cargo-fuzz >/dev/null; then
  echo "[fuzz] needs cargo-fuzz: builds and runs the fuzz targets"
  cargo install --quiet --locked --target-dir "$target_dir/tools" cargo-fuzz
fi

# Coverage and the address sanitizer are for nightly compilers by name only: the stable one has them, too.
export RUSTC_BOOTSTRAP=1
failed=""
known=""
for crate in tiles3d cim-tiler; do
  cd "$crate"
  targets=$(cargo fuzz list)
  if [ $# -gt 0 ]; then
    targets=$(for target in "$@"; do grep -Fx -- "$target" <<<"$targets" || true; done)
  fi
  if [ -z "$targets" ]; then
    cd ..
    continue
  fi
  known="$known $targets"
  # A GeoPackage has some pages of 4 KiB at least.
  longest=8192
  [ "$crate" = tiles3d ] || longest=65536
  sanitizer=address
  if ! cargo fuzz build --sanitizer $sanitizer --target-dir "$target_dir"; then
    echo "[fuzz] the address sanitizer cannot be had here: building without it"
    sanitizer=none
    cargo fuzz build --sanitizer $sanitizer --target-dir "$target_dir"
  fi
  for target in $targets; do
    learnt=$target_dir/corpus/$target
    mkdir -p "$learnt"
    echo "[fuzz] $crate: $target for $seconds s"
    cargo fuzz run --sanitizer $sanitizer --target-dir "$target_dir" "$target" "$learnt" "fuzz/corpus/$target" -- \
      -max_total_time="$seconds" -max_len="$longest" -timeout=20 -rss_limit_mb=2048 -dict=fuzz/words.dict -print_final_stats=1 \
      >"$target_dir/$target.log" 2>&1 || failed="$failed $crate/$target"
    grep -E '^stat::(number_of_executed|peak)|panicked at|^(SUMMARY|ERROR)|^==.*ERROR|Test unit written' "$target_dir/$target.log" || true
  done
  cd ..
done
for target in "$@"; do
  if ! grep -qw -- "$target" <<<"$known"; then
    echo "[fuzz] $target is the name of no target" >&2
    exit 2
  fi
done
if [ -n "$failed" ]; then
  echo "[fuzz] failed:$failed. The inputs lie under crates/*/fuzz/artifacts; once mended they belong into the corpus" >&2
  exit 1
fi
echo "[fuzz] nothing found"
