#!/usr/bin/env bash
# Installs what building, running and testing cim-twin needs. Running it again does nothing.
# Usage: scripts/setup.sh [build|test|web]...   (default: build)
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[1m[setup]\033[0m %s\n' "$*"; }
fail() { printf '[setup] %s\n' "$*" >&2; exit 1; }

# Debian packages by purpose: the reason is printed with the install.
packages_build="clang:linker_driver mold:fast_linking pkg-config:finds_system_libraries libwayland-dev:windows_on_Wayland libxkbcommon-dev:keyboard libvulkan1:drawing mesa-vulkan-drivers:drawing_without_a_graphics_card libxkbcommon-x11-0:keyboard_on_X11 libxcursor1:pointer_on_X11 libxi6:input_on_X11 libxrandr2:displays_on_X11"
packages_test="libproj-dev:checks_coordinates_against_PROJ chromium:opens_the_web_page"

missing_packages() {
  local entry
  for entry in "$@"; do
    dpkg-query -W -f='${Status}' "${entry%%:*}" 2>/dev/null | grep -q 'install ok installed' || printf '%s ' "$entry"
  done
}

install_packages() {
  command -v dpkg-query >/dev/null || { say "not a Debian system: see README.md for the packages to install"; return; }
  local missing names entry
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  names=""
  for entry in $missing; do
    names="$names ${entry%%:*}"
    say "needs ${entry%%:*}: $(printf '%s' "${entry#*:}" | tr _ ' ')"
  done
  if [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $names >/dev/null
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $names >/dev/null
  else
    fail "please run:  sudo apt-get install$names   and start again"
  fi
}

install_rust() {
  command -v cargo >/dev/null || fail "Rust is not installed: see https://rustup.rs, then start again"
}

install_wasm_target() {
  local lib
  lib="$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib"
  ls "$lib"/libstd-*.rlib >/dev/null 2>&1 && return
  say "needs the wasm32-unknown-unknown target: compiles the web page"
  rustup target add wasm32-unknown-unknown >/dev/null 2>&1 && return
  if [ -x ../shared/tools/wasm-target ]; then ../shared/tools/wasm-target; return; fi
  fail "please run:  rustup target add wasm32-unknown-unknown   and start again"
}

install_wasm_bindgen() {
  local version
  version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print }' Cargo.lock)
  wasm-bindgen --version 2>/dev/null | grep -qx "wasm-bindgen $version" && return
  say "needs wasm-bindgen $version: makes the JavaScript side of the web page"
  CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/cim-twin/target}/tools" cargo install --quiet wasm-bindgen-cli --version "$version"
}

install_node_tools() {
  command -v node >/dev/null || install_packages nodejs:tests_of_the_web_page npm:tools_of_the_web_page
  local folder=$1 stamp=$1/node_modules/.setup-stamp
  [ -f "$stamp" ] && [ "$stamp" -nt "$folder/package-lock.json" ] && return
  say "needs the JavaScript tools of $folder/package.json: $2"
  # None of them has to be compiled for what is used of it.
  (cd "$folder" && npm ci --no-audit --no-fund --silent --ignore-scripts)
  touch "$stamp"
}

[ $# -gt 0 ] || set -- build
for purpose in "$@"; do
  case $purpose in
    build) install_packages $packages_build; install_rust ;;
    test) install_packages $packages_test; install_node_tools tests/interop "others read our tiles" ;;
    web) install_rust; install_wasm_target; install_wasm_bindgen; install_node_tools web "shrinks and opens the page" ;;
    *) fail "unknown purpose '$purpose': build, test or web" ;;
  esac
done
