"""The command: what it writes and prints, its exit codes, and what it says of wrong words."""

from __future__ import annotations

import json
import re

import pytest

import rmcompose as rm
from tests.learning.conftest import preferences, weighing, written

TRUE = {"a": 1.0, "b": -0.5}
FAST = ("--resamples", "60", "--folds", "3")


@pytest.fixture
def project(folder):
    (folder / "vote.rm").write_text(weighing("ab"), encoding="utf-8")
    written(folder / "data.jsonl", preferences(TRUE, 90))
    return folder


def test_it_writes_the_new_spec_and_tells_what_it_is_worth(project, rmcompose):
    done = rmcompose("fit", "vote.rm", "data.jsonl", "-o", "new.rm", *FAST)
    assert (done.code, done.err) == (0, "new spec: new.rm\n")
    assert "held out (3 folds)" in done.out
    assert "Shapley" in done.out
    old, new = ((project / name).read_text(encoding="utf-8").splitlines() for name in ("vote.rm", "new.rm"))
    differ = [(one, other) for one, other in zip(old, new, strict=True) if one != other]
    assert len(differ) == 2
    assert all(re.sub(r"= -?[0-9.]+ ", "= 1.0 ", other) == one for one, other in differ)
    assert rm.check(project / "new.rm") == []


def test_the_python_call_says_the_same(project, rmcompose):
    done = rmcompose("fit", "vote.rm", "data.jsonl", "--format", "json", *FAST)
    report = rm.fit("vote.rm", "data.jsonl", resamples=60, folds=3)
    assert json.loads(done.out) == json.loads(json.dumps(report.as_dict()))
    assert rm.fit("vote.rm", preferences(TRUE, 90), resamples=60, folds=3).values == report.values


def test_stdout_may_be_the_spec(project, rmcompose):
    done = rmcompose("fit", "vote.rm", "data.jsonl", "-o", "-", *FAST)
    assert done.out.startswith("rmcompose 1\n")
    assert rm.loads(done.out).name == "vote"
    assert "held out" in done.err


def test_yaml_stays_yaml_with_its_comments(project, rmcompose):
    assert rmcompose("convert", "vote.rm", "--to", "yaml", "-o", "vote.rm.yaml").code == 0
    rmcompose("fit", "vote.rm", "data.jsonl", "-o", "new.rm", *FAST)
    done = rmcompose("fit", "vote.rm.yaml", "data.jsonl", "-o", "new.rm.yaml", *FAST)
    assert done.code == 0
    text = (project / "new.rm.yaml").read_text(encoding="utf-8")
    assert "# of a" in text
    assert rm.load("new.rm.yaml").plan.params == rm.load("new.rm").plan.params


def test_a_page_needs_no_other_file(project, rmcompose):
    done = rmcompose("fit", "vote.rm", "data.jsonl", "--html", "fit.html", *FAST)
    assert done.err == "page: fit.html\n"
    text = (project / "fit.html").read_text(encoding="utf-8")
    assert "<svg" in text
    assert "http" not in text.replace("http-equiv", "")
    assert "w_a" in text


def test_a_byte_order_mark_stays(project, rmcompose):
    (project / "vote.rm").write_bytes(b"\xef\xbb\xbf" + weighing("ab").replace("\n", "\r\n").encode())
    assert rmcompose("fit", "vote.rm", "data.jsonl", "-o", "new.rm", *FAST).code == 0
    raw = (project / "new.rm").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfrmcompose 1\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_pairs_without_a_score_are_told(project, rmcompose):
    rows = preferences(TRUE, 90)
    del rows[3]["chosen"]["a"]
    written(project / "data.jsonl", rows)
    done = rmcompose("fit", "vote.rm", "data.jsonl", *FAST)
    assert done.code == 3
    assert "1 pairs have no score" in done.out


def test_rows_that_teach_nothing_are_counted(project, rmcompose):
    rows = [*preferences(TRUE, 60), {"prompt": "x", "response": "alone"}, {"prompt": "y"}]
    written(project / "data.jsonl", rows)
    done = rmcompose("fit", "vote.rm", "data.jsonl", "--format", "json", *FAST)
    examples = json.loads(done.out)["examples"]
    assert (examples["rows"], examples["units"], examples["without_label"], examples["unreadable"]) == (62, 60, 1, 1)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--params", "w_c"), 2, "has no param `w_c`: did you mean `w_"),
        (("--params", ","), 2, "names no param"),
        (("--calibrate", "w_a"), 2, "is no calibration"),
        (("--calibrate", "threshold=w_a,w_b"), 2, "takes one param, not 2"),
        (("--params", "w_a", "--calibrate", "platt=w_a"), 2, "not allowed with"),
        (("--strength", "much"), 2, "is no number"),
        (("--strength", "-1"), 2, "a number from 0"),
        (("--folds", "1"), 2, "two folds at least"),
        (("--folds", "91"), 2, "91 folds need 91 different prompts, and there are 90"),
        (("--loss", "binary"), 2, "needs a value of each"),
        (("--label", "metadata.none"), 2, "none has `metadata.none`"),
        (("-o", "new.rm.yaml"), 2, "another syntax"),
        (("-o", "vote.rm"), 2, "overwrite"),
        (("-o", "data.jsonl"), 2, "overwrite"),
        (("-o", "no/new.rm"), 4, "no such folder"),
        (("-o", "-", "--format", "json"), 2, "cannot both go to stdout"),
        (("--group", "a..b"), 2, "is not a path"),
        (("--set", "w_a=9"), 2, "outside its range"),
    ],
)
def test_wrong_words_are_told_in_one_line(project, rmcompose, words, code, said):
    done = rmcompose("fit", "vote.rm", "data.jsonl", *words)
    assert done.code == code, done
    assert said in done.err
    assert done.err.startswith("rmcompose: ")
    assert done.err.count("\n") == 1
    assert done.out == ""
    assert not (project / "new.rm").exists()


def test_a_spec_without_weights_says_how_to_get_some(project, rmcompose):
    (project / "vote.rm").write_text(
        "rmcompose 1\ncomposition vote -> float {\n  input a: float\n  return a\n}\n", encoding="utf-8"
    )
    done = rmcompose("fit", "vote.rm", "data.jsonl")
    assert done.code == 2
    assert "no weight of `vote` is a param: write weights as params" in done.err


def test_a_wrong_spec_is_told_as_ever(project, rmcompose):
    (project / "vote.rm").write_text(weighing("ab").replace("return total", "return totl"), encoding="utf-8")
    done = rmcompose("fit", "vote.rm", "data.jsonl")
    assert done.code == 1
    assert "RM201" in done.err


def test_imports_must_be_found_from_the_new_place(project, rmcompose):
    text = weighing("ab")
    (project / "lib.rm").write_text(text, encoding="utf-8")
    head, _, rest = text.partition("\n")
    (project / "vote.rm").write_text(f'{head}\nimport "lib.rm" as lib\n{rest}', encoding="utf-8")
    (project / "sub").mkdir()
    assert "relative to the file" in rmcompose("fit", "vote.rm", "data.jsonl", "-o", "sub/new.rm").err
    assert rmcompose("fit", "vote.rm", "data.jsonl", "-o", "new.rm", *FAST).code == 0


def test_given_params_are_where_it_begins(project, rmcompose):
    text = (
        weighing("ab")
        .replace("  param w_a", "  param c: float[0, 9] = 1.0\n  param w_a")
        .replace("n total", "n total * c")
    )
    (project / "vote.rm").write_text(text, encoding="utf-8")
    done = rmcompose("fit", "vote.rm", "data.jsonl", "--set", "c=2", "--set", "w_a=0.25", "--format", "json", *FAST)
    report = json.loads(done.out)
    assert [param["before"] for param in report["params"]] == [0.25, 1.0]
    assert any("`c = 2`, which the new spec does not hold" in one for one in report["warnings"])


def test_spec_tests_that_break_are_told(project, rmcompose):
    case = '  test "equal" { given a = 1.0  given b = 1.0  given response = "r"  expect return == 2.0 }\n'
    text = weighing("ab").replace("  return total\n", f"  return total\n{case}")
    (project / "vote.rm").write_text(text, encoding="utf-8")
    done = rmcompose("fit", "vote.rm", "data.jsonl", *FAST)
    assert "spec tests that no longer hold: “equal”" in done.out
    assert done.code == 0


def test_native_samples_say_which_is_chosen(project, rmcompose):
    rows = []
    for row in preferences(TRUE, 60):
        sides = [("chosen", row["chosen"]), ("rejected", row["rejected"])]
        output = [
            {
                "answer": {
                    "role": "assistant",
                    "content": one["content"],
                    "label": {"preference": side, "a": one["a"], "b": one["b"]},
                }
            }
            for side, one in (sides if len(rows) % 2 else sides[::-1])
        ]
        rows.append(
            {"unique_id": str(len(rows)), "input": [{"role": "user", "content": row["prompt"]}], "output": output}
        )
    written(project / "native.jsonl", rows)
    written(project / "data.jsonl", preferences(TRUE, 60))
    native, plain = (
        json.loads(rmcompose("fit", "vote.rm", name, "--format", "json", *FAST).out)
        for name in ("native.jsonl", "data.jsonl")
    )
    assert native["examples"]["units"] == 60
    assert native["params"] == plain["params"]


def test_labels_name_the_best_response(project, rmcompose):
    rows = [
        {"prompt": row["prompt"], "responses": [row["rejected"], row["chosen"]], "label": {"best": 1}}
        for row in preferences(TRUE, 60)
    ]
    written(project / "best.jsonl", rows)
    done = rmcompose("fit", "vote.rm", "best.jsonl", "--label", "label.best", "--format", "json", *FAST)
    assert json.loads(done.out)["examples"]["units"] == 60
    assert json.loads(done.out)["held_out"]["accuracy_after"]["value"] > 0.6
