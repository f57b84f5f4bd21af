"""Several runs at one cache at the same time, and runs that are killed: nothing broken, nothing lost, nothing torn."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import rmcompose
from rmcompose.runtime.client.cache import WAITING, DiskCache
from rmcompose.runtime.client.cassette import Player
from rmcompose.runtime.client.question import Question
from rmcompose.runtime.client.sweeping import kept

SPEC = """\
rmcompose 1

composition main -> score[0, 1] {
  judge good: score[0, 1] {
    model = "m"
    given = [response]
    rubric \"\"\"
      Is it good?
    \"\"\"
  }

  return good
}
"""
ROWS = 40
RULES = [
    {"when": f"answer {digit}", "reply": {"reason": "r", "score": digit / 10}, "delay": 0.002} for digit in range(10)
]


class Asked(Question):
    """A question of which only the key is known."""

    def __init__(self, key):
        super().__init__("m", ())
        self.__dict__["key"] = key


@pytest.fixture
def start(tmp_path, serve):
    """`start(server, name)` starts a run over 40 rows in a process of its own, with results in a file of that name."""
    (tmp_path / "main.rm").write_text(SPEC)
    rows = [{"id": str(number), "response": f"answer {number % 10} {number}"} for number in range(ROWS)]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def go(server, name, *options, **more):
        environ = {
            **os.environ,
            "PYTHONPATH": str(Path(rmcompose.__file__).parent.parent),
            "RMCOMPOSE_CACHE_DIR": str(tmp_path / "cache"),
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_KEY": "sk-secret-of-mine",
            **more,
        }
        words = [sys.executable, "-m", "rmcompose", "run", "main.rm", "data.jsonl", "-o", name, "--summary", "none"]
        return subprocess.Popen([*words, *options], env=environ, cwd=tmp_path, stderr=subprocess.PIPE, text=True)

    return go


def scores(path):
    return [(row["id"], row["responses"][0]["score"]) for row in map(json.loads, path.read_text().splitlines())]


EXPECTED = [(str(number), number % 10 / 10) for number in range(ROWS)]


@pytest.mark.slow
@pytest.mark.parametrize("size", ["1GiB", "80kB", "0"])
def test_two_runs_share_a_cache_at_the_same_time(serve, start, tmp_path, size):
    """However much is deleted under their feet, each scores every row."""
    server = serve(*RULES)
    running = [start(server, f"{name}.jsonl", RMCOMPOSE_CACHE_SIZE=size) for name in "ab"]
    assert [process.communicate()[1] for process in running] == ["", ""]
    assert [process.returncode for process in running] == [0, 0]
    assert scores(tmp_path / "a.jsonl") == scores(tmp_path / "b.jsonl") == EXPECTED
    assert ROWS <= len(server.requests) <= 2 * ROWS
    cache = DiskCache(tmp_path / "cache", 2**30)
    left = list(kept(cache.folder))
    assert all(cache.get(one.key) for one in left)
    files = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert len(files) == len(left)
    if size == "1GiB":
        assert len(left) == ROWS
        assert start(server, "c.jsonl").communicate()[1] == ""
        assert scores(tmp_path / "c.jsonl") == EXPECTED
        assert len(server.requests) <= 2 * ROWS
    else:
        assert len(left) < ROWS


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal")
def test_who_is_killed_loses_the_last_moments_only(tmp_path):
    code = (
        "import hashlib, os, signal, sys\n"
        "from rmcompose.runtime.client.cache import DiskCache\n"
        "from rmcompose.runtime.client.question import Reply\n"
        "cache = DiskCache(sys.argv[1])\n"
        "for number in range(100):\n"
        "    key = hashlib.sha256(str(number).encode()).hexdigest()\n"
        "    cache.put(key, 'm', Reply('x' * 5000, tokens_in=1, tokens_out=number))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    cache = DiskCache(tmp_path)
    found = [cache.get(hashlib.sha256(str(number).encode()).hexdigest()) for number in range(100)]
    whole = [reply for reply in found if reply is not None]
    assert len(whole) >= 100 - WAITING - 1  # one more may be at work
    assert all(reply.text == "x" * 5000 and reply.tokens_out < 100 for reply in whole)


@pytest.mark.slow
def test_a_recording_that_is_killed_goes_on(serve, start, tmp_path):
    """Killed at some moment, gone on with in another run, and then in order, with every call."""
    server = serve(*RULES, {"hang": True})
    tape = tmp_path / "tape.jsonl"
    process = start(server, "a.jsonl", "--record", "tape.jsonl", "--concurrency", "2")
    until = time.monotonic() + 30
    while not tape.exists() or tape.read_bytes().count(b"\n") < 5:
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.001)
    process.kill()
    process.communicate()
    first = [json.loads(line) for line in tape.read_text().splitlines(keepends=True) if line.endswith("\n")]
    assert len(first) >= 5
    player = Player(tape)
    for line in first:
        assert player.reply(Asked(line["key"]), 0).text == line["reply"]
    assert start(server, "b.jsonl", "--record", "tape.jsonl").communicate()[1] == ""
    lines = [json.loads(line) for line in tape.read_text().splitlines()]
    assert len(lines) == ROWS
    assert [line["key"] for line in lines] == sorted(line["key"] for line in lines)
    replayed = start(server, "c.jsonl", "--replay", "tape.jsonl", OPENAI_API_KEY="", OPENAI_BASE_URL="")
    assert replayed.communicate()[1] == ""
    assert scores(tmp_path / "c.jsonl") == EXPECTED
    assert sorted(path.name for path in tmp_path.glob(".tape*")) == []
    assert "secret" not in tape.read_text()
