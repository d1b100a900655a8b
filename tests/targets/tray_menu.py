"""Reads and clicks the menus of tray icons, as a tray host does.

tray_menu.py items              prints each icon's address, one a line
tray_menu.py icon ADDRESS       prints the icon's properties as JSON
tray_menu.py menu ADDRESS       prints the menu as JSON: [{id, label, enabled, checked, children}]
tray_menu.py click ADDRESS ID   clicks an entry
"""
import collections
import json
import sys
import time

from gi.repository import Gio, GLib

bus = Gio.bus_get_sync(Gio.BusType.SESSION)


def call(name, path, interface, method, arguments=None):
    return bus.call_sync(name, path, interface, method, arguments, None, 0, 5000, None).unpack()


def properties(name, path, interface):
    return call(name, path, "org.freedesktop.DBus.Properties", "GetAll", GLib.Variant("(s)", (interface,)))[0]


def entry(node):
    number, shown, children = node
    return {
        "id": number,
        "label": shown.get("label", "").replace("_", ""),
        "enabled": shown.get("enabled", True),
        "checked": shown.get("toggle-state", 0) == 1,
        "children": [entry(child) for child in children],
    }


def colour(pixels):
    """The colour that most opaque pixels have, such as #f5b400; the bytes of each are alpha, red, green and blue."""
    opaque = [pixels[at + 1:at + 4] for at in range(0, len(pixels), 4) if pixels[at] == 255]
    return "#" + collections.Counter(opaque).most_common(1)[0][0].hex() if opaque else ""


command = sys.argv[1]
if command == "items":
    watcher = properties("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher", "org.kde.StatusNotifierWatcher")
    print("\n".join(watcher["RegisteredStatusNotifierItems"]))
else:
    # "name/path": the path starts at the first slash.
    name, path = sys.argv[2].split("/", 1)
    icon = properties(name, "/" + path, "org.kde.StatusNotifierItem")
    if command == "icon":
        pixels = icon.get("IconPixmap", [])
        print(json.dumps({
            "title": icon.get("Title", ""),
            "status": icon.get("Status", ""),
            # Trays show its title above its text.
            "tooltip": "\n".join(icon.get("ToolTip", ("", [], "", ""))[2:]),
            "picture": f"{hash(bytes(pixels[0][2])):x}" if pixels else icon.get("IconName", ""),
            "colour": colour(bytes(pixels[0][2])) if pixels else "",
        }))
    elif command == "menu":
        layout = call(name, icon["Menu"], "com.canonical.dbusmenu", "GetLayout", GLib.Variant("(iias)", (0, -1, [])))
        print(json.dumps(entry(layout[1])["children"]))
    else:
        click = (int(sys.argv[3]), "clicked", GLib.Variant("s", ""), int(time.time()) & 0xFFFFFFFF)
        call(name, icon["Menu"], "com.canonical.dbusmenu", "Event", GLib.Variant("(isvu)", click))
