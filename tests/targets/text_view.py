"""A window with a GTK text view. Its text goes to FILE on each change, its key and focus events to FILE.events.

Usage: text_view.py FILE TITLE. SIGUSR1 clears the text, SIGUSR2 changes the window's title. With SLOW_MS in the environment, the window takes that long for
each key that is pressed.
"""
import os
import signal
import sys
import time

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk

FILE, TITLE = sys.argv[1:3]
SLOW = int(os.environ.get("SLOW_MS", "0")) / 1000
events = open(FILE + ".events", "w", buffering=1)


def dump(buffer):
    # Written aside and renamed: a reader never sees half a text.
    with open(FILE + ".new", "w", newline="") as file:
        file.write(buffer.get_text(buffer.get_start_iter(), buffer.get_end_iter(), True))
    os.rename(FILE + ".new", FILE)


def key(_view, event):
    kind = "press" if event.type == Gdk.EventType.KEY_PRESS else "release"
    if kind == "press":
        time.sleep(SLOW)
    print(kind, Gdk.keyval_name(event.keyval), f"{event.state:#x}", file=events)
    return False


def focus(_window, _event, direction):
    print("focus", direction, file=events)
    return False


window = Gtk.Window(title=TITLE)
window.set_default_size(700, 400)
window.move(40, 60)
view = Gtk.TextView(wrap_mode=Gtk.WrapMode.WORD_CHAR)
text = view.get_buffer()
text.connect("changed", dump)
view.connect("key-press-event", key)
view.connect("key-release-event", key)
window.connect("focus-in-event", focus, "in")
window.connect("focus-out-event", focus, "out")
window.connect("destroy", Gtk.main_quit)
GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR2, lambda: window.set_title(TITLE + " again") or True)
GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, lambda: text.set_text("") or True)
scroller = Gtk.ScrolledWindow()
scroller.add(view)
window.add(scroller)
view.grab_focus()
window.show_all()
dump(text)
Gtk.main()
