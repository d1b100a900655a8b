"""A window with a GTK 3 entry that swallows a part of what is typed into it. Its text goes to FILE on each change.

Usage: swallowing_entry.py FILE TITLE. SIGUSR1 clears the text. KIND in the environment says what is swallowed: "short" takes 14
characters, "letters" nothing but letters and spaces, "line" no line breaks.
"""
import os
import signal
import sys

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, GObject, Gtk

FILE, TITLE = sys.argv[1:3]
KIND = os.environ["KIND"]
LIMIT = 14


def dump(text):
    # Written aside and renamed: a reader never sees half a text.
    with open(FILE + ".new", "w", newline="") as file:
        file.write(text)
    os.rename(FILE + ".new", FILE)


def inserts(entry, text, _length, _position):
    if KIND == "letters" and not all(sign.isalpha() or sign == " " for sign in text):
        GObject.signal_stop_emission_by_name(entry, "insert-text")


window = Gtk.Window(title=TITLE)
window.set_default_size(500, 100)
entry = Gtk.Entry(max_length=LIMIT if KIND == "short" else 0)
entry.connect("insert-text", inserts)
entry.connect("changed", lambda entry: dump(entry.get_text()))
window.connect("destroy", Gtk.main_quit)
GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, lambda: entry.set_text("") or True)
window.add(entry)
window.show_all()
entry.grab_focus()
dump("")
Gtk.main()
