#!/usr/bin/env bash
# Feeds every reader of untrusted bytes in tiles3d with damaged input, and says which of them fail on what.
# Usage: scripts/fuzz.sh [SECONDS for each target] [TARGET]...   (default: 60, all)
# What is learnt on the way is kept beside the build for the next time; the corpora in the repository stay as they are.
set -euo pipefail
cd "$(dirname "$0")/../crates/tiles3d"
target_dir=${CARGO_TARGET_DIR:-$HOME/.cache/cim-twin/target}/fuzz
unset CARGO_TARGET_DIR

seconds=${1:-60}
shift || true
if ! command -v cargo-fuzz >/dev/null; then
  echo "[fuzz] needs cargo-fuzz: builds and runs the fuzz targets"
  cargo install --quiet --locked --target-dir "$target_dir/tools" cargo-fuzz
fi
[ $# -gt 0 ] || set -- $(cargo fuzz list)

# Coverage and the address sanitizer are for nightly compilers by name only: the stable one has them, too.
export RUSTC_BOOTSTRAP=1
sanitizer=address
if ! cargo fuzz build --sanitizer $sanitizer --target-dir "$target_dir"; then
  echo "[fuzz] the address sanitizer cannot be had here: building without it"
  sanitizer=none
  cargo fuzz build --sanitizer $sanitizer --target-dir "$target_dir"
fi

failed=""
for target in "$@"; do
  learnt=$target_dir/corpus/$target
  mkdir -p "$learnt"
  echo "[fuzz] $target for $seconds s"
  cargo fuzz run --sanitizer $sanitizer --target-dir "$target_dir" "$target" "$learnt" "fuzz/corpus/$target" -- \
    -max_total_time="$seconds" -max_len=8192 -timeout=20 -rss_limit_mb=2048 -dict=fuzz/words.dict -print_final_stats=1 \
    >"$target_dir/$target.log" 2>&1 || failed="$failed $target"
  grep -E '^stat::(number_of_executed|peak)|panicked at|^(SUMMARY|ERROR)|^==.*ERROR|Test unit written' "$target_dir/$target.log" || true
done
if [ -n "$failed" ]; then
  echo "[fuzz] failed:$failed. The inputs lie under crates/tiles3d/fuzz/artifacts; once mended they belong into the corpus" >&2
  exit 1
fi
echo "[fuzz] nothing found"
