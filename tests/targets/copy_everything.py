"""Owns the clipboard with several formats at once, one of them big, until another program takes it over."""
import random

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk

noise = random.Random(1).randbytes(700_000)
FORMATS = {
    "UTF8_STRING": "plain: grüße, 漢字".encode(),
    "text/html": b"<b>bold</b> &amp; <i>italic</i>",
    "image/png": b"\x89PNG\r\n\x1a\n" + noise,
    "text/uri-list": b"file:///tmp/one.txt\r\nfile:///tmp/two%20words.txt\r\n",
    "x-special/gnome-copied-files": b"copy\nfile:///tmp/one.txt",
}


def give(_widget, data, _info, _time):
    data.set(data.get_target(), 8, FORMATS[data.get_target().name()])


window = Gtk.Invisible()
window.connect("selection-get", give)
window.connect("selection-clear-event", lambda *_: Gtk.main_quit())
for name in FORMATS:
    Gtk.selection_add_target(window, Gdk.SELECTION_CLIPBOARD, Gdk.Atom.intern(name, False), 0)
Gtk.selection_owner_set(window, Gdk.SELECTION_CLIPBOARD, Gdk.CURRENT_TIME)
Gtk.main()
