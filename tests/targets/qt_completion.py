"""A window with a Qt text field. Its text goes to FILE on each change.

Usage: qt_completion.py FILE TITLE. A list of completions opens after "alph", which grabs the keyboard.
"""
import os
import sys

from PyQt5 import QtWidgets

FILE, TITLE = sys.argv[1:3]


def dump(text=""):
    # Written aside and renamed: a reader never sees half a text.
    with open(FILE + ".new", "w", newline="") as file:
        file.write(text)
    os.rename(FILE + ".new", FILE)


application = QtWidgets.QApplication(sys.argv[:1])
window = QtWidgets.QWidget()
window.setWindowTitle(TITLE)
window.resize(400, 100)
field = QtWidgets.QLineEdit(window)
field.setCompleter(QtWidgets.QCompleter(["alphabet", "alphorn"]))
field.textChanged.connect(dump)
window.show()
field.setFocus()
dump()
application.exec_()
