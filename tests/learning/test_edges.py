"""What is odd about nodes, params and data is told, and nothing is made of it."""

from __future__ import annotations

import json

import pytest

import rmcompose as rm
from tests.judging.conftest import KEY
from tests.learning.conftest import preferences, weighing, written

TRUE = {"a": 1.0, "b": -0.5}


def with_column(rows, name, of):
    for row in rows:
        for side in ("chosen", "rejected"):
            row[side][name] = of(row[side])
    return rows


def test_a_constant_node_keeps_its_weight(vote):
    rows = with_column(preferences(TRUE, 90), "c", lambda _: 0.5)
    for function, bounds in (("weighted_sum", "[-2.0, 2.0]"), ("weighted_mean", "[0.0, 2.0]")):
        report = rm.fit(vote(weighing("abc", function, bounds)), rows, resamples=0)
        assert report.values["w_c"] == 1.0
        assert any("`c` is the same for both responses of every pair" in one for one in report.warnings)


def test_nodes_that_say_the_same_share_and_are_told(vote):
    rows = with_column(preferences(TRUE, 200), "c", lambda one: one["a"])
    report = rm.fit(vote(weighing("abc")), rows, resamples=0)
    assert report.values["w_a"] == pytest.approx(report.values["w_c"], abs=0.02)
    assert any("`a` and `c` say the same" in one for one in report.warnings)


def test_nodes_that_follow_from_others_are_told(vote):
    rows = with_column(preferences(TRUE, 100), "c", lambda one: (one["a"] + one["b"]) / 2)
    report = rm.fit(vote(weighing("abc")), rows, resamples=0)
    assert any("linearly dependent" in one for one in report.warnings)


def test_a_param_that_nothing_uses_is_told(vote):
    text = weighing("ab").replace("  param w_a", "  param idle: float[0, 1] = 0.5\n  param w_a")
    report = rm.fit(vote(text), preferences(TRUE, 60), fitted=["w_a", "w_b", "idle"], resamples=0)
    assert report.values["idle"] == 0.5
    assert any("nothing depends on `idle`" in one for one in report.warnings)
    with pytest.raises(rm.FitError, match="no score depends on `idle`"):
        rm.fit(vote(text), preferences(TRUE, 60), fitted=["idle"])


def test_nothing_scored_is_an_error_that_says_what_is_missing(vote):
    rows = [{"prompt": str(n), "chosen": "x", "rejected": "y"} for n in range(20)]
    with pytest.raises(rm.FitError, match="none of the 20 pairs has a score"):
        rm.fit(vote(weighing("ab")), rows)


def test_dropped_members_are_weighed_where_they_are(vote):
    rows = preferences({"a": 0.7, "b": 0.3}, 300)
    for number, row in enumerate(rows):
        if number % 3 == 0:
            row["chosen"].pop("b")
    text = weighing("ab", "weighted_mean", "[0.0, 2.0]").replace("weight w_b\n", "weight w_b\n    on_unscored = drop\n")
    report = rm.fit(vote(text), rows, resamples=0)
    assert report.counts.unscored == 0
    scores = rm.loads(report.spec_text).scores(rows)
    assert report.training["accuracy"] == sum(one > other for one, other in scores) / len(rows)


@pytest.mark.parametrize("bad", ["text", "bool"])
def test_only_numbers_are_fitted(vote, bad):
    default = '"x"' if bad == "text" else "true"
    text = weighing("ab").replace("  param w_a", f"  param odd: {bad} = {default}\n  param w_a")
    with pytest.raises(rm.FitError, match=f"`odd` is {bad}, and only numbers"):
        rm.fit(vote(text), preferences(TRUE, 20), fitted=["odd"])


def test_what_is_no_formula_is_fitted_by_the_runtime_alone(vote):
    text = weighing("ab").replace("return total", "return zscore(total) + 0.5 * total")
    report = rm.fit(vote(text), preferences(TRUE, 40), strength=0.01, folds=2, resamples=0)
    assert any("by the runtime alone" in one for one in report.warnings)
    assert report.contributions is None
    assert report.values["w_b"] < 0.5 < report.values["w_a"]
    assert "no contributions" in str(report)


JUDGED = """\
rmcompose 1
composition vote -> float {
  input a: float[0, 1]
  param w_a: float[-2, 2] = 1.0
  param w_j: float[-2, 2] = 1.0
  param heat: float[0, 1] = 0.0
  judge quality: score[0, 1] {
    model = "m"
    temperature = heat
    given = [prompt, response]
    rubric "Good?"
  }
  aggregate total = weighted_sum { member a weight w_a  member quality weight w_j }
  return total
}
"""


def test_a_judge_is_asked_once_a_response(vote, serve, monkeypatch, tmp_path):
    server = serve()
    server.pick = lambda body: {
        "reply": json.dumps({"reason": "r", "score": 0.5 + 0.5 * ("a " in str(body["messages"]))})
    }
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(tmp_path / "cache"))
    rows = preferences({"a": 1.0}, 30)
    report = rm.fit(vote(JUDGED), rows, folds=3, resamples=50)
    assert len(server.requests) == 60
    assert [param.name for param in report.params] == ["w_a", "w_j"]
    again = rm.fit(vote(JUDGED), rows, folds=3, resamples=50)
    assert len(server.requests) == 60  # from the cache
    assert again.as_dict() == report.as_dict()


def test_a_param_that_changes_what_is_asked_is_refused(vote):
    with pytest.raises(rm.FitError, match="`heat` is a setting of `quality`"):
        rm.fit(vote(JUDGED), preferences({"a": 1.0}, 30), fitted=["heat"])


def test_a_budget_leaves_pairs_unscored(folder, rmcompose, serve, monkeypatch):
    server = serve()
    server.pick = lambda body: {"reply": json.dumps({"reason": "r", "score": 0.5})}
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    (folder / "vote.rm").write_text(JUDGED, encoding="utf-8")
    written(folder / "data.jsonl", preferences({"a": 1.0}, 30))
    words = ("fit", "vote.rm", "data.jsonl", "--resamples", "50", "--folds", "3", "--format", "json")
    done = rmcompose(*words, "--budget", "calls=40")
    assert done.code == 3, done
    assert json.loads(done.out)["examples"]["unscored"] >= 10
    assert len(server.requests) <= 40
    recorded = rmcompose(*words, "--no-cache", "--record", "tape.jsonl")
    assert recorded.code == 0
    asked = len(server.requests)
    assert rmcompose(*words, "--replay", "tape.jsonl").out == recorded.out
    assert len(server.requests) == asked


def test_a_judge_that_the_result_does_not_read_is_not_asked(vote, serve, monkeypatch, tmp_path):
    server = serve()
    server.pick = lambda body: {"reply": json.dumps({"reason": "r", "score": 0.5})}
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(tmp_path / "cache"))
    text = JUDGED.replace("  member quality weight w_j", "").replace("  return", "  let idle = w_j * quality\n  return")
    report = rm.fit(vote(text), preferences({"a": 1.0}, 30), folds=3, resamples=50, fitted=["w_a", "w_j"])
    assert len(server.requests) == 0
    assert any("nothing depends on `w_j`" in one for one in report.warnings)


def test_without_numpy_it_says_what_to_install(vote, monkeypatch, folder, rmcompose):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "scipy" else find(name, *more))
    (folder / "vote.rm").write_text(weighing("ab"), encoding="utf-8")
    written(folder / "data.jsonl", preferences(TRUE, 10))
    done = rmcompose("fit", "vote.rm", "data.jsonl")
    assert done.code == 2
    assert done.err == "rmcompose: `fit` needs the package `scipy`: pip install 'rmcompose[fit]'\n"


def test_naming_what_it_gives_loads_no_numpy():
    import subprocess
    import sys

    script = (
        "import sys, rmcompose as rm, rmcompose.cli.fit\n"
        "rm.fit, rm.FitReport, rm.FitError\n"
        "assert 'numpy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_simplex_takes_in_constant_nodes(vote):
    rows = with_column(preferences({"a": 1.0, "b": 0.5}, 60), "c", lambda _: 0.5)
    report = rm.fit(vote(weighing("abc")), rows, simplex=True, resamples=0)
    assert sum(report.values.values()) == pytest.approx(1.0, abs=1e-12)


def test_a_gate_that_fails_anyway_spares_the_judge(vote, serve, monkeypatch, tmp_path):
    server = serve()
    server.pick = lambda body: {"reply": json.dumps({"reason": "r", "score": 0.5})}
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(tmp_path / "cache"))
    text = JUDGED.replace("  return total", '  require a >= 0.5 else -9.0 because "low"\n  return total')
    rows = preferences({"a": 1.0}, 30)
    report = rm.fit(vote(text), rows, folds=3, resamples=50)
    assert len(server.requests) == sum(row[side]["a"] >= 0.5 for row in rows for side in ("chosen", "rejected"))
    assert report.counts.unscored == 0
