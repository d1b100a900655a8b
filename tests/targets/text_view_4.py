"""A window with a GTK 4 text view. Its text goes to FILE on each change.

Usage: text_view_4.py FILE TITLE. SIGUSR1 clears the text.
"""
import os
import signal
import sys

import gi

gi.require_version("Gtk", "4.0")
from gi.repository import GLib, Gtk

FILE, TITLE = sys.argv[1:3]


def dump(buffer):
    # Written aside and renamed: a reader never sees half a text.
    with open(FILE + ".new", "w", newline="") as file:
        file.write(buffer.get_text(buffer.get_start_iter(), buffer.get_end_iter(), True))
    os.rename(FILE + ".new", FILE)


def open_window(application):
    view = Gtk.TextView(wrap_mode=Gtk.WrapMode.WORD_CHAR)
    text = view.get_buffer()
    text.connect("changed", dump)
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, lambda: text.set_text("") or True)
    window = Gtk.ApplicationWindow(application=application, title=TITLE)
    window.set_child(Gtk.ScrolledWindow(child=view))
    window.set_default_size(700, 400)
    window.present()
    view.grab_focus()
    dump(text)


application = Gtk.Application(application_id="box.text_view_4", flags=32)
application.connect("activate", open_window)
application.run([])
