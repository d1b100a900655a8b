"""A window with a GTK entry that has a pop-up of its own. The text goes to FILE on each change.

Usage: gtk_popups.py FILE TITLE. SIGUSR1 opens a pop-up with another entry, which grabs the keyboard as menus do; its text goes to
FILE after that of the first. A list of completions opens by itself after "alph".
"""
import os
import signal
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk

FILE, TITLE = sys.argv[1:3]


def dump(*_):
    # Written aside and renamed: a reader never sees half a text.
    with open(FILE + ".new", "w", newline="") as file:
        file.write(entry.get_text() + inner.get_text())
    os.rename(FILE + ".new", FILE)


def open_popup():
    popup.show_all()
    inner.grab_focus()
    popup.get_display().get_default_seat().grab(popup.get_window(), Gdk.SeatCapabilities.ALL, True, None, None, None)
    return True


window = Gtk.Window(title=TITLE)
window.set_default_size(400, 100)
words = Gtk.ListStore(str)
for word in ["alphabet", "alphorn"]:
    words.append([word])
completion = Gtk.EntryCompletion(model=words, text_column=0, minimum_key_length=4)
entry = Gtk.Entry(completion=completion)
entry.connect("changed", dump)
popup = Gtk.Window(type=Gtk.WindowType.POPUP)
popup.set_transient_for(window)
inner = Gtk.Entry()
inner.connect("changed", dump)
popup.add(inner)
window.add(entry)
window.connect("destroy", Gtk.main_quit)
GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, open_popup)
window.show_all()
dump()
Gtk.main()
