"""Stands in for vLLM's server in the tests of its supervisor: a process that answers, and an engine's beside it.

Arguments: the port, and how the engine's process is made. POST /set?key=value turns it into what a test needs.
"""

import http.server
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.parse

facts = {"health": "1", "steps": 0, "running": 0, "waiting": 0, "answers": "1", "status": 200, "term": "1"}
counts = {"health": 0, "metrics": 0, "completions": 0, "keys": [], "models": []}


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, text, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        if self.path == "/health":
            counts["health"] += 1
            self.reply("", 200 if facts["health"] == "1" else 503)
        elif self.path == "/counts":
            self.reply(json.dumps(counts))
        else:
            counts["metrics"] += 1
            if facts["steps"] == "none":
                return self.reply("process_cpu_seconds_total 1\n")
            moving = time.monotonic() if facts["steps"] == "moving" else facts["steps"]
            self.reply(
                f'vllm:num_requests_running{{engine="0"}} {facts["running"]}\n'
                f'vllm:num_requests_waiting{{engine="0"}} {facts["waiting"]}\n'
                f'vllm:iteration_tokens_total_count{{engine="0"}} {moving}\n'
                f'vllm:request_success_total{{engine="0"}} {time.monotonic()}\n'
                f"process_cpu_seconds_total {time.monotonic()}\n"
            )

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        address = urllib.parse.urlsplit(self.path)
        if address.path == "/set":
            facts.update(urllib.parse.parse_qsl(address.query))
            self.reply("")
            if "exit" in facts:
                os._exit(int(facts["exit"]))
            return
        counts["completions"] += 1
        counts["keys"].append(self.headers["Authorization"])
        counts["models"].append(json.loads(body)["model"])
        while facts["answers"] != "1":
            time.sleep(0.02)
        if facts["status"] == 200 and isinstance(facts["steps"], int):
            facts["steps"] += 1
        self.reply("{}", int(facts["status"]))

    def log_message(self, *_):
        pass


def engine():
    time.sleep(600)


def end(*_):
    print("asked to end", flush=True)
    if facts["term"] == "1":
        os._exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end)
    port, kind = int(sys.argv[1]), sys.argv[2]
    others = [subprocess.Popen(["sleep", "600"])]
    made = multiprocessing.get_context(kind).Process(target=engine, daemon=True)
    made.start()
    time.sleep(0.3)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Answer)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"server": os.getpid(), "engine": made.pid, "other": others[0].pid}), flush=True)
    while True:
        time.sleep(60)
