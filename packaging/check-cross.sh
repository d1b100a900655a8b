#!/bin/bash
# Type-checks the platform crate for Windows and macOS. Nothing is linked, so neither system's tools are needed.
#
# With rustup the targets' standard libraries are added to the toolchain. Where rustup cannot do that, Debian's packages
# rustc-web and rust-web-src (780 MB) let cargo build the standard library's check artefacts from source.
set -euo pipefail
cd "$(dirname "$0")/.."

targets=(x86_64-pc-windows-msvc aarch64-apple-darwin)
# Nothing may be compiled for the foreign system or linked; this makes an attempt fail at once.
export CC_x86_64_pc_windows_msvc=false CARGO_TARGET_X86_64_PC_WINDOWS_MSVC_LINKER=false

check() {
    for target in "${targets[@]}"; do
        echo "== $target"
        cargo check --locked --package scout-platform --target "$target" "$@"
    done
}

if command -v rustup >/dev/null && rustup target add "${targets[@]}" 2>/dev/null; then
    check
elif [ -d /usr/lib/rustlib/src/rust/library ] && [ -x /usr/bin/rustc ]; then
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 check -Zbuild-std=std,panic_abort
else
    echo "No standard library for ${targets[*]}." >&2
    echo "Install them with rustup (rustup target add ${targets[*]})," >&2
    echo "or Debian's source of one: apt-get install --no-install-recommends rustc-web rust-web-src" >&2
    exit 1
fi
