"""A desktop's screen locker, as programs see it: the screen is locked for as long as this runs.

Usage: screen_saver.py NAME PATH, both as the desktop calls them on the bus; the interface is called like the name.
"""
import sys

from gi.repository import Gio, GLib

NAME, PATH = sys.argv[1:3]
node = Gio.DBusNodeInfo.new_for_xml(
    f'<node><interface name="{NAME}"><method name="GetActive"><arg type="b" direction="out"/></method></interface></node>')
bus = Gio.bus_get_sync(Gio.BusType.SESSION)


def answer(_connection, _sender, _path, _interface, _method, _arguments, invocation):
    invocation.return_value(GLib.Variant("(b)", (True,)))


bus.register_object(PATH, node.interfaces[0], answer, None, None)
Gio.bus_own_name_on_connection(bus, NAME, 0, None, lambda *_: sys.exit(1))
GLib.MainLoop().run()
