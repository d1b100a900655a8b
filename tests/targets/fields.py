"""A window with a password field, which has the focus, and an ordinary one, which Tab leads to. What is in the password field
goes to FILE on each change, what is in the other to FILE.other, the window's focus to FILE.events.

Usage: fields.py TOOLKIT FILE TITLE. TOOLKIT is gtk3, gtk4 or qt5.
"""
import os
import sys

TOOLKIT, FILE, TITLE = sys.argv[1:4]
OTHER = FILE + ".other"
events = open(FILE + ".events", "w", buffering=1)


def dump(file, text):
    # Written aside and renamed: a reader never sees half a text.
    with open(file + ".new", "w", newline="") as new:
        new.write(text)
    os.rename(file + ".new", file)


def focus(direction):
    print("focus", direction, file=events)


def ready():
    dump(OTHER, "")
    dump(FILE, "")


def gtk3():
    import gi

    gi.require_version("Gtk", "3.0")
    from gi.repository import Gtk

    window = Gtk.Window(title=TITLE)
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
    password, other = Gtk.Entry(visibility=False), Gtk.Entry()
    for entry, file in (password, FILE), (other, OTHER):
        entry.connect("changed", lambda entry, file: dump(file, entry.get_text()), file)
        box.add(entry)
    window.add(box)
    window.set_default_size(500, 150)
    window.connect("destroy", Gtk.main_quit)
    window.connect("focus-in-event", lambda *_: focus("in"))
    window.connect("focus-out-event", lambda *_: focus("out"))
    window.show_all()
    password.grab_focus()
    ready()
    Gtk.main()


def gtk4():
    # The X server in the box draws without a graphics card.
    os.environ["GSK_RENDERER"] = "cairo"
    import gi

    gi.require_version("Gtk", "4.0")
    from gi.repository import GLib, Gtk

    Gtk.init()
    loop = GLib.MainLoop()
    window = Gtk.Window(title=TITLE)
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
    password, other = Gtk.PasswordEntry(), Gtk.Entry()
    for entry, file in (password, FILE), (other, OTHER):
        entry.connect("changed", lambda entry, file: dump(file, entry.get_text()), file)
        box.append(entry)
    window.set_child(box)
    window.set_default_size(500, 150)
    window.connect("close-request", lambda _: loop.quit())
    window.connect("notify::is-active", lambda window, _: focus("in" if window.is_active() else "out"))
    window.present()
    password.grab_focus()
    ready()
    loop.run()


def qt5():
    from PyQt5 import QtWidgets

    application = QtWidgets.QApplication(sys.argv[:1])
    window = QtWidgets.QWidget()
    window.setWindowTitle(TITLE)
    layout = QtWidgets.QVBoxLayout(window)
    password, other = QtWidgets.QLineEdit(), QtWidgets.QLineEdit()
    password.setEchoMode(QtWidgets.QLineEdit.Password)
    for edit, file in (password, FILE), (other, OTHER):
        edit.textChanged.connect(lambda text, file=file: dump(file, text))
        layout.addWidget(edit)
    window.resize(500, 150)
    window.show()
    password.setFocus()
    ready()
    application.exec_()


{"gtk3": gtk3, "gtk4": gtk4, "qt5": qt5}[TOOLKIT]()
