#!/bin/bash
# Type-checks the platform crate for Windows and macOS. Nothing is linked, so neither system's tools are needed.
#
# With rustup the targets' standard libraries are added to the toolchain. Where rustup cannot do that, Debian's packages
# rustc-web and rust-web-src (780 MB, installed when run as root) let cargo build the standard library's check artefacts
# from source.
set -euo pipefail
cd "$(dirname "$0")/.."

targets=(x86_64-pc-windows-msvc aarch64-apple-darwin)
packages=(rustc-web rust-web-src)
debian_rustc=/usr/bin/rustc
debian_source=/usr/lib/rustlib/src/rust/library

# Artefacts of another compiler would make the next ordinary build start from scratch.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/cross"
# Nothing may be compiled for the foreign system or linked; this makes an attempt fail at once.
export CC_x86_64_pc_windows_msvc=false CARGO_TARGET_X86_64_PC_WINDOWS_MSVC_LINKER=false CC_aarch64_apple_darwin=false
# mac-notification-sys compiles Objective-C unless it is built for its documentation.
export DOCS_RS=1

check() {
    for target in "${targets[@]}"; do
        echo "== $target"
        cargo check --locked --package scout-platform --target "$target" "$@"
    done
}

has_debian_source() {
    [ -d "$debian_source" ] && [ -x "$debian_rustc" ]
}

if command -v rustup >/dev/null && rustup target add "${targets[@]}" 2>/dev/null; then
    check
    exit
fi
if ! has_debian_source && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get install --yes --no-install-recommends "${packages[@]}" || true
fi
if ! has_debian_source; then
    echo "No standard library for ${targets[*]}." >&2
    echo "Install them with rustup (rustup target add ${targets[*]})," >&2
    echo "or Debian's source of one (apt-get install --no-install-recommends ${packages[*]})." >&2
    exit 1
fi
# The two packages come from one source, so compiler and library fit together.
RUSTC=$debian_rustc RUSTC_BOOTSTRAP=1 check -Zbuild-std=std,panic_abort
