#!/bin/bash
# Type-checks the platform crate for Windows and macOS. Nothing is linked, so neither system's tools are needed.
#
# With rustup the targets' standard libraries are added to the toolchain. Where rustup cannot do that, Debian's packages
# rustc-web and rust-web-src (780 MB) let cargo build the standard library's check artefacts from source.
set -euo pipefail
cd "$(dirname "$0")/.."

targets=(x86_64-pc-windows-msvc aarch64-apple-darwin)
# Rust code is checked, and nothing is linked. Where a dependency brings a little C or Objective-C, a stand-in for the
# foreign compiler leaves empty files in its place: there is no Windows or macOS compiler here, and none is needed.
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
cat >"$tools/compile" <<'COMPILE'
#!/bin/sh
for argument; do
    case $previous in -o) : >"$argument" ;; esac
    previous=$argument
done
COMPILE
printf '#!/bin/sh\nexit 0\n' >"$tools/archive"
chmod +x "$tools/compile" "$tools/archive"
export CC_aarch64_apple_darwin="$tools/compile" AR_aarch64_apple_darwin="$tools/archive" SDKROOT=/nonexistent
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
