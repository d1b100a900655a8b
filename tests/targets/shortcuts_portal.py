"""A desktop's side of the shortcuts portal: grants every shortcut, or none, and plays the user who presses it.

Usage: shortcuts_portal.py grant|decline. On the bus, box.Keys at /box has Press and Release with a shortcut's id, and Bound,
which tells what was asked for as JSON.
"""
import json
import sys

from gi.repository import Gio, GLib

GRANTS = sys.argv[1] == "grant"
NAME = "org.freedesktop.impl.portal.desktop.box"
SHORTCUTS = "org.freedesktop.impl.portal.GlobalShortcuts"
DESKTOP = "/org/freedesktop/portal/desktop"
DONE, CANCELLED = 0, 1
INTERFACES = """
<node>
<interface name="org.freedesktop.impl.portal.GlobalShortcuts">
  <method name="CreateSession">
    <arg type="o" direction="in"/><arg type="o" direction="in"/><arg type="s" direction="in"/>
    <arg type="a{sv}" direction="in"/><arg type="u" direction="out"/><arg type="a{sv}" direction="out"/>
  </method>
  <method name="BindShortcuts">
    <arg type="o" direction="in"/><arg type="o" direction="in"/><arg type="a(sa{sv})" direction="in"/>
    <arg type="s" direction="in"/><arg type="a{sv}" direction="in"/>
    <arg type="u" direction="out"/><arg type="a{sv}" direction="out"/>
  </method>
  <method name="ListShortcuts">
    <arg type="o" direction="in"/><arg type="o" direction="in"/>
    <arg type="u" direction="out"/><arg type="a{sv}" direction="out"/>
  </method>
  <signal name="Activated"><arg type="o"/><arg type="s"/><arg type="t"/><arg type="a{sv}"/></signal>
  <signal name="Deactivated"><arg type="o"/><arg type="s"/><arg type="t"/><arg type="a{sv}"/></signal>
  <property name="version" type="u" access="read"/>
</interface>
<interface name="org.freedesktop.impl.portal.Session">
  <method name="Close"/><signal name="Closed"/><property name="version" type="u" access="read"/>
</interface>
<interface name="box.Keys">
  <method name="Press"><arg type="s" direction="in"/></method>
  <method name="Release"><arg type="s" direction="in"/></method>
  <method name="Bound"><arg type="s" direction="out"/></method>
</interface>
</node>
"""
node = Gio.DBusNodeInfo.new_for_xml(INTERFACES)
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
session, bound = None, {}


def answer(_connection, _sender, _path, _interface, method, arguments, invocation):
    global session, bound
    given = arguments.unpack()
    if method == "CreateSession":
        session = given[1]
        serve(session, "org.freedesktop.impl.portal.Session")
        invocation.return_value(GLib.Variant("(ua{sv})", (DONE, {})))
    elif method == "BindShortcuts":
        if GRANTS:
            bound = {name: dict(details) for name, details in given[2]}
        told = [(name, {"description": GLib.Variant("s", details.get("description", ""))}) for name, details in bound.items()]
        results = {"shortcuts": GLib.Variant("a(sa{sv})", told)}
        invocation.return_value(GLib.Variant("(ua{sv})", (DONE if GRANTS else CANCELLED, results if GRANTS else {})))
    elif method == "ListShortcuts":
        invocation.return_value(GLib.Variant("(ua{sv})", (DONE, {})))
    elif method == "Bound":
        invocation.return_value(GLib.Variant("(s)", (json.dumps(bound),)))
    elif method in ("Press", "Release"):
        signal = "Activated" if method == "Press" else "Deactivated"
        bus.emit_signal(None, DESKTOP, SHORTCUTS, signal, GLib.Variant("(osta{sv})", (session, given[0], 0, {})))
        invocation.return_value(None)
    else:
        invocation.return_value(None)


def read(*_):
    return GLib.Variant("u", 1)


def serve(path, interface):
    bus.register_object(path, node.lookup_interface(interface), answer, read, None)


serve(DESKTOP, SHORTCUTS)
serve("/box", "box.Keys")
Gio.bus_own_name_on_connection(bus, NAME, 0, None, lambda *_: sys.exit(1))
GLib.MainLoop().run()
