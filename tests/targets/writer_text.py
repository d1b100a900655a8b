"""Writes the text of LibreOffice Writer's document to FILE on each change, and gives its window the title TITLE.

Usage: writer_text.py FILE TITLE PIPE, where PIPE is the name of the pipe at which LibreOffice listens.
"""
import os
import sys
import time

import uno

FILE, TITLE, PIPE = sys.argv[1:4]
ADDRESS = f"uno:pipe,name={PIPE};urp;StarOffice.ComponentContext"
LOOK_AGAIN = 0.05


def office():
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    while True:
        try:
            return resolver.resolve(ADDRESS)
        except uno.getClass("com.sun.star.connection.NoConnectException"):
            time.sleep(LOOK_AGAIN)


def document(context):
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    while True:
        component = desktop.getCurrentComponent()
        if component and component.getCurrentController():
            return component
        time.sleep(LOOK_AGAIN)


def dump(text):
    # Written aside and renamed: a reader never sees half a text.
    with open(FILE + ".new", "w", newline="") as file:
        file.write(text)
    os.rename(FILE + ".new", FILE)


writer = document(office())
writer.getCurrentController().getFrame().setTitle(TITLE)
written = None
while True:
    now = writer.getText().getString()
    if now != written:
        dump(now)
        written = now
    time.sleep(LOOK_AGAIN)
