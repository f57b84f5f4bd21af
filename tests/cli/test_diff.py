"""`rmcompose diff`: of specs, of results, and of two specs over the same data."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

OLD = """\
rmcompose 1
composition main -> float {
  param w: float = 1.0
  rule words = word_count()
  rule chars = char_count()
  let sum = words + w
  require words >= 1 else 0.0
  return sum + chars * 0
}
"""
NEW = (
    OLD.replace("words + w", "2 * words + w")
    .replace("rule chars = char_count()", "rule lines = line_count()")
    .replace("chars * 0", "0")
)


@pytest.fixture
def specs(spec, folder):
    spec(OLD, "old.rm")
    spec(OLD.replace("words + w", "2 * words + w"), "new.rm")
    rows = [{"id": f"<b>{i}", "responses": ["a", "b b", "c c c"][: i + 1]} for i in range(3)]
    (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_statements_and_the_nodes_that_read_them(rmcompose, specs):
    done = rmcompose("diff", "old.rm", "new.rm", "--set", "w=2.0", "--format", "json")
    assert done.code == 0
    assert [(one["name"], one["change"]) for one in json.loads(done.out)["changes"]] == [
        ("param w", "changed"),
        ("sum", "changed"),
    ]
    done = rmcompose("diff", "old.rm", "old.rm", "--set", "w=2.0", "--format", "json")
    assert [(one["name"], one["change"]) for one in json.loads(done.out)["changes"]] == [
        ("param w", "changed"),
        ("sum", "reads"),
    ]
    assert "the specs say the same" in rmcompose("diff", "old.rm", "old.rm").out


def test_scores_over_data(rmcompose, specs):
    done = rmcompose("diff", "old.rm", "new.rm", "--data", "data.jsonl", "--format", "json")
    assert done.code == 0
    told = json.loads(done.out)
    # shifts are the numbers of words: 1; 1 2; 1 2 3
    assert told["figures"]["shift"]["mean"]["value"] == pytest.approx(10 / 6)
    assert told["figures"]["order"]["kept"]["value"] == 1.0
    assert told["quantiles"]["0.5"] == 1.5
    assert told["moves"][0] == {"id": "<b>2", "index": 2, "old": 4.0, "new": 7.0, "shift": 3.0}
    assert told["winners"]["changed"] == 0
    assert told["nodes"]["sum"]["changed"] == 6
    assert told["nodes"]["words"]["changed"] == 0


@pytest.mark.parametrize("name", ["plot.svg", "plot.html"])
def test_plots_stand_alone_and_escape_what_is_in_data(name, folder, rmcompose, specs):
    done = rmcompose("diff", "old.rm", "new.rm", "--data", "data.jsonl", "--plot", name)
    assert done.code == 0
    text = (folder / name).read_text(encoding="utf-8")
    assert "<b>" not in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    if name.endswith("svg"):
        root = ET.fromstring(text)
        points = [one for one in root.iter("{http://www.w3.org/2000/svg}circle") if "point" in one.get("class", "")]
        assert len(points) == 6
    else:
        assert "&lt;b&gt;2" in text


def test_results_that_became_unscored_end_with_3(folder, spec, rmcompose, specs):
    spec(OLD.replace("+ chars * 0", "+ log(words - 1)"), "log.rm")
    for name in ("old", "log"):
        rmcompose("run", f"{name}.rm", "data.jsonl", "-o", f"{name}.jsonl")
    done = rmcompose("diff", "old.jsonl", "log.jsonl")
    assert done.code == 3
    assert "3 became unscored (3 non_finite)" in done.out
    done = rmcompose("diff", "log.jsonl", "old.jsonl")
    assert done.code == 0
    assert "3 became scored" in done.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("old.rm", "data.jsonl"), 2, "compare two of a kind"),
        (("data.jsonl", "data.jsonl", "--data", "data.jsonl"), 2, "`--data` is for two specs"),
        (("data.jsonl", "data.jsonl", "--set", "w=1"), 2, "`--set` is for two specs"),
        (("data.jsonl", "data.jsonl"), 4, "data.jsonl:1` is not a result"),
        (("old.rm", "new.rm", "--plot", "p.png"), 2, "`.svg` or `.html`"),
        (("old.rm", "new.rm", "--plot", "p.svg"), 2, "there are no scores to draw"),
        (("old.rm", "none.rm"), 4, "no such file"),
        (("none.jsonl", "data.jsonl"), 4, "none.jsonl"),
    ],
)
def test_what_cannot_be_compared(words, code, said, rmcompose, specs):
    done = rmcompose("diff", *words)
    assert done.code == code
    assert said in done.err
    assert done.err.count("\n") == 1


def test_what_both_ask_is_asked_once(folder, spec, rmcompose, monkeypatch):
    from tests.cli.judged import SPEC, Judge

    spec(SPEC, "old.rm")
    spec(SPEC.replace("(good + short)", "(0.5 * good + 1.5 * short)"), "new.rm")
    (folder / "data.jsonl").write_text('{"id": "a", "prompt": "q", "response": "r"}\n', encoding="utf-8")
    with Judge(delay=0.0) as judge:
        monkeypatch.setenv("OPENAI_BASE_URL", judge.url)
        monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
        done = rmcompose("diff", "old.rm", "new.rm", "--data", "data.jsonl", "--no-cache")
        assert done.code == 0, done.err
        assert judge.answered == 2
