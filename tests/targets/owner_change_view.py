"""A window with a GTK text view that reads the clipboard's text on each change of its owner, and is busy afterwards. Its text goes to
FILE on each change.

Usage: owner_change_view.py FILE TITLE, with BUSY_MS in the environment.
"""
import os
import sys
import time

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk

FILE, TITLE = sys.argv[1:3]
BUSY = int(os.environ["BUSY_MS"]) / 1000


def dump(buffer):
    # Written aside and renamed: a reader never sees half a text.
    with open(FILE + ".new", "w", newline="") as file:
        file.write(buffer.get_text(buffer.get_start_iter(), buffer.get_end_iter(), True))
    os.rename(FILE + ".new", FILE)


def changed(clipboard, _event):
    clipboard.wait_for_text()
    time.sleep(BUSY)


window = Gtk.Window(title=TITLE)
window.set_default_size(600, 300)
view = Gtk.TextView(wrap_mode=Gtk.WrapMode.WORD_CHAR)
text = view.get_buffer()
text.connect("changed", dump)
window.add(view)
window.connect("destroy", Gtk.main_quit)
Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD).connect("owner-change", changed)
window.show_all()
dump(text)
Gtk.main()
