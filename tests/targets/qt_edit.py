"""A window with a Qt text field. Its text goes to FILE on each change.

Usage: qt_edit.py FILE TITLE. SIGUSR1 clears the text.
"""
import os
import signal
import socket
import sys

from PyQt5 import QtCore, QtWidgets

FILE, TITLE = sys.argv[1:3]


def dump():
    # Written aside and renamed: a reader never sees half a text.
    with open(FILE + ".new", "w", newline="") as file:
        file.write(field.toPlainText())
    os.rename(FILE + ".new", FILE)


application = QtWidgets.QApplication(sys.argv[:1])
field = QtWidgets.QPlainTextEdit()
field.setWindowTitle(TITLE)
field.resize(700, 400)
field.textChanged.connect(dump)
# A signal wakes Python, which Qt's loop would otherwise let sleep.
waking, woken = socket.socketpair()
waking.setblocking(False)
signal.set_wakeup_fd(waking.fileno())
signal.signal(signal.SIGUSR1, lambda *_: field.clear())
notifier = QtCore.QSocketNotifier(woken.fileno(), QtCore.QSocketNotifier.Read)
notifier.activated.connect(lambda _: woken.recv(64))
field.show()
field.setFocus()
dump()
application.exec_()
