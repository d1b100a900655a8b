"""Answers as org.freedesktop.Notifications and appends each notification to a file, one JSON object a line."""
import json
import sys

from gi.repository import Gio, GLib

RECORD = sys.argv[1]
INTERFACE = """
<node><interface name="org.freedesktop.Notifications">
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="GetServerInformation">
    <arg type="s" direction="out"/><arg type="s" direction="out"/>
    <arg type="s" direction="out"/><arg type="s" direction="out"/>
  </method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
  <method name="Notify">
    <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
    <arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/>
  </method>
</interface></node>
"""
shown = 0


def answer(_connection, _sender, _path, _interface, method, arguments, invocation):
    global shown
    if method == "GetCapabilities":
        invocation.return_value(GLib.Variant("(as)", (["body"],)))
    elif method == "GetServerInformation":
        invocation.return_value(GLib.Variant("(ssss)", ("box", "scout", "1", "1.2")))
    elif method == "CloseNotification":
        invocation.return_value(None)
    else:
        application, replaces, _icon, summary, body, _actions, _hints, _timeout = arguments.unpack()
        shown += 1
        with open(RECORD, "a") as record:
            print(json.dumps({"application": application, "summary": summary, "body": body}), file=record)
        invocation.return_value(GLib.Variant("(u)", (replaces or shown,)))


def serve(connection, _name):
    interface = Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0]
    connection.register_object("/org/freedesktop/Notifications", interface, answer)


Gio.bus_own_name(Gio.BusType.SESSION, "org.freedesktop.Notifications", 0, serve, None, lambda *_: sys.exit(1))
GLib.MainLoop().run()
