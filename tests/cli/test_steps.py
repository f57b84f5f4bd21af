"""Steps of responses on the command line: runs, summaries, results in words, spec tests."""

import json

import pytest

from rmcompose.cli.resume import is_left
from rmcompose.cli.rows import in_words
from rmcompose.cli.summary import Summary

SPEC = """rmcompose 1
composition main -> score[0, 1] {
  input step: text
  rule ok: bool = contains(text = step, value = "ok")
  let good = if ok then 0.5 else 0.0
  return reduce(good, "min")
  test "steps" {
    given steps = ["ok", "no"]
    expect %s
  }
}
"""


@pytest.fixture
def spec(folder):
    (folder / "main.rm").write_text(SPEC % "good <= 0.5")
    return "main.rm"


def test_a_run_with_the_response_parted_into_steps(rmcompose, spec, folder):
    (folder / "data.jsonl").write_text(json.dumps({"prompt": "q", "response": "ok\n\nno\n\nok"}) + "\n")
    ran = rmcompose(
        "run", spec, "data.jsonl", "-o", "out.jsonl", "--map", "steps=response.paragraphs", "--summary", "json"
    )
    assert ran.code == 0
    line = json.loads((folder / "out.jsonl").read_text())
    assert [step["score"] for step in line["responses"][0]["steps"]] == [0.5, 0.0, None]
    nodes = json.loads(ran.out)["nodes"]
    assert (nodes["ok"]["scored"], nodes["ok"]["skipped"], nodes["ok"]["mean"]) == (2, 1, 0.5)
    told = rmcompose("explain", "out.jsonl").out
    assert "step 1 of 3: 1\n" in told
    assert "step 3 of 3: skipped: the result was settled without this step" in told


def test_a_run_without_steps_is_unscored(rmcompose, spec, folder):
    (folder / "data.jsonl").write_text(json.dumps({"prompt": "q", "response": "ok"}) + "\n")
    assert rmcompose("run", spec, "data.jsonl", "-o", "out.jsonl").code == 3
    reason = json.loads((folder / "out.jsonl").read_text())["responses"][0]["reason"]
    assert (reason["kind"], reason["node"]) == ("missing_input", "steps")


@pytest.mark.parametrize(
    ("expect", "says"),
    [
        ("good <= 0.5", None),
        ('reduce(good, "mean") == 0.25', None),
        ("good > 0.1", "does not hold for step 1"),
        ('reduce(good, "max") == 0.0', "does not hold"),
    ],
)
def test_spec_tests_of_steps(rmcompose, folder, expect, says):
    (folder / "main.rm").write_text(SPEC % expect)
    ran = rmcompose("test", "main.rm")
    assert ran.code == (0 if says is None else 1)
    assert says is None or says in ran.out


def test_a_test_without_steps_expects_nothing_of_one(rmcompose, folder):
    (folder / "main.rm").write_text(
        (SPEC % "good <= 0.5").replace('given steps = ["ok", "no"]', 'given response = "x"')
    )
    ran = rmcompose("test", "main.rm")
    assert ran.code == 1
    assert "no response has steps" in ran.out


def test_a_budget_that_ended_at_a_later_step_is_seen():
    def told(kind):
        return {"status": "unscored", "value": None, "reason": {"kind": kind, "node": "j", "message": ""}}

    node = {**told("refused"), "steps": [told("refused"), told("budget_exceeded")]}
    line = {"id": "a", "responses": [{"index": 0, "score": None, "reason": None, "nodes": {"j": node}}]}
    assert is_left(json.dumps(line).encode(), frozenset({"budget_exceeded"}))
    assert "step 2 of 2: unscored" in in_words(1, line)
    summary = Summary()
    summary.add(line)
    assert dict(summary.nodes["j"].unscored) == {"refused": 1, "budget_exceeded": 1}


def test_labels_are_not_compared_per_step(rmcompose, spec, folder):
    (folder / "data.jsonl").write_text(json.dumps({"prompt": "q", "response": "x", "steps": ["ok"], "label": 1}) + "\n")
    ran = rmcompose("judge-report", spec, "data.jsonl", "--label", "label", "--node", "good")
    assert ran.code == 2
    assert "one value per step" in ran.err
