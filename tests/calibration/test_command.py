"""`judge-report`: from a spec and labelled rows to a report, its exit codes, and what it says of wrong words."""

import json

import pytest

from tests.calibration.conftest import node, unscored

SAMPLE_LEVEL = """\
rmcompose 1

composition main -> score[0, 1] {
  input n: int
  rule same = accuracy()
  judge prompt_quality: score[1, 5] { model = "m" given = [prompt] rubric \"\"\"Good?\"\"\" on_unscored = 1 }

  return if n > 0 then same else 0.25 * (prompt_quality - 1)
}
"""
PLAIN = """\
rmcompose 1

composition main -> score[0, 1] {
  param floor: float[0, 1] = 0
  rule same = accuracy()

  return max(floor, same)
}
"""
ROWS = [
    {"id": "a", "prompt": "q", "response": "Paris", "reference": "Paris", "label": 1},
    {"id": "b", "prompt": "q", "response": "Rome", "reference": "Paris", "label": 0},
    {"id": "c", "prompt": "q", "response": "Rome", "reference": "Paris", "label": 1},
]


def ok(score):
    return {"reason": "", "score": score}


@pytest.fixture
def plain(folder):
    """`plain(rows, text)` writes `main.rm` and `data.jsonl`."""

    def write(rows=ROWS, text=PLAIN):
        (folder / "main.rm").write_text(text, encoding="utf-8")
        (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    return write


def test_a_report_of_rules(plain, report):
    plain()
    code, found = report("--label", "label")
    assert code == 0
    assert (found["composition"], found["data"], found["label"]) == ("main", "data.jsonl", "label")
    assert found["bootstrap"] == {"resamples": 1000, "seed": 0, "level": 0.95}
    (section,) = found["sections"]
    assert (section["node"], section["range"]) == (None, [0.0, 1.0])
    assert section["figures"]["values"]["accuracy"]["value"] == pytest.approx(2 / 3)
    assert section["confusion"] == [
        {"judge": 0.0, "label": 0.0, "count": 1},
        {"judge": 0.0, "label": 1.0, "count": 1},
        {"judge": 1.0, "label": 1.0, "count": 1},
    ]


def test_options_of_run(plain, report):
    plain([{**row, "gold": row["reference"], "reference": None} for row in ROWS])
    code, found = report("--label", "label", "--map", "reference=gold", "--set", "floor=0.5", "--limit", "2")
    assert (code, found["labels"]["rows"]) == (0, 2)
    assert found["sections"][0]["confusion"] == [
        {"judge": 1.0, "label": 0.0, "count": 1},
        {"judge": 1.0, "label": 1.0, "count": 1},
    ]


def test_the_report_as_text(judged, rmcompose):
    rows = [{"id": f"{n}", "prompt": f"item-{n}", "response": "x" * n, "label": n % 5 + 1} for n in range(40)]
    replies = {f"item-{n}": [ok(min(5, n % 5 + 1 + (n % 7 == 0)))] for n in range(40)}
    judged(rows, replies | {"item-3": ["no score"]}, "retries = 0")
    done = rmcompose("judge-report", "main.rm", "data.jsonl", "--label", "label", "--resamples", "100")
    assert (done.code, done.err) == (3, "")
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in done.out
    told = [" ".join(line.split()) for line in lines]
    assert "responses 40: 39 scored, 1 unscored (1 malformed_reply)" in told
    assert "model calls 40, 4,800 tokens, 0 answers from the cache" in told
    assert any(line.startswith("accuracy 87.2 % [") for line in told)
    assert any(line.startswith("accuracy, pessimistic 85.0 % [") for line in told)
    assert any(line.startswith("… malformed_reply 2.5 % [") for line in told)
    assert told[-1] == "intervals: percentile bootstrap over rows, seed 0, 100 resamples"


def test_sections_of_judges_that_were_asked(judged, report, folder):
    rows = [{"prompt": f"item-{n}", "response": "a", "reference": "a", "n": n, "label": 1} for n in range(2)]
    judged(rows, {"item-0": ["no score"]})
    (folder / "main.rm").write_text(SAMPLE_LEVEL, encoding="utf-8")
    code, found = report("--label", "label", "--resamples", "0")
    assert code == 0
    result, judge = found["sections"]
    assert result["responses"]["scored"] == 2
    assert (judge["node"], judge["mode"], judge["range"]) == ("prompt_quality", "pointwise", [1.0, 5.0])
    assert judge["responses"] == {"total": 2, "scored": 1, "skipped": 1, "unscored": {}}
    assert "`on_unscored` puts 1 there" in judge["notes"][0]
    rows = [row | {"n": 1} for row in rows]
    (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert [section["node"] for section in report("--label", "label")[1]["sections"]] == [None]


def test_both_orders_of_a_pairwise_judge(judged, report):
    rows = [{"prompt": f"item-{n}", "responses": ["aa", "b"], "label": 0} for n in range(3)]
    winner = [{"reason": "", "winner": "A"}]
    judged(rows, {f"item-{n}": winner for n in range(3)}, "mode = pairwise votes = 3", "[0, 1]")
    _, found = report("--label", "label", "--node", "quality")
    figures = {name: figure["value"] for name, figure in found["sections"][0]["figures"]["order"].items()}
    # whichever is shown first wins
    assert figures == {
        "consistent": 0.0,
        "both_tied": 0.0,
        "both_right": 0.0,
        "single_order_right": 0.5,
        "first_shown_won": 1.0,
    }
    assert found["sections"][0]["figures"]["pairs"]["ties"]["value"] == 1.0
    assert found["sections"][0]["figures"]["votes"]["unanimous"]["n"] == 6


def test_positions_of_a_listwise_judge(judged, report):
    rows = [{"prompt": f"item-{n}", "responses": ["aa", "b", "c"], "label": 0} for n in range(3)]
    ranking = [{"reason": "", "ranking": [[1], [2], [3]]}]
    judged(rows, {f"item-{n}": ranking for n in range(3)}, "mode = listwise", "[0, 1]")
    _, found = report("--label", "label", "--node", "quality")
    order = found["sections"][0]["figures"]["order"]
    assert (order["first_shown_won"]["value"], order["first_shown_won"]["n"]) == (1.0, 9)
    assert order["consistent"]["value"] is None


def test_a_cassette_gives_the_same_report(judged, report, monkeypatch):
    rows = [{"id": f"{n}", "prompt": f"item-{n}", "response": "x", "label": n % 5 + 1} for n in range(12)]
    judged(rows, {f"item-{n}": [ok(n % 4 + 1)] for n in range(12)})
    _, recorded = report("--label", "label", "--record", "calls.jsonl", "--no-cache")
    monkeypatch.delenv("OPENAI_API_KEY")
    _, replayed = report("--label", "label", "--replay", "calls.jsonl")
    for section in (*recorded["sections"], *replayed["sections"]):
        del section["calls"], section["tokens"], section["cached"]
    assert recorded == replayed


def test_results_of_run_give_the_same_report(judged, report, rmcompose):
    rows = [{"id": f"{n}", "prompt": f"item-{n}", "response": "x" * n, "label": n % 5 + 1} for n in range(12)]
    judged(rows, {f"item-{n}": [ok(n % 4 + 1), ok(3)] for n in range(12)}, "votes = 2")
    assert rmcompose("run", "main.rm", "data.jsonl", "-o", "out.jsonl").code == 0
    _, found = report("--label", "label", "--results", "out.jsonl")
    _, again = report("--label", "label")
    assert (found.pop("results"), again.pop("results")) == ("out.jsonl", None)
    for section in (*found["sections"], *again["sections"]):
        del section["calls"], section["tokens"], section["cached"]  # answered from the cache the second time
    assert found == again


VALUES = ("--label", "label", "--results", "out.jsonl", "--resamples", "0")


def labelled(*ids):
    return [{"id": one, "prompt": "q", "response": "x", "label": 1 + place} for place, one in enumerate(ids)]


def accuracy(found):
    figure = found["sections"][0]["figures"]["values"]["accuracy"]
    return figure["value"], figure["n"]


def test_results_in_another_order_are_found_by_id(written, report, folder):
    written(labelled("a", "b", "c"), [[node(1.0)], [node(2.0)], [node(3.0)]])
    lines = (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()
    (folder / "out.jsonl").write_text("\n".join(reversed(lines)), encoding="utf-8")
    assert accuracy(report(*VALUES)[1]) == (1.0, 3)


def test_results_without_ids_are_taken_in_order(written, report):
    written(labelled(None, None), [[node(1.0)], [node(2.0)]])
    assert accuracy(report(*VALUES)[1]) == (1.0, 2)


def test_rows_without_a_result_are_told(written, rmcompose, folder):
    written(labelled("a", "b"), [[node(1.0)], [node(2.0)]])
    line = (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()[0]
    (folder / "out.jsonl").write_text(line, encoding="utf-8")
    done = rmcompose("judge-report", "main.rm", "data.jsonl", *VALUES)
    assert (done.code, done.err) == (0, "rmcompose: 1 of 2 rows have no result in `out.jsonl`\n")


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"spec": "sha256:0"}, 2, "row 1 of `out.jsonl` was written by another spec"),
        ({"id": "b"}, 4, "`out.jsonl` holds the sample `b` twice"),
        ({"responses": []}, 4, "row 1 of `out.jsonl` has 0 responses, its sample has 1"),
    ],
)
def test_results_that_do_not_belong(written, rmcompose, folder, change, code, message):
    lines = written(labelled("a", "b"), [[node(1.0)], [node(2.0)]])
    lines[0] |= change
    (folder / "out.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    done = rmcompose("judge-report", "main.rm", "data.jsonl", *VALUES)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith(f"rmcompose: {message}")
    assert len(done.err.splitlines()) == 1


def test_results_of_other_rows(written, rmcompose, folder):
    written(labelled("a"), [[node(1.0)]])
    (folder / "data.jsonl").write_text(json.dumps(labelled("z")[0]) + "\n", encoding="utf-8")
    done = rmcompose("judge-report", "main.rm", "data.jsonl", *VALUES)
    assert (done.code, done.err) == (4, "rmcompose: `out.jsonl` holds no result of the rows in the data\n")


def test_ids_that_contradict_the_order(written, rmcompose, folder):
    written(labelled("a", None), [[node(1.0)], [node(2.0)]])
    rows = labelled("z", None)
    (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = rmcompose("judge-report", "main.rm", "data.jsonl", *VALUES)
    assert (done.code, done.err) == (4, "rmcompose: row 1 of `out.jsonl` is of `a`, the data's is `z`\n")


def test_unscored_rows_are_an_exit_code(written, report):
    written(labelled("a", "b"), [[node(1.0)], [unscored("refused")]])
    code, found = report(*VALUES)
    assert (code, accuracy(found)) == (3, (1.0, 1))
    assert found["sections"][1]["responses"]["unscored"] == {"refused": 1}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--label", "nope"], "no label found: of 3 rows none has `nope`"),
        ([], "no label found: of 3 rows none has `chosen` and `rejected`; say where labels are with `--label PATH`"),
        (["--label", "a..b"], "`--label a..b` is not a path: a word is missing beside a dot"),
        (["--label-is", "best"], "`--label-is` says how labels are read: say where they are with `--label PATH`"),
        (["--label", "label", "--node", "smae"], "`main` has no node `smae`: did you mean `same`?"),
        (["--label", "label", "--node", "q"], "`main` has no node `q`: it has `same`"),
        (["--label", "label", "--results", "o", "--replay", "c"], "`--results` asks no model: leave out `--replay`"),
        (["--label", "label", "--html", "data.jsonl"], "the page would overwrite `data.jsonl`"),
    ],
)
def test_wrong_words(plain, rmcompose, words, message):
    plain()
    done = rmcompose("judge-report", "main.rm", "data.jsonl", *words)
    assert (done.code, done.out, done.err) == (2, "", f"rmcompose: {message}\n")


def test_no_model_is_asked_where_there_is_no_label(judged, rmcompose):
    server = judged([{"prompt": "item-1", "response": "x"}], {"item-1": [ok(1)]})
    done = rmcompose("judge-report", "main.rm", "data.jsonl", "--label", "label")
    assert (done.code, server.requests) == (2, [])


def test_a_spec_with_errors(plain, rmcompose):
    plain(text=PLAIN.replace("accuracy()", "acuracy()"))
    done = rmcompose("judge-report", "main.rm", "data.jsonl", "--label", "label")
    assert (done.code, done.out) == (1, "")
    assert "RM" in done.err


def test_missing_files(plain, rmcompose):
    plain()
    assert rmcompose("judge-report", "main.rm", "no.jsonl", "--label", "label").code == 4
    assert rmcompose("judge-report", "no.rm", "data.jsonl", "--label", "label").code == 4
    assert rmcompose("judge-report", "main.rm", "data.jsonl", "--label", "label", "--results", "no").code == 4


def test_a_node_that_is_no_judge(plain, report):
    plain()
    _, found = report("--label", "label", "--node", "same")
    assert (found["sections"][0]["node"], found["sections"][0]["mode"]) == ("same", None)
    assert accuracy(found) == (pytest.approx(2 / 3), 3)


def test_rows_that_cannot_be_read_are_unscored(plain, rmcompose, folder):
    plain()
    with (folder / "data.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"broken\n')
    done = rmcompose("judge-report", "main.rm", "data.jsonl", "--label", "label")
    assert done.code == 3
    assert "1 rows that cannot be read" in done.out
    assert "1 unscored (1 missing_input)" in done.out


def test_labels_that_were_not_understood_are_told(plain, rmcompose):
    plain([*ROWS, {**ROWS[0], "label": {"x": 1}}])
    done = rmcompose("judge-report", "main.rm", "data.jsonl", "--label", "label")
    assert "1 not understood: an object is no value (first at data.jsonl:4)" in done.out


def test_the_same_command_prints_the_same_bytes(plain, rmcompose):
    plain()
    words = ("judge-report", "main.rm", "data.jsonl", "--label", "label", "--format", "json", "--seed", "5")
    assert rmcompose(*words).out == rmcompose(*words).out
