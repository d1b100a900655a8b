#!/bin/bash
# Installs the release binary for this user, with a menu entry, an icon and a service that starts it at log-in.
# `--remove` undoes it. Needs no root. Follows XDG_DATA_HOME and XDG_CONFIG_HOME.
set -euo pipefail
cd "$(dirname "$0")/.."

data="${XDG_DATA_HOME:-$HOME/.local/share}"
config="${XDG_CONFIG_HOME:-$HOME/.config}"
bin="$HOME/.local/bin"
built="${CARGO_TARGET_DIR:-target}/release/scout"

files=(
    "$built|$bin/scout|755"
    "packaging/scout.desktop|$data/applications/scout.desktop|644"
    "packaging/icons/scout.svg|$data/icons/hicolor/scalable/apps/scout.svg|644"
    "packaging/scout.service|$config/systemd/user/scout.service|644"
)

for entry in "${files[@]}"; do
    IFS='|' read -r from to mode <<<"$entry"
    if [ "${1:-}" = --remove ]; then
        rm -f -- "$to"
    else
        install -D -m "$mode" -- "$from" "$to"
        echo "$to"
    fi
done

# KWin grants a protocol to the program whose path is exactly what an entry starts, without arguments.
permission="$data/applications/scout-permission.desktop"
if [ "${1:-}" = --remove ]; then
    rm -f -- "$permission"
else
    printf '%s\n' '[Desktop Entry]' Type=Application Name=Scout "Exec=$bin/scout" Icon=scout NoDisplay=true \
        X-KDE-Wayland-Interfaces=org_kde_kwin_fake_input >"$permission"
    echo "$permission"
fi

if [ "${1:-}" != --remove ]; then
    echo "Start it now and at every log-in with: systemctl --user enable --now scout"
    case ":$PATH:" in *":$bin:"*) ;; *) echo "Note: $bin is not in your PATH." ;; esac
fi
