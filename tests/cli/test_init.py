"""`init`: the project it writes checks, tests and runs as it is, without a key."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rmcompose.cli.init import FILES, STARTER


@pytest.fixture
def starter(rmcompose, folder):
    assert rmcompose("init").code == 0
    return folder


def test_every_file_is_written(starter):
    for name, source in FILES.items():
        assert (starter / name).read_bytes() == (STARTER / source).read_bytes()


def test_a_folder_of_ones_own(rmcompose, folder):
    done = rmcompose("init", "my rewards")
    assert (done.code, done.out) == (0, "")
    assert (folder / "my rewards" / "rewards" / "answer.rm").exists()
    assert "cd 'my rewards' && rmcompose validate" in done.err


def test_nothing_is_overwritten(rmcompose, folder):
    (folder / "README.md").write_text("mine")
    done = rmcompose("init")
    assert done.code == 4
    assert "`README.md`" in done.err
    assert [path.name for path in folder.iterdir()] == ["README.md"]
    assert (folder / "README.md").read_text() == "mine"


def test_it_is_sound(rmcompose, starter):
    done = rmcompose("validate", ".")
    assert (done.code, done.out, done.err) == (0, "", "2 files, 0 errors, 0 warnings\n")
    done = rmcompose("fmt", "--check", "rewards")
    assert done.code == 0, rmcompose("fmt", "--diff", "rewards").out
    done = rmcompose("test", "rewards")
    assert (done.code, done.err) == (0, "4 tests, 4 passed, 0 failed\n")


def test_it_runs_without_a_model(rmcompose, starter):
    assert rmcompose("run", "rewards/brevity.rm.yaml", "data.jsonl", "-o", "brevity.jsonl").code == 0


def test_it_runs_from_the_cassette(rmcompose, starter):
    words = ("run", "rewards/answer.rm", "data.jsonl", "-o", "answer.jsonl", "--replay", "cassette.jsonl")
    done = rmcompose(*words, "--summary", "json")
    assert done.code == 0
    found = json.loads(done.out)
    assert (found["samples"], found["scored"], found["calls"]) == (3, 7, 0)
    assert found["nodes"]["clarity"]["skipped"] > 0
    assert rmcompose(*words, "--set", "clarity_weight=0.5").code == 0
    assert "skipped: a gate failed: nothing of the reference in it" in rmcompose("explain", "answer.jsonl").out


def test_a_call_the_cassette_lacks_is_told(rmcompose, starter):
    (starter / "more.jsonl").write_text('{"prompt": "Is it?", "response": "Yes it is", "reference": "Yes"}\n')
    done = rmcompose("run", "rewards/answer.rm", "more.jsonl", "-o", "o.jsonl", "--replay", "cassette.jsonl")
    assert done.code == 4
    assert "cassette.jsonl` lacks a call" in done.err
    assert len(done.err.splitlines()) == 1


def test_a_key_that_is_not_set_is_told(rmcompose, starter):
    done = rmcompose("run", "rewards/answer.rm", "data.jsonl", "-o", "o.jsonl")
    assert done.code == 2
    assert "OPENAI_API_KEY" in done.err
    assert len(done.err.splitlines()) == 1


def test_the_cassette_is_what_would_be_recorded(rmcompose, starter, monkeypatch, update_golden):
    """A judge on loopback that dislikes digressions; `--update-golden` writes the starter's cassette anew."""

    class Model(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            digresses = "around 1600" in asked["messages"][-1]["content"]
            reason = "It says more than was asked." if digresses else "A plain answer to the question."
            verdict = {"reason": reason, "score": 4 if digresses else 5}
            message = {"role": "assistant", "content": json.dumps(verdict)}
            body = {
                "id": "1",
                "object": "chat.completion",
                "created": 0,
                "model": asked["model"],
                "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                "usage": {"prompt_tokens": 180, "completion_tokens": 20, "total_tokens": 200},
            }
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_address[1]}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    try:
        words = ("run", "rewards/answer.rm", "data.jsonl", "-o", "o.jsonl", "--record", "new.jsonl")
        done = rmcompose(*words)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert done.code == 0, done.err
    recorded = (starter / "new.jsonl").read_bytes()
    if update_golden:
        (STARTER / "cassette.jsonl").write_bytes(recorded)
    assert recorded == (STARTER / "cassette.jsonl").read_bytes()
