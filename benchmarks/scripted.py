"""A judge on loopback that answers from the content of the question alone: the same question, the same reply.

The grade is drawn from a hash of the model and the messages. So is how a question ends: some replies are refusals, some
cannot be read however often they are asked for, and some are off the scale.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REFUSED, UNREADABLE, OFF_SCALE = 0.03, 0.03, 0.03
"""Shares of the questions that end in each way."""


@dataclass
class ScriptedJudge:
    """The server's address, and how many requests it has answered."""

    url: str = ""
    requests: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def message(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The assistant's message to a request; counted."""
        with self.lock:
            self.requests += 1
        luck, share = _drawn([request["model"], request["messages"]])
        if luck < REFUSED:
            return {"role": "assistant", "content": None, "refusal": "I would rather not judge this."}
        if luck < REFUSED + UNREADABLE:
            return {"role": "assistant", "content": "It is good, on the whole."}
        low, high = _scale(request["messages"][-1]["content"])
        # whole grades on a scale of several steps, tenths on [0, 1]
        steps = high - low if high - low > 1 else 10.0
        score = low + round(share * steps) / steps * (high - low)
        if luck < REFUSED + UNREADABLE + OFF_SCALE:
            score = high + 1.0
        item = request["response_format"]["json_schema"]["schema"]["properties"]
        reply: dict[str, Any] = {"reason": "drawn", "score": score}
        if "verdicts" in item:
            ids = item["verdicts"]["items"]["properties"]["id"]["enum"]
            reply = {"verdicts": [{"id": name, **reply} for name in ids]}
        return {"role": "assistant", "content": json.dumps(reply)}


@contextmanager
def scripted_judge() -> Iterator[ScriptedJudge]:
    """A running judge, on a free port, in threads of this process."""
    judge = ScriptedJudge()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else every reply waits for an acknowledgement

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            choice = {"index": 0, "finish_reason": "stop", "message": judge.message(request)}
            usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
            body = {"id": "scripted", "object": "chat.completion", "choices": [choice], "usage": usage}
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    judge.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield judge
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _drawn(content: object) -> tuple[float, float]:
    """Two numbers in [0, 1) that depend on the content and on nothing else."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64, int.from_bytes(digest[8:16]) / 2**64


def _scale(question: str) -> tuple[float, float]:
    """The scale that the question's last words name."""
    low, high = re.findall(r"from (-?\d+(?:\.\d+)?) to (-?\d+(?:\.\d+)?)", question)[-1]
    return float(low), float(high)
