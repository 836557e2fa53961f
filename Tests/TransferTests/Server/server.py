"""A web server with faults, chosen by path, for the tests of downloads.

Prints its port, then serves until its standard input ends. Each case counts its requests, so that
`/429/NAME` answers wrongly at first and rightly later. `/log/NAME` tells what was asked for.
"""

import hashlib
import http.server
import json
import socket
import sys
import threading
import time


def content(size):
    """Bytes that differ everywhere, so that a piece in the wrong place shows."""
    out = bytearray()
    counter = 0
    while len(out) < size:
        out += hashlib.sha256(str(counter).encode()).digest()
        counter += 1
    return bytes(out[:size])


BODY = content(300_000)
TAG = '"first"'
seen = {}
lock = threading.Lock()


class Case(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def reply(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def cut(self):
        """Breaks the connection without a word."""
        self.wfile.flush()
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def whole(self, body=BODY, tag=TAG):
        self.reply(
            200, body, ETag=tag, Content_Type="application/json; charset=utf-8",
            Set_Cookie="session=secret", Authorization="secret", X_Powered_By="test")

    def ranged(self, body=BODY, tag=TAG, send=None):
        """The rest that was asked for where the tag is still right, otherwise everything."""
        wanted = self.headers.get("Range")
        condition = self.headers.get("If-Range")
        start = 0
        if wanted and (condition is None or condition == tag):
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if start >= len(body) and start:
            return self.reply(416, Content_Range=f"bytes */{len(body)}")
        rest = body[start:]
        self.send_response(206 if start else 200)
        self.send_header("ETag", tag)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[:send] if send is not None else rest)
        if send is not None:
            self.cut()

    def do_GET(self):
        case, _, name = self.path.lstrip("/").partition("/")
        if case == "log":
            with lock:
                return self.reply(200, json.dumps(seen.get(name, [])).encode())
        with lock:
            asked = seen.setdefault(name, [])
            asked.append([self.path, self.headers.get("Range"), self.headers.get("If-Range")])
            count = len(asked)
        if case == "ok":
            self.whole()
        elif case == "empty":
            self.whole(b"")
        elif case == "range":
            self.ranged()
        elif case == "drop":  # gives 100,000 bytes at a time
            self.ranged(send=100_000)
        elif case == "drop-then-changed":
            if count == 1:
                self.ranged(send=100_000)
            else:
                self.ranged(body=BODY[::-1], tag='"second"')
        elif case == "drop-no-tag":
            if count == 1:
                self.send_response(200)
                self.send_header("Content-Length", str(len(BODY)))
                self.end_headers()
                self.wfile.write(BODY[:100_000])
                self.cut()
            else:
                self.reply(200, BODY)
        elif case == "wrong-range":  # answers a range with other bytes than asked for
            if count == 1:
                self.ranged(send=100_000)
            elif count == 2:
                self.reply(206, BODY[5:], ETag=TAG, Content_Range=f"bytes 5-{len(BODY) - 1}/{len(BODY)}")
            else:
                self.ranged()
        elif case == "ignores-range":
            if count == 1:
                self.ranged(send=100_000)
            else:
                self.whole()
        elif case == "stall":
            self.send_response(200)
            self.send_header("Content-Length", str(len(BODY)))
            self.send_header("ETag", TAG)
            self.end_headers()
            self.wfile.write(BODY[:1000])
            self.wfile.flush()
            time.sleep(30)
        elif case == "stall-then-ok":
            if count == 1:
                self.send_response(200)
                self.send_header("Content-Length", str(len(BODY)))
                self.send_header("ETag", TAG)
                self.end_headers()
                self.wfile.write(BODY[:1000])
                self.wfile.flush()
                time.sleep(5)
                self.cut()
            else:
                self.ranged()
        elif case == "truncate":
            self.send_response(200)
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY[:1000])
            self.cut()
        elif case == "too-long":  # says more than it sends, always
            self.reply(200, BODY, Content_Length=str(len(BODY) + 10))
            self.cut()
        elif case == "too-short":  # says less than it sends
            self.reply(200, BODY, Content_Length="1000")
            self.cut()
        elif case == "circle":
            self.reply(302, Location=f"/circle/{name}")
        elif case == "to-file":
            self.reply(302, Location="file:///etc/hostname")
        elif case == "to-ok":
            self.reply(302, b"moved", Location=f"/ok/{name}", Set_Cookie="a=b")
        elif case == "429":
            if count == 1:
                self.reply(429, b"later", Retry_After="7")
            else:
                self.whole()
        elif case == "wait-long":
            self.reply(503, b"later", Retry_After="86400")
        elif case == "500":
            if count < 3:
                self.reply(500, b"oops")
            else:
                self.whole()
        elif case == "always-500":
            self.reply(500, b"oops")
        elif case == "403":
            self.reply(403, b"no")
        elif case == "big":
            self.send_response(200)
            self.send_header("Content-Length", str(1 << 40))
            self.end_headers()
            self.cut()
        elif case == "endless":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            piece = b"x" * 65536
            try:
                while True:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            except OSError:
                self.close_connection = True
        else:
            self.reply(404, b"not here")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass


server = Server(("127.0.0.1", 0), Case)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
