"""Judges over HTTP: recorded ones of LLMBar against their authors' statistics, cassettes, budgets and failures."""

import json
import re
from pathlib import Path

import pytest

import rmcompose as rm
from rmcompose.runtime.client import Client, Config
from tests.benchmarking.conftest import DATA, write
from tests.judging.conftest import KEY

ROOT = Path(__file__).parent.parent.parent
JUDGE = """\
rmcompose 1

composition graded -> score[1, 5] {
  judge quality: score[1, 5] {
    model = "m"
    given = [prompt, response]
    rubric "How good is it?"
    retries = 0
  }
  return quality
}
composition compared -> score[0, 1] {
  judge better: score[0, 1] {
    model = "m"
    given = [prompt, response]
    mode = pairwise
    rubric "Which is better?"
    retries = 0
  }
  return better
}
composition once -> score[0, 1] {
  judge better: score[0, 1] {
    model = "m"
    given = [prompt, response]
    mode = pairwise
    both_orders = false
    rubric "Which is better?"
    retries = 0
  }
  return better
}
"""


def published_rows(llmbar):
    """The pairs in the columns that LLMBar is published with."""
    columns = ("input", "output_1", "output_2", "label", "subset")
    return [{name: pair[name] for name in columns} for pair in llmbar.pairs_of()]


@pytest.mark.parametrize(
    ("judge", "reading"),
    [("GPT-4", "stated"), ("ChatGPT", "stated"), pytest.param("PaLM2", "leading", marks=pytest.mark.slow)],
)
def test_recorded_judges_have_the_statistics_of_their_authors(llmbar, folder, judge, reading):
    """Each order asked by itself: all five figures of every subset are those of `statistics.json`."""
    text = llmbar.SPEC.read_text(encoding="utf-8")
    (folder / "once.rm").write_text(
        text.replace("mode        = pairwise", "mode        = pairwise\n    both_orders = false"), encoding="utf-8"
    )
    with llmbar.served(judge) as url:
        config = Config({}, {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "recorded"})
        with Client(config, cache=False) as client:
            found = rm.bench(
                "llmbar",
                f"once.rm::{reading}",
                published_rows(llmbar),
                params={"judge_model": judge},
                resamples=50,
                client=client,
            )
    names = {
        "given": "correct_False",
        "exchanged": "correct_True",
        "both_right": "correct_both",
        "consistency": "equal",
    }
    assert list(found["subsets"]) == ["Natural", "Manual", "GPTOut"]
    for subset, told in found["subsets"].items():
        counts = {name: told[name] * told["n"] for name in names}
        assert counts == pytest.approx({name: llmbar.published(subset, judge, key) for name, key in names.items()})
        right = sum(llmbar.published(subset, judge, key) for key in ("correct_False", "correct_True"))
        assert told["accuracy"] == pytest.approx(right / 2 / told["n"])


def test_a_judge_that_asks_both_orders_is_right_where_both_are(llmbar):
    with llmbar.served("GPT-4") as url:
        config = Config({}, {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "recorded"})
        with Client(config, cache=False) as client:
            spec = f"{llmbar.SPEC}::stated"
            found = rm.bench("llmbar", spec, published_rows(llmbar), resamples=50, client=client)
    for subset, told in found["subsets"].items():
        assert told["accuracy"] * told["n"] == pytest.approx(llmbar.published(subset, "GPT-4", "correct_both"))
    (note,) = found["notes"]
    assert note.startswith("`better` asks both orders itself and is consistent by construction")


def test_the_longer_output_as_it_is_published(llmbar, specs):
    found = rm.bench("llmbar", "specs.rm::longer", published_rows(llmbar), resamples=0)
    told = {name: one["length_baseline"] for name, one in found["subsets"].items()}
    assert told == pytest.approx({"Natural": 0.565, "Manual": 0.185, "GPTOut": 0.447}, abs=0.0005)


def grades(text):
    return {"reply": {"reason": "", "score": 5 if "[+]" in text else 2}}


def marked_wins(text):
    shown = re.findall(r'name="answer [AB]: response">\n(.*?)\n</data-', text, re.DOTALL)
    first, second = ("[+]" in one for one in shown)
    return {"reply": {"reason": "", "winner": "tie" if first == second else "A" if first else "B"}}


@pytest.fixture
def served(specs, serve, monkeypatch):
    """`served(rule)` starts a model and writes `judge.rm`."""

    def start(*rules):
        server = serve(*rules)
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        (specs / "judge.rm").write_text(JUDGE, encoding="utf-8")
        return server

    return start


def test_a_judge_of_single_responses_is_asked_once_for_each(served, bench):
    server = served({"by": grades})
    code, found = bench("rm-bench", "judge.rm::graded")
    assert (code, found["overall"], found["usage"]["calls"]) == (0, 1.0, 30)
    assert len(server.requests) == 30


def test_a_judge_of_pairs_sees_each_pair_by_itself(served, bench):
    server = served({"by": marked_wins})
    code, found = bench("rm-bench", "judge.rm::compared", DATA / "rm_bench.json", "--limit", "1")
    assert (code, found["overall"], len(server.requests)) == (0, 1.0, 18)
    assert bench("rmb", "judge.rm::compared")[1]["best_of_n"] == 1.0
    assert bench("rewardbench2", "judge.rm::compared")[1]["subsets"]["Math"]["score"] == 1.0


def test_a_judge_that_likes_what_comes_first_is_caught(served, bench):
    served({"reply": {"reason": "", "winner": "A"}})
    code, found = bench("judgebench", "judge.rm::once")
    assert (code, found["accuracy"], found["consistency"], found["ties"]) == (0, 0.0, 0.0, 5)
    _, found = bench("llmbar", "judge.rm::once")
    assert (found["accuracy"], found["both_right"], found["consistency"]) == (0.5, 0.0, 0.0)
    _, found = bench("llmbar", "judge.rm::compared")
    assert (found["accuracy"], found["ties"]) == (0.0, 14)


def test_replies_that_cannot_be_read_are_unscored(served, bench):
    served({"when": "fourty", "reply": "I cannot say."}, {"by": grades})
    code, found = bench("preference", "judge.rm::graded")
    assert (code, found["accuracy"], found["unscored"], found["verdicts"]["unscored"]) == (3, 0.75, 1, 1)


def test_a_budget_leaves_pairs_unscored(served, bench):
    served({"by": grades})
    code, found = bench("preference", "judge.rm::graded", None, "--budget", "calls=4", "--concurrency", "1")
    assert (code, found["usage"]["calls"]) == (3, 4)
    assert found["unscored"] >= 2


def test_a_cassette_gives_the_same_figures(served, bench, specs, monkeypatch):
    served({"by": grades})
    _, found = bench("preference", "judge.rm::graded", None, "--record", "tape.jsonl")
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")
    _, again = bench("preference", "judge.rm::graded", None, "--replay", "tape.jsonl")
    assert {**found, "usage": None} == {**again, "usage": None}
    assert again["usage"]["calls"] == 0


def test_both_compositions_share_what_was_asked(served, bench):
    server = served({"by": grades})
    _, found = bench("preference", "judge.rm::graded", None, "--compare", "judge.rm::graded")
    assert (found["compare"]["difference"], len(server.requests)) == (0.0, 8)


def test_a_param_of_the_second(served, bench, specs):
    served({"by": grades})
    text = JUDGE.replace(
        "composition graded -> score[1, 5] {", 'composition graded -> score[1, 5] {\n  param name: text = "m"'
    )
    (specs / "judge.rm").write_text(text.replace('model = "m"', "model = name", 1), encoding="utf-8")
    write(specs / "rows.jsonl", [{"prompt": "q", "chosen": "a [+]", "rejected": "b"}])
    code, found = bench(
        "preference",
        "judge.rm::graded",
        specs / "rows.jsonl",
        "--compare",
        "judge.rm::graded",
        "--compare-set",
        "name=other",
    )
    assert (code, found["usage"]["calls"]) == (0, 4)
    assert found["compare"]["figures"]["spec"] != found["spec"]
    assert json.dumps(found)
