"""The registries as they were, and a scripted chat server on loopback."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from rmcompose.primitives import registry as rules
from rmcompose.rewards import RewardRegistry


@pytest.fixture
def registered(monkeypatch):
    """The registries as they are, put back after the test."""
    rules.signatures()
    monkeypatch.setattr(rules, "_rules", dict(rules._rules))
    monkeypatch.setattr(RewardRegistry, "_classes", dict(RewardRegistry._classes))
    return RewardRegistry


@dataclass
class ChatServer:
    """Answers requests with its `replies` in turn, the last for good: a text, or a dict with `status`, `headers`,
    `error`, `message`, `finish`, `raw` or `hang`, or a function from the request's body to one of these."""

    replies: list[Any]
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    url: str = ""


@pytest.fixture
def chat_server(monkeypatch):
    for variable in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "BASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    running: list[tuple[ThreadingHTTPServer, threading.Thread, ChatServer]] = []
    lock = threading.Lock()

    def start(*replies: Any) -> ChatServer:
        state = ChatServer(list(replies))

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    state.bodies.append(body)
                    state.keys.append(self.headers["Authorization"])
                    reply = state.replies.pop(0) if len(state.replies) > 1 else state.replies[0]
                reply = reply(body) if callable(reply) else reply
                reply = {"message": {"content": reply}} if isinstance(reply, str) else reply
                if reply.get("hang"):
                    state.released.wait(10)
                    self.close_connection = True
                    return
                self.send(*_answer(reply, stream=bool(body.get("stream"))))

            def send(self, status: int, kind: str, data: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Type": kind, "Content-Length": str(len(data))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        running.append((server, thread, state))
        return state

    yield start
    for server, thread, state in running:
        state.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(reply: dict[str, Any], *, stream: bool) -> tuple[int, str, bytes, dict[str, str]]:
    if "status" in reply:
        error = {"error": {"message": f"scripted {reply['status']}", **reply.get("error", {})}}
        return reply["status"], "application/json", json.dumps(error).encode(), reply.get("headers", {})
    if "raw" in reply:
        return 200, "application/json", reply["raw"].encode(), {}
    message = {"role": "assistant", **reply["message"]}
    finish = reply.get("finish", "stop")
    if not stream:
        choice = {"index": 0, "finish_reason": finish, "message": message}
        body = {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
        return 200, "application/json", json.dumps(body).encode(), {}
    pieces = [{name: part} for name, text in message.items() if text for part in _halves(text)]
    events = [
        {"index": 0, "delta": piece, "finish_reason": finish if piece is pieces[-1] else None} for piece in pieces
    ]
    lines = [
        "data: "
        + json.dumps({"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [event]})
        for event in events
    ]
    return 200, "text/event-stream", ("\n\n".join([*lines, "data: [DONE]"]) + "\n\n").encode(), {}


def _halves(text: str) -> list[str]:
    middle = len(text) // 2
    return [text[:middle], text[middle:]]
