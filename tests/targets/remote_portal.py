"""A GNOME desktop's portal for remote control, over the session that GNOME's own compositor offers for it.

Usage: remote_portal.py portal|backend grant|decline
    portal   is the whole portal, with the clipboard, as desktops have it today
    backend  is the desktop's side behind the real portal, without the clipboard

On the bus, box.User at /box plays the user: Asked tells how often a question was shown, Stop ends the session as
the panel's button does, and Key presses a key of the user's own keyboard, which is plugged in from the start.
"""
import sys
import uuid

from gi.repository import Gio, GLib

KIND, GRANTS = sys.argv[1], sys.argv[2] == "grant"
PORTAL = KIND == "portal"
NAME = "org.freedesktop.portal.Desktop" if PORTAL else "org.freedesktop.impl.portal.desktop.box"
PREFIX = "org.freedesktop.portal." if PORTAL else "org.freedesktop.impl.portal."
DESKTOP = "/org/freedesktop/portal/desktop"
MUTTER, MUTTER_PATH = "org.gnome.Mutter.RemoteDesktop", "/org/gnome/Mutter/RemoteDesktop"
MUTTER_SESSION = "org.gnome.Mutter.RemoteDesktop.Session"
DONE, CANCELLED = 0, 1
KEYBOARD = 1
PATIENCE = 60_000  # milliseconds; a compositor on a busy machine takes seconds to make its first session
INTERFACES = """
<node>
<interface name="org.freedesktop.portal.RemoteDesktop">
  <method name="CreateSession"><arg type="a{sv}" direction="in"/><arg type="o" direction="out"/></method>
  <method name="SelectDevices">
    <arg type="o" direction="in"/><arg type="a{sv}" direction="in"/><arg type="o" direction="out"/>
  </method>
  <method name="Start">
    <arg type="o" direction="in"/><arg type="s" direction="in"/><arg type="a{sv}" direction="in"/>
    <arg type="o" direction="out"/>
  </method>
  <method name="NotifyKeyboardKeycode">
    <arg type="o" direction="in"/><arg type="a{sv}" direction="in"/>
    <arg type="i" direction="in"/><arg type="u" direction="in"/>
  </method>
  <method name="NotifyKeyboardKeysym">
    <arg type="o" direction="in"/><arg type="a{sv}" direction="in"/>
    <arg type="i" direction="in"/><arg type="u" direction="in"/>
  </method>
  <property name="AvailableDeviceTypes" type="u" access="read"/><property name="version" type="u" access="read"/>
</interface>
<interface name="org.freedesktop.impl.portal.RemoteDesktop">
  <method name="CreateSession">
    <arg type="o" direction="in"/><arg type="o" direction="in"/><arg type="s" direction="in"/>
    <arg type="a{sv}" direction="in"/><arg type="u" direction="out"/><arg type="a{sv}" direction="out"/>
  </method>
  <method name="SelectDevices">
    <arg type="o" direction="in"/><arg type="o" direction="in"/><arg type="s" direction="in"/>
    <arg type="a{sv}" direction="in"/><arg type="u" direction="out"/><arg type="a{sv}" direction="out"/>
  </method>
  <method name="Start">
    <arg type="o" direction="in"/><arg type="o" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
    <arg type="a{sv}" direction="in"/><arg type="u" direction="out"/><arg type="a{sv}" direction="out"/>
  </method>
  <method name="NotifyKeyboardKeycode">
    <arg type="o" direction="in"/><arg type="a{sv}" direction="in"/>
    <arg type="i" direction="in"/><arg type="u" direction="in"/>
  </method>
  <method name="NotifyKeyboardKeysym">
    <arg type="o" direction="in"/><arg type="a{sv}" direction="in"/>
    <arg type="i" direction="in"/><arg type="u" direction="in"/>
  </method>
  <property name="AvailableDeviceTypes" type="u" access="read"/><property name="version" type="u" access="read"/>
</interface>
<interface name="org.freedesktop.portal.Clipboard">
  <method name="RequestClipboard"><arg type="o" direction="in"/><arg type="a{sv}" direction="in"/></method>
  <method name="SetSelection"><arg type="o" direction="in"/><arg type="a{sv}" direction="in"/></method>
  <method name="SelectionWrite">
    <arg type="o" direction="in"/><arg type="u" direction="in"/><arg type="h" direction="out"/>
  </method>
  <method name="SelectionWriteDone">
    <arg type="o" direction="in"/><arg type="u" direction="in"/><arg type="b" direction="in"/>
  </method>
  <method name="SelectionRead">
    <arg type="o" direction="in"/><arg type="s" direction="in"/><arg type="h" direction="out"/>
  </method>
  <signal name="SelectionOwnerChanged"><arg type="o"/><arg type="a{sv}"/></signal>
  <signal name="SelectionTransfer"><arg type="o"/><arg type="s"/><arg type="u"/></signal>
  <property name="version" type="u" access="read"/>
</interface>
<interface name="org.freedesktop.portal.Session">
  <method name="Close"/><signal name="Closed"/><property name="version" type="u" access="read"/>
</interface>
<interface name="org.freedesktop.impl.portal.Session">
  <method name="Close"/><signal name="Closed"/><property name="version" type="u" access="read"/>
</interface>
<interface name="org.freedesktop.portal.Request"><signal name="Response"><arg type="u"/><arg type="a{sv}"/></signal></interface>
<interface name="box.User">
  <method name="Asked"><arg type="u" direction="out"/></method>
  <method name="Stop"/>
  <method name="Key"><arg type="u" direction="in"/><arg type="b" direction="in"/></method>
</interface>
</node>
"""
node = Gio.DBusNodeInfo.new_for_xml(INTERFACES)
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
asked, tokens, sessions = 0, set(), {}


def mutter(path, method, arguments=None, interface=MUTTER_SESSION):
    answer, pipes = bus.call_with_unix_fd_list_sync(
        MUTTER, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, PATIENCE, None, None)
    return answer.unpack(), pipes


def begin():
    """A session of the compositor's own, started."""
    path = mutter(MUTTER_PATH, "CreateSession", interface=MUTTER)[0][0]
    mutter(path, "Start")
    return path


class Session:
    def __init__(self, handle, sender):
        self.handle, self.sender, self.wants_clipboard, self.token, self.path = handle, sender, False, None, None

    def start(self):
        """Asks the user, unless they have been asked before, and starts."""
        global asked
        if self.token not in tokens:
            asked += 1
            if not GRANTS:
                return CANCELLED, {}
        tokens.discard(self.token)
        self.path = begin()
        results = {"devices": GLib.Variant("u", KEYBOARD)}
        if PORTAL:
            token = str(uuid.uuid4())
            tokens.add(token)
            results["restore_token"] = GLib.Variant("s", token)
            results["clipboard_enabled"] = GLib.Variant("b", self.wants_clipboard)
        if self.wants_clipboard:
            self.listener = bus.signal_subscribe(MUTTER, MUTTER_SESSION, None, self.path, None, 0, self.told)
            mutter(self.path, "EnableClipboard", GLib.Variant("(a{sv})", ({},)))
        return DONE, results

    def told(self, _connection, _sender, _path, _interface, signal, arguments):
        given = arguments.unpack()
        if signal == "SelectionOwnerChanged":
            told = {}
            if "mime-types" in given[0]:
                told["mime_types"] = GLib.Variant("as", given[0]["mime-types"][0])
            told["session_is_owner"] = GLib.Variant("b", given[0].get("session-is-owner", False))
            self.emit(signal, GLib.Variant("(oa{sv})", (self.handle, told)))
        elif signal == "SelectionTransfer":
            self.emit(signal, GLib.Variant("(osu)", (self.handle, *given)))

    def emit(self, signal, arguments):
        bus.emit_signal(self.sender, DESKTOP, PREFIX + "Clipboard", signal, arguments)

    def stop(self):
        if self.path:
            mutter(self.path, "Stop")
        bus.unregister_object(self.object)
        sessions.pop(self.handle, None)


def request(sender, options):
    path = f"{DESKTOP}/request/{sender[1:].replace('.', '_')}/{options['handle_token']}"

    def respond(code, results):
        bus.emit_signal(sender, path, PREFIX + "Request", "Response", GLib.Variant("(ua{sv})", (code, results)))

    return path, respond


def answer(_connection, sender, path, interface, method, arguments, invocation):
    given = arguments.unpack()
    try:
        answer_to(sender, path, interface, method, given, invocation)
    except (GLib.Error, KeyError) as error:
        print(method, error, flush=True)
        invocation.return_dbus_error("org.freedesktop.portal.Error.Failed", str(error))


def answer_to(sender, path, interface, method, given, invocation):
    def say(kind, *values):
        invocation.return_value(GLib.Variant(kind, values) if kind else None)

    if interface == "box.User":
        if method == "Asked":
            say("(u)", asked)
        elif method == "Key":
            mutter(own, "NotifyKeyboardKeycode", GLib.Variant("(ub)", given))
            say(None)
        elif method == "Stop":
            for session in list(sessions.values()):
                session.stop()
                bus.emit_signal(None, session.handle, PREFIX + "Session", "Closed", None)
            say(None)
    elif method == "CreateSession":
        if PORTAL:
            handle = f"{DESKTOP}/session/{sender[1:].replace('.', '_')}/{given[0]['session_handle_token']}"
        else:
            handle = given[1]
        sessions[handle] = Session(handle, sender)
        sessions[handle].object = serve(handle, PREFIX + "Session")
        if PORTAL:
            at, respond = request(sender, given[0])
            say("(o)", at)
            respond(DONE, {"session_handle": GLib.Variant("s", handle)})
        else:
            say("(ua{sv})", DONE, {})
    elif method == "SelectDevices":
        if PORTAL:
            sessions[given[0]].token = given[1].get("restore_token")
            at, respond = request(sender, given[1])
            say("(o)", at)
            respond(DONE, {})
        else:
            say("(ua{sv})", DONE, {})
    elif method == "Start":
        if PORTAL:
            at, respond = request(sender, given[2])
            say("(o)", at)
            respond(*sessions[given[0]].start())
        else:
            say("(ua{sv})", *sessions[given[1]].start())
    elif method in ("NotifyKeyboardKeycode", "NotifyKeyboardKeysym"):
        mutter(sessions[given[0]].path, method, GLib.Variant("(ub)", (given[2], given[3] == 1)))
        say(None)
    elif method == "RequestClipboard":
        sessions[given[0]].wants_clipboard = True
        say(None)
    elif method == "SetSelection":
        formats = GLib.Variant("as", given[1]["mime_types"])
        mutter(sessions[given[0]].path, method, GLib.Variant("(a{sv})", ({"mime-types": formats},)))
        say(None)
    elif method in ("SelectionWrite", "SelectionRead"):
        kind = "(u)" if method == "SelectionWrite" else "(s)"
        _, pipes = mutter(sessions[given[0]].path, method, GLib.Variant(kind, (given[1],)))
        invocation.return_value_with_unix_fd_list(GLib.Variant("(h)", (0,)), pipes)
    elif method == "SelectionWriteDone":
        mutter(sessions[given[0]].path, method, GLib.Variant("(ub)", given[1:]))
        say(None)
    elif method == "Close":
        sessions[path].stop()
        say(None)


def read(_connection, _sender, _path, interface, name):
    if name == "AvailableDeviceTypes":
        return GLib.Variant("u", KEYBOARD)
    return GLib.Variant("u", 2 if PORTAL and interface.endswith("RemoteDesktop") else 1)


def serve(path, interface):
    return bus.register_object(path, node.lookup_interface(interface), answer, read, None)


serve(DESKTOP, PREFIX + "RemoteDesktop")
if PORTAL:
    serve(DESKTOP, PREFIX + "Clipboard")
serve("/box", "box.User")
own = begin()
LEFT_SHIFT = 42
# Programs expect no keys before there is a keyboard, and the compositor makes one for the first key.
for pressed in (True, False):
    mutter(own, "NotifyKeyboardKeycode", GLib.Variant("(ub)", (LEFT_SHIFT, pressed)))
Gio.bus_own_name_on_connection(bus, NAME, 0, None, lambda *_: sys.exit(1))
GLib.MainLoop().run()
