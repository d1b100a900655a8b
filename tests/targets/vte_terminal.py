"""A window with a VTE terminal, whose program writes every byte that it gets to FILE.

Usage: vte_terminal.py FILE TITLE.
"""
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
gi.require_version("Vte", "2.91")
from gi.repository import Gdk, GLib, Gtk, Vte

FILE, TITLE = sys.argv[1:3]


def key(terminal, event):
    # As VTE terminals do it: the widget itself knows no chord for pasting.
    chord = Gdk.ModifierType.CONTROL_MASK | Gdk.ModifierType.SHIFT_MASK
    if event.state & chord == chord and event.keyval in (Gdk.KEY_V, Gdk.KEY_v):
        terminal.paste_clipboard()
        return True
    return False


window = Gtk.Window(title=TITLE)
terminal = Vte.Terminal()
terminal.set_size(100, 24)
terminal.connect("key-press-event", key)
terminal.spawn_sync(
    Vte.PtyFlags.DEFAULT, None,
    ["/bin/sh", "-c", 'stty raw -echo && exec cat >>"$0"', FILE],
    None, GLib.SpawnFlags.DEFAULT, None, None, None,
)
window.connect("destroy", Gtk.main_quit)
window.add(terminal)
terminal.grab_focus()
window.show_all()
Gtk.main()
