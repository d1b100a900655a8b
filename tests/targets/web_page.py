"""Serves a page with a text area on the loopback interface and writes the area's text to FILE, first when it is ready and
then on each change.

Usage: web_page.py FILE TITLE. The address goes to FILE.address. Below the address, /fields is a page with a password field,
which has the focus, and an ordinary one, which Tab leads to; what is in the latter goes to FILE.other.
"""
import html
import http.server
import os
import sys

FILE, TITLE = sys.argv[1:3]
PAGE = f"""<!doctype html><meta charset=utf-8><title>{html.escape(TITLE)}</title>
<textarea id=area autofocus rows=20 cols=90></textarea>
<script>
let sent = Promise.resolve();
// One after the other: the last text sent is the last one written.
const send = () => {{ const text = area.value; sent = sent.then(() => fetch("/text", {{method: "POST", body: text}})); }};
area.oninput = send;
// A page leaves the area on Tab; here it is a character like others.
area.addEventListener("keydown", event => {{
  if (event.key == "Tab") {{
    event.preventDefault();
    area.setRangeText("\\t", area.selectionStart, area.selectionEnd, "end");
    send();
  }}
}});
addEventListener("focus", send);
area.focus();
// The file appears when the page has been drawn: before that keys are lost, although the window has its title and the focus.
addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(send)));
</script>"""

FIELDS = f"""<!doctype html><meta charset=utf-8><title>{html.escape(TITLE)}</title>
<form><input id=text type=password autofocus> <input id=other></form>
<script>
let sent = Promise.resolve();
const send = field => {{
  const text = field.value;
  sent = sent.then(() => fetch("/" + field.id, {{method: "POST", body: text}}));
}};
for (const field of [other, text]) field.oninput = () => send(field);
text.focus();
addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(() => {{ send(other); send(text); }})));
</script>"""


def write(name, data):
    with open(name + ".new", "wb") as file:
        file.write(data)
    os.rename(name + ".new", name)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write((FIELDS if self.path == "/fields" else PAGE).encode())

    def do_POST(self):
        write(FILE if self.path == "/text" else FILE + ".other", self.rfile.read(int(self.headers["content-length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
write(FILE + ".address", f"http://127.0.0.1:{server.server_port}/".encode())
server.serve_forever()
