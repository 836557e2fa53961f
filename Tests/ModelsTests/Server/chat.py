"""An OpenAI-compatible endpoint with faults, chosen by path and by question, for the tests.

Prints `port N.`, then serves until it is stopped or, started with `--until-eof`, its standard input
ends. `/CASE/chat/completions` answers as CASE says, `/log` lists what was asked for.
"""

import base64
import http.server
import json
import sys
import threading

asked = []
lock = threading.Lock()
never = threading.Event()


def completion(text, finish="stop", **message):
    return {
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": text} | message,
            }
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
    }


class Chat(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def reply(self, status, content, **headers):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        with lock:
            self.reply(200, asked)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers.get("Authorization", "")
        case = self.path.split("/")[1]
        with lock:
            asked.append({"path": self.path, "key": key, "body": body})
            count = sum(1 for each in asked if each["path"] == self.path)
        question = body["messages"][-1]["content"]
        if case == "busy" and count == 1:
            self.reply(429, {"error": {"message": "slow down"}}, Retry_After="7")
        elif case == "broken" and count == 1:
            self.close_connection = True
        elif case == "failing" and count < 3 or case == "down":
            self.reply(503, b"<html>no</html>")
        elif case == "hang" or case == "hang-at-gone" and question == "gone":
            print("hanging", flush=True)
            never.wait()
        elif case == "big":
            self.reply(200, completion("x" * 100_000))
        elif case == "page":
            self.reply(200, b"<html>hello</html>")
        elif case == "moved":
            self.reply(302, b"", Location="/ok/chat/completions")
        elif case == "refused":
            self.reply(401, {"error": {"message": f"wrong key {key}"}})
        elif case == "unknown" or case == "until-gone" and question == "gone":
            self.reply(404, {"error": {"message": "no such\nmodel"}})
        elif case == "leak":
            self.reply(200, completion(base64.b64encode(key.encode()).decode()))
        elif question == "too long":
            error = {"message": "too many tokens", "code": "context_length_exceeded"}
            self.reply(400, {"error": error})
        elif question == "silent":
            self.reply(200, completion(None, "tool_calls"))
        elif question == "cut":
            self.reply(200, completion(" half an ans", "length"))
        elif question == "declined":
            self.reply(200, completion(None, refusal="I would rather not"))
        else:
            self.reply(200, completion(f" You said {question}\n"))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients that hang up are part of the tests."""


server = Server(("127.0.0.1", 0), Chat)
print(f"port {server.server_port}.", flush=True)
if "--until-eof" in sys.argv:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
else:
    server.serve_forever()
