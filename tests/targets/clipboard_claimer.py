"""A clipboard manager that claims every text that is copied, or marked.

Usage: clipboard_claimer.py CLIPBOARD|PRIMARY. It prints "ready" when it watches.
"""
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk

clipboard = Gtk.Clipboard.get(Gdk.Atom.intern(sys.argv[1], False))
own = None


def claim(text):
    global own
    own = text
    clipboard.set_text(text, -1)


def received(_clipboard, text):
    # Its own claim changes the owner as well.
    if text is not None and text != own:
        claim(text)


clipboard.connect("owner-change", lambda *_: clipboard.request_text(received))
print("ready", flush=True)
Gtk.main()
