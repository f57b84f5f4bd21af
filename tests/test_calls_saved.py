"""What benchmarks/calls.py shows, on a few rows: the optimiser saves calls and changes no score, failing judges too."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rmcompose.cli.main import main

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def calls(monkeypatch):
    """The benchmark as a module."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    for name in ("calls", "report", "scripted"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import calls

    return calls


@pytest.fixture
def judge(calls):
    with calls.scripted_judge() as judge:
        yield judge


@pytest.mark.parametrize(("number", "count"), [(0, 10), (1, 18), (2, 10)])
def test_same_scores_to_the_bit_with_fewer_calls(calls, judge, number, count):
    spec, rows_of = list(calls.SCENARIOS.values())[number]
    rows = rows_of(count)
    every = calls.run(spec, rows, judge, optimize=False)
    needed = calls.run(spec, rows, judge, optimize=True)
    told = every.scores()
    assert needed.scores() == told
    # some judges fail, so that the equality says something about them too
    kinds = {node["reason"]["kind"] for node in every.judged() if node["status"] == "unscored"}
    assert len(kinds) > 1
    assert any(score is None for score, _ in told)
    assert len({score for score, _ in told}) > 5
    assert needed.calls < every.calls <= every.one_by_one()


def test_every_judge_was_asked_without_optimising_and_only_then(calls, judge):
    for spec, rows_of in calls.SCENARIOS.values():
        skipped = [
            sum(node["status"] == "skipped" for node in calls.run(spec, rows_of(4), judge, optimize=optimize).judged())
            for optimize in (False, True)
        ]
        assert skipped[0] == 0
        assert skipped[1] > 0


def test_duplicates_are_asked_once(calls, judge):
    spec, rows_of = calls.SCENARIOS["best of 4 chat, with duplicates"]
    rows = rows_of(10)
    every = calls.run(spec, rows, judge, optimize=False)
    # a question on the prompt once a sample, two on each response that differs; an unreadable reply is asked for again
    questions = len(rows) + 2 * sum(len(set(row["responses"])) for row in rows)
    assert questions <= every.calls <= questions + 2 * questions // 5
    assert every.one_by_one() >= 3 * 4 * len(rows)


def test_a_changed_score_is_no_figure(calls, judge, monkeypatch):
    spec, rows_of = next(iter(calls.SCENARIOS.values()))
    run = calls.run

    def other(spec, rows, judge, *, optimize):
        done = run(spec, rows, judge, optimize=optimize)
        if optimize:
            done.lines[0]["responses"][0]["score"] = 0.123
        return done

    monkeypatch.setattr(calls, "run", other)
    with pytest.raises(SystemExit, match="gives other scores"):
        calls.compared(spec, rows_of(1), judge)


@pytest.mark.parametrize("path", sorted((BENCHMARKS / "specs").glob("*.rm")), ids=lambda path: path.name)
def test_the_specs_are_in_order(path, capsys):
    assert main(["validate", str(path)]) == 0, capsys.readouterr()
    assert main(["fmt", "--check", str(path)]) == 0, capsys.readouterr()
