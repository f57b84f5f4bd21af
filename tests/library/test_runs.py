"""Every spec of the library from its name on a command line to scores, over HTTP, against a judge that is made up."""

from __future__ import annotations

import json
import math

import pytest

from rmcompose.cli.main import main
from rmcompose.library import cards
from tests.cli.judged import Judge, completion
from tests.library.rows import SWAYING, answer, row_for

CARDS = cards()
JUDGED = [card for card in CARDS if card.judges]
GUARDED = [card for card in JUDGED if any(param.name == "guard" for param in card.params)]
by_name = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
judged = pytest.mark.parametrize("card", JUDGED, ids=lambda card: card.name)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """`run(name, judge, *options)` is the exit code and the only result line of a run over the spec's row."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(tmp_path / "cache"))

    def go(name, judge, *options, row_of=None):
        monkeypatch.setenv("OPENAI_BASE_URL", judge.url if judge else "http://127.0.0.1:9/v1")
        (tmp_path / "data.jsonl").write_text(json.dumps(row_for(row_of or name)) + "\n", encoding="utf-8")
        words = ["run", name, "data.jsonl", "-o", "out.jsonl", "--summary", "none", "--no-cache", *options]
        code = main(words)
        (line,) = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
        return code, json.loads(line)

    return go


def scores(line):
    return [response["score"] for response in line["responses"]]


@by_name
def test_it_scores_in_its_range(card, run):
    asked = []

    def noting(body):
        asked.append(body["model"])
        return answer(body)

    with Judge(0, noting) as judge:
        options = ["--set", "judge_model=some-judge"] if card.judges else []
        code, line = run(card.name, judge, *options)
    assert (code, line["composition"]) == (0, card.composition)
    assert all(math.isfinite(score) and card.low <= score <= card.high for score in scores(line))
    # every judge, also one of a composed spec, is the one that the param names
    assert set(asked) == ({"some-judge"} if card.judges else set())
    most = card.calls[2][1]
    assert most is None or len(asked) <= most
    assert len(asked) >= (1 if card.judges else 0)


@judged
def test_what_a_judge_does_not_say_is_unscored(card, run):
    with Judge(0, lambda body: completion("I would rather not commit myself.")) as judge:
        code, line = run(card.name, judge)
    assert code == 3
    assert scores(line) == [None, None]
    assert [response["reason"]["kind"] for response in line["responses"]] == ["malformed_reply"] * 2


@judged
def test_a_judge_that_cannot_be_asked_is_unscored(card, run):
    with Judge(0, lambda body: b'{"error": {"message": "no such model"}}', status=404) as judge:
        code, line = run(card.name, judge)
    assert code == 3
    assert scores(line) == [None, None]
    assert [response["reason"]["kind"] for response in line["responses"]] == ["provider_error"] * 2


@pytest.mark.parametrize("shift", range(3))
@pytest.mark.parametrize("card", GUARDED, ids=lambda card: card.name)
def test_a_response_that_speaks_to_its_judge_gains_nothing(card, shift, run):
    # with the three shifts every answer of the judge was given once: also one that the guard's floor is above
    assert SWAYING in row_for(card.name)["responses"][0]
    with Judge(0, lambda body: answer(body, shift)) as judge:
        _, plain = run(card.name, judge)
        code, guarded = run(card.name, judge, "--set", "guard=true")
    assert code == 0
    first, second = zip(scores(plain), scores(guarded), strict=True)
    assert first[1] <= first[0]
    if card.shape == "pointwise":
        assert second[0] == second[1]
    else:
        # it loses to the other one
        assert (first[1], second[1]) == (0.0, 1.0)


@judged
def test_votes_are_asked_for(card, run):
    with Judge(0, answer) as judge:
        run(card.name, judge)
        once = judge.answered
        code, _ = run(card.name, judge, "--set", "votes=3")
    assert code == 0
    assert judge.answered - once == 3 * once


def test_a_name_of_rm_gallery_runs(run):
    with Judge(0, answer) as judge:
        code, line = run("base_helpfulness_listwise", judge, row_of="alignment/helpfulness_listwise")
    assert (code, line["composition"]) == (0, "helpfulness_listwise")
    assert sorted(scores(line)) == [0.0, 1.0]
