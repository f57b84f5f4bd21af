"""A folder as the pages describe it, with a model in reach that always answers 4."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rmcompose.primitives import registry as rules
from rmcompose.rewards import RewardRegistry
from tests.docs.blocks import ROOT, blocks

ANSWER = {
    "id": "chat",
    "object": "chat.completion",
    "created": 0,
    "model": "gpt-4.1-mini",
    "usage": {"prompt_tokens": 210, "completion_tokens": 14, "total_tokens": 224},
}


class _Model(BaseHTTPRequestHandler):
    reply = json.dumps({"reason": "Each step follows.", "score": 4})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        message = {"role": "assistant", "content": self.reply}
        body = json.dumps({**ANSWER, "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def model(monkeypatch):
    """A chat server on loopback, where the environment says that models live."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Model)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_address[1]}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    yield
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def project(tmp_path, monkeypatch, model):
    """The working directory with the files that README.md shows, and `draft.rm`, which it describes in words."""
    for block in blocks(ROOT / "README.md", "rm", "jsonl"):
        (tmp_path / block.info).write_text(block.text, encoding="utf-8")
    spec = (tmp_path / "answer.rm").read_text(encoding="utf-8")
    (tmp_path / "draft.rm").write_text(spec.replace("normalize(sound)", "sound"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(tmp_path / ".cache"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    # what a page registers is forgotten after it
    rules.signatures()
    monkeypatch.setattr(rules, "_rules", dict(rules._rules))
    monkeypatch.setattr(rules, "_aliases", dict(rules._aliases))
    monkeypatch.setattr(RewardRegistry, "_classes", dict(RewardRegistry._classes))
    return tmp_path
