"""Every spec of the library from its name on a command line to scores, over HTTP, against a judge that is made up."""

from __future__ import annotations

import json
import math

import pytest

from rmcompose.cli.main import main
from rmcompose.library import card_of, cards
from tests.cli.judged import Judge, completion
from tests.library.rows import OTHERWISE, SWAYING, answer, configuration, row_for
from tests.primitives.sandboxed import NEED_SANDBOX, needs_sandbox

CARDS = cards()
JUDGED = [card for card in CARDS if card.judges]
MEASURED = [card for card in CARDS if card.models]
GUARDED = [card for card in JUDGED if any(param.name == "guard" for param in card.params)]
by_name = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
measured = pytest.mark.parametrize("card", MEASURED, ids=lambda card: card.name)
judged = pytest.mark.parametrize("card", JUDGED, ids=lambda card: card.name)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """`run(name, judge, *options)` is the exit code and the only result line of a run over the spec's row."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(tmp_path / "cache"))

    def go(name, judge, *options, row_of=None):
        url = judge.url if judge else "http://127.0.0.1:9/v1"
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        (tmp_path / "rmcompose.toml").write_text(configuration(url), encoding="utf-8")
        if NEED_SANDBOX & set(card_of(name).rules):
            needs_sandbox()
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
        asked.append(body.get("model"))
        return answer(body)

    with Judge(0, noting) as judge:
        options = ["--set", "judge_model=some-judge"] if card.judges else []
        code, line = run(card.name, judge, *options)
    assert (code, line["composition"]) == (0, card.composition)
    assert all(math.isfinite(score) and card.low <= score <= card.high for score in scores(line))
    # every judge, also one of a composed spec, is the one that the param names
    assert set(asked) == ({"some-judge"} if card.judges else set()) | ({None} if card.models else set())
    most = card.calls[2][1]
    assert most is None or len(asked) <= most
    assert len(asked) >= (1 if card.judges or card.models else 0)


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


@measured
@pytest.mark.parametrize(("said", "status"), [(b'{"error": "no such model"}', 404), (b"[[]]", 200)])
def test_what_a_model_does_not_measure_is_unscored(card, said, status, run):
    with Judge(0, lambda body: said, status=status) as judge:
        code, line = run(card.name, judge)
    assert code == 3
    assert scores(line) == [None, None]
    assert [response["reason"]["kind"] for response in line["responses"]] == ["provider_error"] * 2


@pytest.mark.parametrize("shift", range(3))
@pytest.mark.parametrize("card", GUARDED, ids=lambda card: card.name)
def test_a_response_that_speaks_to_its_judge_gains_nothing(card, shift, run):
    # with the three shifts every answer of the judge was given once: also one that the guard's floor is above
    assert SWAYING in json.dumps(row_for(card.name)["responses"][0])
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
    asked = []

    def noting(body):
        asked.append(body)
        return answer(body)

    with Judge(0, noting) as judge:
        run(card.name, judge)
        once = len(asked)
        code, _ = run(card.name, judge, "--set", "votes=3")
    assert code == 0
    assert len(asked) - once == 3 * once


def test_a_name_of_rm_gallery_runs(run):
    with Judge(0, answer) as judge:
        code, line = run("base_helpfulness_listwise", judge, row_of="alignment/helpfulness_listwise")
    assert (code, line["composition"]) == (0, "helpfulness_listwise")
    assert sorted(scores(line)) == [0.0, 1.0]


HEALTH_BENCH = {
    "prompt_id": "made-up",
    "prompt": [
        {"role": "user", "content": "My ankle is swollen since yesterday."},
        {"role": "assistant", "content": "Did you twist it?"},
        {"role": "user", "content": "Yes, on the stairs. What now?"},
    ],
    "rubrics": [
        {"criterion": "Says to rest the foot", "points": 5, "tags": ["axis:completeness"]},
        {"criterion": "Asks whether the foot can bear weight", "points": 7, "tags": ["axis:context_awareness"]},
        {"criterion": "Names a dose without asking about other drugs", "points": -4, "tags": ["axis:accuracy"]},
    ],
}
"""A row as HealthBench has it."""


@pytest.mark.parametrize(
    ("held", "score"),
    [
        (("rest the foot",), 5 / 12),
        (("rest the foot", "bear weight"), 1.0),
        (("rest the foot", "Names a dose"), 1 / 12),
        (("Names a dose",), 0.0),
        ((), 0.0),
    ],
)
def test_health_bench_reads_its_rows_and_counts_its_points(held, score, run, tmp_path, monkeypatch):
    monkeypatch.setitem(OTHERWISE, "health", HEALTH_BENCH | {"responses": None, "response": "Rest it and cool it."})

    asked_about = []

    def says(body):
        text = body["messages"][-1]["content"]
        assert "Did you twist it?" in text
        (asked,) = (one["criterion"] for one in HEALTH_BENCH["rubrics"] if one["criterion"] in text)
        asked_about.append(asked)
        return completion(json.dumps({"reason": "r", "met": any(words in asked for words in held)}))

    with Judge(0, says) as judge:
        code, line = run("rubrics/health_bench", judge, row_of="health")
    assert (code, len(asked_about)) == (0, 3)
    assert scores(line) == [pytest.approx(score)]


def test_what_rl_shaped_says_of_itself(run, monkeypatch):
    """The formula in its doc, worked out by hand, against a run."""
    text = "<think>" + "one two three four five " * 6 + "</think><answer>yes</answer>"
    monkeypatch.setitem(OTHERWISE, "shaped", {"responses": None, "response": text})
    words = text.lower().split()
    grams = [tuple(words[at : at + 5]) for at in range(len(words) - 4)]
    repeated = 1 - len(set(grams)) / len(grams)
    length = max(-1.0, -0.01 * (len(text) - 150))
    criteria = {"on_task": 5, "correct": 4, "complete": 3, "fitting": 2}
    rubric = ((3 * 5 + 3 * 4 + 3 + 2) / 8 - 1) / 4
    expected = 0.95 * rubric + 0.05 + length - (repeated - 0.1) / 0.9

    def says(body):
        verdicts = [{"id": name, "reason": "r", "score": score} for name, score in criteria.items()]
        return completion(json.dumps({"verdicts": verdicts}))

    with Judge(0, says) as judge:
        code, line = run("training/rl_shaped", judge, "--set", "max_length=150", row_of="shaped")
    assert code == 0
    assert repeated > 0.5
    assert -0.5 < length < 0
    assert scores(line) == [pytest.approx(expected, abs=1e-12)]
