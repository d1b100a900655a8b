"""A window with a GTK 4 text view. Its text goes to FILE on each change, its focus to FILE.events.

Usage: gtk4_view.py FILE TITLE. SIGUSR1 clears the text.
"""
import os
import signal
import sys

# The X server in the box draws without a graphics card.
os.environ["GSK_RENDERER"] = "cairo"

import gi

gi.require_version("Gtk", "4.0")
from gi.repository import GLib, Gtk

FILE, TITLE = sys.argv[1:3]
events = open(FILE + ".events", "w", buffering=1)


def dump(buffer):
    # Written aside and renamed: a reader never sees half a text.
    with open(FILE + ".new", "w", newline="") as file:
        file.write(buffer.get_text(buffer.get_start_iter(), buffer.get_end_iter(), True))
    os.rename(FILE + ".new", FILE)


Gtk.init()
loop = GLib.MainLoop()
window = Gtk.Window(title=TITLE)
window.set_default_size(700, 400)
view = Gtk.TextView(wrap_mode=Gtk.WrapMode.WORD_CHAR)
text = view.get_buffer()
text.connect("changed", dump)
window.connect("close-request", lambda _: loop.quit())
window.connect("notify::is-active", lambda window, _: print("focus", "in" if window.is_active() else "out", file=events))
GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, lambda: text.set_text("") or True)
scroller = Gtk.ScrolledWindow()
scroller.set_child(view)
window.set_child(scroller)
view.grab_focus()
window.present()
dump(text)
loop.run()
