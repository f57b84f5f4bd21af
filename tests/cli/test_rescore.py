"""`rmcompose rescore`: what is taken from results, what is refused, and that no model is asked without leave."""

from __future__ import annotations

import json

import pytest

from tests.cli.judged import Judge, settled

SPEC = """\
rmcompose 1

composition main -> float[0, 2] {
  param share: float[0, 1] = 0.5
  rule words = word_count()
  judge good: score[0, 10] {
    model = "m"
    given = [prompt, response]
    rubric "How good is it?"
  }
  judge short: score[0, 10] {
    model = "m"
    given = [prompt, response]
    rubric "How short is it?"
  }

  require words >= 2 else 0.0 because "too short"
  return share * good / 10 + (1.0 - share) * short / 10
}
"""
OPEN = SPEC.replace("words >= 2", "words >= 1")


@pytest.fixture
def judge(folder, monkeypatch):
    with Judge(delay=0.0) as one:
        monkeypatch.setenv("OPENAI_BASE_URL", one.url)
        monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
        yield one


@pytest.fixture
def saved(folder, spec, rmcompose, judge):
    """Results of SPEC over six rows, half of whose second responses are too short to be judged."""
    spec(SPEC, "old.rm")
    rows = [
        {"id": f"s{i}", "prompt": f"q{i}", "responses": [f"one two {i}", "one" if i % 2 else "one two"], "cap": i / 10}
        for i in range(6)
    ]
    (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert rmcompose("run", "old.rm", "data.jsonl", "-o", "out.jsonl", "--no-cache").code == 0
    return folder / "out.jsonl"


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def scores(path):
    return [[response["score"] for response in line["responses"]] for line in lines(path)]


def test_a_weight_changes_without_a_call_and_gives_what_a_run_gives(folder, spec, rmcompose, saved, judge):
    spec(SPEC.replace("= 0.5", "= 0.25"), "new.rm")
    asked = judge.answered
    done = rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "-o", "new.jsonl")
    assert (done.code, judge.answered) == (0, asked)
    assert "model calls  0, 0 tokens" in done.err
    assert "rmcompose:" not in done.err
    rmcompose("run", "new.rm", "data.jsonl", "-o", "fresh.jsonl", "--no-cache")
    assert scores(folder / "new.jsonl") == scores(folder / "fresh.jsonl")
    first, fresh = lines(folder / "new.jsonl")[0], lines(folder / "fresh.jsonl")[0]
    assert (first["spec"], first["best"]) == (fresh["spec"], fresh["best"])
    node = first["responses"][0]["nodes"]["good"]
    assert (node["calls"], node["tokens"], node["cached"]) == (0, 0, True)
    assert node["reason"] == fresh["responses"][0]["nodes"]["good"]["reason"]


def test_params_are_set_as_for_run(folder, rmcompose, saved):
    assert rmcompose("rescore", "out.jsonl", "--spec", "old.rm", "--set", "share=1.0", "-o", "new.jsonl").code == 0
    good = lines(folder / "new.jsonl")[0]["responses"][0]
    assert good["score"] == good["nodes"]["good"]["value"] / 10


def test_what_was_skipped_and_matters_is_unscored_and_told(folder, spec, rmcompose, saved, judge):
    spec(OPEN, "new.rm")
    asked = judge.answered
    done = rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "-o", "new.jsonl", "--summary", "json")
    assert (done.code, judge.answered) == (3, asked)
    told = json.loads(done.out)
    assert (told["unscored"], told["undone"], told["calls"]) == ({"budget_exceeded": 3}, {"good": 3}, 0)
    response = lines(folder / "new.jsonl")[1]["responses"][1]
    assert response["reason"] == {
        "kind": "budget_exceeded",
        "node": "good",
        "message": "no saved value (a gate failed: too short), and no model was asked",
    }
    assert response["nodes"]["good"]["status"] == "skipped"
    text = rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "-o", "new.jsonl").err
    assert "3 responses hang on `good`, which the saved run did not evaluate: `--data DATA --ask` asks it" in text


@pytest.mark.parametrize("how", ["ask", "resume"])
def test_what_is_missing_is_asked_and_nothing_else(how, folder, spec, rmcompose, saved, judge):
    spec(OPEN, "new.rm")
    rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "-o", "new.jsonl")
    asked = judge.answered
    if how == "ask":
        words = ("rescore", "out.jsonl", "--spec", "new.rm", "--data", "data.jsonl", "--ask", "-o", "new.jsonl")
        assert rmcompose(*words, "--no-cache").code == 0
        assert judge.answered == asked + 6
    else:
        done = rmcompose("run", "new.rm", "data.jsonl", "-o", "new.jsonl", "--resume")
        assert done.code == 0
        assert "cannot be checked" not in done.err
    rmcompose("run", "new.rm", "data.jsonl", "-o", "fresh.jsonl", "--no-cache")
    assert scores(folder / "new.jsonl") == scores(folder / "fresh.jsonl")
    assert settled(folder / "new.jsonl") == settled(folder / "fresh.jsonl")


def test_a_budget_holds_what_is_asked(folder, spec, rmcompose, saved):
    spec(OPEN, "new.rm")
    words = ("rescore", "out.jsonl", "--spec", "new.rm", "--data", "data.jsonl", "--ask", "--no-cache")
    done = rmcompose(*words, "--budget", "calls=2", "-o", "new.jsonl", "--summary", "json")
    assert done.code == 3
    assert json.loads(done.out)["calls"] == 2


def test_a_judge_that_changed_is_not_taken_for_the_old_one(folder, spec, rmcompose, saved, judge):
    spec(SPEC.replace("How good", "How kind"), "new.rm")
    asked = judge.answered
    done = rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "-o", "new.jsonl")
    assert (done.code, judge.answered) == (3, asked)
    assert "not in the results, and not asked: `good` (judge, changed)" in done.err
    # where the gate fails, the judge does not matter
    assert scores(folder / "new.jsonl")[1] == [None, 0.0]


def test_a_node_keeps_its_values_under_another_name(folder, spec, rmcompose, saved):
    spec(SPEC.replace("good", "fine").replace("short:", "brief:").replace("short /", "brief /"), "new.rm")
    text = (folder / "new.rm").read_text(encoding="utf-8").replace("How fine", "How good")
    spec(text, "new.rm")
    done = rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "-o", "new.jsonl")
    assert done.code == 0
    assert "under another name: `fine` from `good`, `brief` from `short`" in done.err
    assert scores(folder / "new.jsonl") == scores(saved)


def test_without_a_record_names_are_trusted_and_that_is_said(folder, spec, rmcompose, saved):
    (folder / ".out.jsonl.run").unlink()
    spec(SPEC.replace("How good", "How kind"), "new.rm")
    done = rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "-o", "new.jsonl")
    assert done.code == 0
    assert (
        "how the saved run defined `words`, `good`, `short`: taken to be unchanged (`--old SPEC` compares)" in done.err
    )
    checked = rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "--old", "old.rm", "-o", "new.jsonl")
    assert checked.code == 3
    assert "`good` (judge, changed)" in checked.err


def test_the_old_spec_must_be_that_of_the_results(folder, spec, rmcompose, saved):
    spec(OPEN, "new.rm")
    done = rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "--old", "new.rm", "-o", "new.jsonl")
    assert done.code == 4
    assert "written by another spec than `new.rm`" in done.err
    done = rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "--old", "old.rm", "--old-set", "share=0.1", "-o", "-")
    assert done.code == 4
    assert not (folder / "new.jsonl").exists()


def test_inputs_need_the_data_before_anything_is_written(folder, spec, rmcompose, saved):
    text = (
        SPEC.replace("  rule words", "  input cap: float[0, 1]\n  rule words")
        .replace(" * good / 10", " * cap * good / 10")
        .replace(" * short / 10", " * cap * short / 10")
    )
    spec(text, "new.rm")
    done = rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "-o", "new.jsonl")
    assert done.code == 2
    assert "the results do not hold input `cap`: give the data that were scored (`--data DATA`)" in done.err
    assert not (folder / "new.jsonl").exists()
    assert rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "--data", "data.jsonl", "-o", "new.jsonl").code == 0
    old = scores(saved)
    assert scores(folder / "new.jsonl")[3][0] == pytest.approx(0.3 * old[3][0], abs=1e-12)


def test_a_new_rule_needs_the_data(folder, spec, rmcompose, saved):
    text = SPEC.replace("  require", "  rule letters = char_count()\n  require").replace(
        "+ (1.0", "+ 0.0 * min(letters, 1) + (1.0"
    )
    spec(text.replace("0.0 * min", "0.1 * min").replace("float[0, 2]", "float"), "new.rm")
    done = rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "-o", "new.jsonl")
    assert done.code == 2
    assert "`letters` (rule, new)" in done.err
    assert rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "--data", "data.jsonl", "-o", "new.jsonl").code == 0
    assert scores(folder / "new.jsonl")[0][0] == pytest.approx(scores(saved)[0][0] + 0.1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows[:-1], "has 5 rows, and the results are of more"),
        (lambda rows: [rows[1], rows[0], *rows[2:]], "row 1 of `data.jsonl` is not the row that was scored"),
        (lambda rows: [*rows[:-1], {**rows[-1], "prompt": "other"}], "row 6 of `data.jsonl` is not the row"),
    ],
)
def test_other_data_are_refused_and_the_output_is_left_as_it_was(change, said, folder, rmcompose, saved):
    rows = [json.loads(line) for line in (folder / "data.jsonl").read_text(encoding="utf-8").splitlines()]
    (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in change(rows)), encoding="utf-8")
    (folder / "new.jsonl").write_text("{}\n", encoding="utf-8")
    done = rmcompose("rescore", "out.jsonl", "--spec", "old.rm", "--data", "data.jsonl", "-o", "new.jsonl")
    assert done.code == 4
    assert said in done.err
    assert (folder / "new.jsonl").read_text(encoding="utf-8") == "{}\n"
    assert not (folder / "new.jsonl.partial").exists()


def test_ids_are_compared_where_there_is_no_record(folder, rmcompose, saved):
    (folder / ".out.jsonl.run").unlink()
    rows = (folder / "data.jsonl").read_text(encoding="utf-8").splitlines()
    (folder / "data.jsonl").write_text("\n".join(reversed(rows)), encoding="utf-8")
    done = rmcompose("rescore", "out.jsonl", "--spec", "old.rm", "--data", "data.jsonl", "-o", "new.jsonl")
    assert done.code == 4
    assert "data.jsonl:1 is the sample `s5`, and its result is of `s0`" in done.err


def test_another_mapping_is_refused(rmcompose, saved):
    words = (
        "rescore",
        "out.jsonl",
        "--spec",
        "old.rm",
        "--data",
        "data.jsonl",
        "--map",
        "prompt=id",
        "-o",
        "new.jsonl",
    )
    done = rmcompose(*words)
    assert done.code == 2
    assert "`--map` was not given when the rows were scored" in done.err


def test_results_are_never_written_to(rmcompose, saved):
    before = saved.read_bytes()
    done = rmcompose("rescore", "out.jsonl", "--spec", "old.rm", "-o", "out.jsonl")
    assert done.code == 2
    assert "would overwrite `out.jsonl`" in done.err
    assert saved.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--ask",), "give the rows that were scored"),
        (("--budget", "calls=1"), "none are made without `--ask`"),
        (("--map", "a=b"), "give `--data DATA`"),
        (("--old-set", "a=1"), "give it with `--old SPEC`"),
        (("--summary", "json"), "cannot both go to stdout"),
    ],
)
def test_options_that_do_not_fit(words, said, rmcompose, saved):
    done = rmcompose("rescore", "out.jsonl", "--spec", "old.rm", "-o", "-", *words)
    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize("text", ["{}\n", "[]\n", "not json\n", '{"responses": [{}], "spec": "x"}\n'])
def test_what_is_no_result_is_said(text, folder, spec, rmcompose):
    spec(SPEC, "old.rm")
    (folder / "out.jsonl").write_text(text, encoding="utf-8")
    done = rmcompose("rescore", "out.jsonl", "--spec", "old.rm", "-o", "new.jsonl")
    assert done.code == 4
    assert "out.jsonl" in done.err
    assert done.err.count("\n") == 1
    assert not (folder / "new.jsonl").exists()


@pytest.mark.parametrize("node", [None, {"status": "odd"}, {"status": "scored", "steps": 3}])
def test_a_node_that_is_none_is_said(node, folder, rmcompose, saved):
    rows = lines(saved)
    rows[2]["responses"][0]["nodes"]["good"] = node
    saved.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = rmcompose("rescore", "out.jsonl", "--spec", "old.rm", "-o", "new.jsonl")
    assert done.code == 4
    assert "the line of `s2` is not a result of `rmcompose run`: node `good` of response 0" in done.err
    assert not (folder / "new.jsonl").exists()


def test_no_results_at_all(folder, spec, rmcompose):
    spec(SPEC, "old.rm")
    (folder / "out.jsonl").touch()
    assert rmcompose("rescore", "out.jsonl", "--spec", "old.rm", "-o", "new.jsonl").code == 0
    assert (folder / "new.jsonl").read_bytes() == b""


def test_rows_that_could_not_be_read_stay_so(folder, spec, rmcompose):
    spec()
    (folder / "data.jsonl").write_text('{"response": "1", "reference": "1"}\nnot json\n[]\n', encoding="utf-8")
    rmcompose("run", "main.rm", "data.jsonl", "-o", "out.jsonl")
    spec("rmcompose 1\ncomposition main -> float {\n  rule same = accuracy()\n  return 3.0 * same\n}\n", "new.rm")
    for words in ((), ("--data", "data.jsonl")):
        done = rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "-o", "new.jsonl", *words)
        assert done.code == 3
        assert scores(folder / "new.jsonl") == [[3.0], [None], [None]]
        assert lines(folder / "new.jsonl")[1]["responses"] == lines(folder / "out.jsonl")[1]["responses"]
    (folder / "data.jsonl").write_text('{"response": "1", "reference": "1"}\n{"response": "1"}\n[]\n', encoding="utf-8")
    (folder / ".out.jsonl.run").unlink()
    done = rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "-o", "new.jsonl", "--data", "data.jsonl")
    assert "data.jsonl:2 could not be read when it was scored, and now can" in done.err


def test_parquet_both_ways(folder, spec, rmcompose, saved):
    rmcompose("rescore", "out.jsonl", "--spec", "old.rm", "-o", "out.parquet")
    spec(SPEC.replace("= 0.5", "= 0.25"), "new.rm")
    assert rmcompose("rescore", "out.parquet", "--spec", "new.rm", "--old", "old.rm", "-o", "new.parquet").code == 0
    assert rmcompose("rescore", "new.parquet", "--spec", "new.rm", "-o", "new.jsonl").code == 0
    assert rmcompose("rescore", "out.jsonl", "--spec", "new.rm", "-o", "other.jsonl").code == 0
    assert settled(folder / "new.jsonl") == settled(folder / "other.jsonl")
