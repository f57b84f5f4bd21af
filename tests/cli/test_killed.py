"""Runs that are killed with kill -9, again and again, and resumed: nothing is lost, nothing is there twice."""

import json
import random
import time

import pytest

from tests.cli.judged import CALLS, SPEC, WINDOW, Judge, finish, settled, start

ROWS = 300
CONCURRENCY = 16
KILLS = 10
LOST = 2 * CONCURRENCY
"""Calls that a kill may cost: those under way, and as many whose reply had come and was not kept yet.

The promise is the calls of all samples under way, which is more.
"""
assert LOST <= WINDOW

pytestmark = pytest.mark.slow


RUN = ("run", "main.rm", "data.jsonl", "--concurrency", str(CONCURRENCY), "--summary", "none", "-o")


@pytest.fixture
def judge(folder, monkeypatch):
    with Judge() as one:
        monkeypatch.setenv("OPENAI_BASE_URL", one.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
        (folder / "main.rm").write_text(SPEC)
        rows = ({"id": str(i), "prompt": f"q{i}", "responses": [f"a{i}", f"b{i}"]} for i in range(ROWS))
        (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        yield one


def undisturbed(judge, folder, monkeypatch):
    """The result file of a run that nobody disturbs, and the calls that it took; the cache is a new one afterwards."""
    monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(folder / "cache of the undisturbed"))
    before = judge.answered
    code, said = finish(start(*RUN, "whole.jsonl"))
    assert code == 0, said
    monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(folder / "cache"))
    return folder / "whole.jsonl", judge.answered - before


def killed_again_and_again(judge, words, calls, seed, seen):
    """Starts the run, kills it after a share of its calls and a moment, `KILLS` times; `seen()` looks after each."""
    chance = random.Random(seed)
    killed = 0
    while killed < KILLS:
        process = start(*words)
        # some at once, while the program loads or opens its files; most when a share of the calls is made
        more = 0 if chance.random() < 0.25 else chance.randrange(calls // (2 * KILLS), calls * 5 // (6 * KILLS))
        wanted = judge.answered + more
        while process.poll() is None and judge.answered < wanted:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.03 if more else 0.6))
        process.kill()
        # had a row been written before it was on record, the next run would say so
        assert finish(process) == (-9, "")
        killed += 1
        seen()
    assert finish(start(*words)) == (0, "")


def assert_only_grows(path):
    """A check for after each kill: whole lines that were there are still there, each the same."""
    held = []

    def seen():
        content = path.read_bytes() if path.exists() else b""
        now = content[: content.rfind(b"\n") + 1].splitlines()
        assert now[: len(held)] == held
        held[:] = now

    return seen


def test_a_run_that_is_killed_ten_times(judge, folder, monkeypatch):
    whole, calls = undisturbed(judge, folder, monkeypatch)
    assert calls == ROWS * CALLS
    before = judge.answered
    words = (*RUN, "out.jsonl", "--resume")
    killed_again_and_again(judge, words, calls, 1, assert_only_grows(folder / "out.jsonl"))
    assert settled(folder / "out.jsonl") == settled(whole)
    print(f"{ROWS} rows, {calls} calls undisturbed, {judge.answered - before} with {KILLS} kills")
    assert judge.answered - before <= calls + KILLS * LOST


def test_a_recording_that_is_killed_ten_times(judge, folder, monkeypatch):
    whole, calls = undisturbed(judge, folder, monkeypatch)
    before = judge.answered
    words = (*RUN, "out.jsonl", "--resume", "--record", "tape")
    killed_again_and_again(judge, words, calls, 2, assert_only_grows(folder / "out.jsonl"))
    assert settled(folder / "out.jsonl") == settled(whole)
    print(f"{ROWS} rows, {calls} calls undisturbed, {judge.answered - before} with {KILLS} kills")
    assert judge.answered - before <= calls + KILLS * LOST
    before = judge.answered
    code, said = finish(start(*RUN, "again.jsonl", "--replay", "tape"))
    assert (code, judge.answered) == (0, before), said
    assert settled(folder / "again.jsonl") == settled(whole)


def test_rows_left_by_a_budget_are_done_by_a_run_that_is_killed_ten_times(judge, folder, monkeypatch):
    whole, _ = undisturbed(judge, folder, monkeypatch)
    lines = whole.read_bytes().splitlines(keepends=True)
    left = [number for number in range(ROWS) if number % 3 or number > 250]
    for number in left:
        row = json.loads(lines[number])
        reason = {"kind": "budget_exceeded", "node": "good", "message": "no calls are left"}
        row["responses"][1] |= {"score": None, "status": "unscored", "reason": reason}
        lines[number] = json.dumps(row).encode() + b"\n"
    out = folder / "out.jsonl"
    out.write_bytes(b"".join(lines))
    (folder / ".whole.jsonl.run").rename(folder / ".out.jsonl.run")
    kept = {number: line for number, line in enumerate(lines) if number not in left}
    calls = len(left) * CALLS
    broken_off = []

    def nothing_is_lost():
        broken_off.append((folder / ".out.jsonl.redo").exists())
        now = out.read_bytes().splitlines(keepends=True)
        assert len(now) == ROWS
        assert all(now[number] == line for number, line in kept.items())

    before = judge.answered
    words = (*RUN, "out.jsonl", "--resume")
    killed_again_and_again(judge, words, calls, 3, nothing_is_lost)
    assert any(broken_off)
    nothing_is_lost()
    assert settled(out) == settled(whole)
    print(f"{ROWS} rows, {calls} calls undisturbed, {judge.answered - before} with {KILLS} kills")
    assert judge.answered - before <= calls + KILLS * LOST
    assert {path.name for path in folder.glob(".out*")} == {".out.jsonl.run"}


def test_a_run_over_rules_that_is_killed_ten_times(folder, spec):
    name = spec()
    count = 20_000
    with (folder / "data.jsonl").open("w") as file:
        for i in range(count):
            file.write(json.dumps({"id": str(i), "response": str(i % 7), "reference": "3"}) + "\n")
    words = ("run", name, "data.jsonl", "--summary", "none", "-o")
    assert finish(start(*words, "whole.jsonl")) == (0, "")
    out = folder / "out.jsonl"
    chance = random.Random(4)
    seen = assert_only_grows(out)
    for kill in range(1, KILLS + 1):
        process = start(*words, "out.jsonl", "--resume")
        wanted = (folder / "whole.jsonl").stat().st_size * (kill - chance.random()) / (KILLS + 1)
        while process.poll() is None and not (out.exists() and out.stat().st_size > wanted):
            time.sleep(0.001)
        process.kill()
        assert finish(process) == (-9, "")
        seen()
    assert finish(start(*words, "out.jsonl", "--resume")) == (0, "")
    assert settled(out) == settled(folder / "whole.jsonl")
