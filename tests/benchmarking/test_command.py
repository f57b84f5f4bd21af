"""`bench` as people use it: what it prints and writes, what it says of wrong words and data, and its exit codes."""

import json

import pytest

import rmcompose as rm
from tests.benchmarking.conftest import DATA, FILES, native, write

ROWS = [
    {"id": "a", "prompt": "q1", "chosen": "yes [+]", "rejected": "no"},
    {"id": "b", "prompt": "q2", "chosen": "yes [+]", "rejected": "no, and more", "subset": "long"},
]


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("preference", ["n", "accuracy", "ties", "unscored", "ci95", "length_baseline"]),
        ("rm-bench", ["n", "easy", "normal", "hard", "overall", "subsets"]),
        ("rmb", ["n", "pairwise", "best_of_n"]),
        ("judgebench", ["n", "accuracy", "consistency"]),
        ("rewardbench", ["n", "score", "sections", "subsets"]),
        ("rewardbench2", ["n", "score", "subsets"]),
        ("llmbar", ["n", "accuracy", "given", "exchanged", "both_right", "consistency", "subsets"]),
        ("conflicts", ["n", "conflict_rate", "cycles", "severity", "density", "intransitive", "accuracy", "dominance"]),
    ],
)
def test_the_keys_of_the_object(bench, name, keys):
    _, found = bench(name, "longer")
    assert [key for key in keys if key not in found] == []
    for figures in (found, *(one for group in ("subsets", "sections") for one in found.get(group, {}).values())):
        assert "ci95" in figures
        assert "length_baseline" in figures


@pytest.mark.parametrize("name", FILES)
def test_the_python_call_gives_the_same(bench, specs, name):
    _, found = bench(name, "longer", None, "--resamples", "100", "--seed", "3")
    again = rm.bench(name, "specs.rm::longer", DATA / FILES[name], resamples=100, seed=3)
    assert json.loads(json.dumps(again)) == found
    reward = rm.load("specs.rm::longer")
    assert rm.bench(name, reward, [DATA / FILES[name]], resamples=100, seed=3) == again


def test_rows_in_memory(specs):
    found = rm.bench("preference", "specs.rm::oracle", ROWS)
    assert (found["n"], found["accuracy"], found["data"]) == (2, 1.0, "rows in memory")
    assert found["subsets"]["long"]["n"] == 1
    samples = [rm.DataSample.model_validate({"unique_id": "x", **native([1], [0])})]
    assert rm.bench("preference", "specs.rm::told", samples)["accuracy"] == 1.0


def test_results_are_those_of_run_with_a_verdict(specs, rmcompose):
    write(specs / "rows.jsonl", ROWS)
    done = rmcompose("bench", "preference", "specs.rm::longer", "--data", "rows.jsonl", "-o", "out.jsonl")
    assert done.code == 0
    for line, verdict in zip(lines_of(specs / "out.jsonl"), ("right", "wrong"), strict=True):
        told = line.pop("bench")
        assert told["verdict"] == verdict
        assert (told["case"], told["benchmark"], told["chosen"], told["rejected"]) == (
            line["id"],
            "preference",
            [0],
            [1],
        )
        row = {"a": ROWS[0], "b": ROWS[1]}[line["id"]]
        texts = [[row["chosen"], row["rejected"]][place] for place in told["order"]]
        plain = rm.load("specs.rm::longer").trace({"id": line["id"], "responses": texts})
        assert [one["score"] for one in line["responses"]] == [one["score"] for one in plain["responses"]]
    assert rmcompose("explain", "out.jsonl").code == 0


def test_both_orders_are_written(bench, specs):
    bench("judgebench", "first", None, "-o", "out.jsonl")
    lines = lines_of(specs / "out.jsonl")
    assert [line["id"] for line in lines[:3]] == ["p0#1", "p0#2", "p1#1"]
    assert [line["bench"]["order"] for line in lines[:2]] == [[0, 1], [1, 0]]
    assert lines[0]["bench"]["decisions"] == [1, -1]


def test_the_table(specs, rmcompose):
    done = rmcompose("bench", "rm-bench", "specs.rm::longer", "--data", DATA / FILES["rm-bench"])
    note = "rmcompose: overall: the same in every resample, so that its interval is a point\n"
    assert (done.code, done.err) == (0, note)
    told = [" ".join(line.split()) for line in done.out.splitlines()]
    assert told[0] == f"benchmark rm-bench, 5 prompts of {DATA / FILES['rm-bench']}"
    assert "easy 5 100.0 % [100.0, 100.0] 100.0 %" in told
    assert "chat: hard 1 0.0 % 0.0 %" in told
    assert "overall above longer wins: -16.7 % [-16.7, -16.7]" in told


def test_summary_none_and_results_on_stdout(specs, rmcompose):
    words = ("bench", "preference", "specs.rm::oracle", "--data", DATA / FILES["preference"])
    assert rmcompose(*words, "--summary", "none").out == ""
    done = rmcompose(*words, "-o", "-")
    assert [json.loads(line)["bench"]["verdict"] for line in done.out.splitlines()] == ["right"] * 4
    assert "accuracy" in done.err
    done = rmcompose(*words, "-o", "-", "--summary", "json")
    assert (done.code, done.out) == (2, "")


def test_standard_input(specs, rmcompose, monkeypatch):
    import io
    import sys

    text = "".join(json.dumps(row) + "\n" for row in ROWS)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    words = ("bench", "preference", "specs.rm::oracle", "--data", "-", "--summary", "json")
    done = rmcompose(*words, "--compare", "specs.rm::reversed")
    assert json.loads(done.out)["compare"]["difference"] == 1.0


def test_parquet_and_csv(specs, rmcompose):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = lines_of(DATA / FILES["rewardbench2"])
    pq.write_table(pa.Table.from_pylist(rows), specs / "test-00000-of-00001.parquet")
    done = rmcompose(
        "bench", "rewardbench2", "specs.rm::oracle", "--data", "test-00000-of-00001.parquet", "--summary", "json"
    )
    assert json.loads(done.out)["score"] == pytest.approx(6.01 / 6)
    (specs / "rows.csv").write_text("prompt,chosen,rejected\nq,yes [+],no\n", encoding="utf-8")
    done = rmcompose("bench", "preference", "specs.rm::oracle", "--data", "rows.csv", "--summary", "json")
    assert json.loads(done.out)["accuracy"] == 1.0


def test_several_files_and_a_limit(bench, specs):
    write(specs / "more.jsonl", ROWS)
    _, found = bench("preference", "oracle", DATA / FILES["preference"], "--data", "more.jsonl")
    assert found["n"] == 6
    assert (
        bench("preference", "oracle", DATA / FILES["preference"], "--data", "more.jsonl", "--limit", "5")[1]["n"] == 5
    )


def test_a_source_that_is_said(bench):
    _, found = bench("preference", "oracle", DATA / "helpsteer2_pairwise.jsonl", "--source", "helpsteer2_pairwise")
    # in one order only, and without the tie
    assert (found["n"], found["accuracy"]) == (2, 1.0)
    assert found["notes"][0] == "1 row is with nothing to judge left out"


@pytest.mark.parametrize(
    "data",
    ["prmbench.jsonl", "helpsteer3_preference.jsonl", "judgebench.jsonl", "rmb", "llmbar/LLMBar/Natural/dataset.json"],
)
def test_every_source_with_a_preference_is_a_preference(bench, data):
    assert bench("preference", "oracle", DATA / data)[1]["accuracy"] == 1.0


def test_one_row_has_no_interval(bench):
    _, found = bench("preference", "oracle", ROWS[:1])
    assert (found["n"], found["accuracy"], found["ci95"]) == (1, 1.0, None)
    assert found["notes"] == ["accuracy: one row has no interval"]


def test_nothing_is_scored(bench):
    code, found = bench("preference", "told", ROWS)
    assert (code, found["accuracy"], found["unscored"], found["n"]) == (3, 0.0, 2, 2)
    assert "no case could be judged: some score is missing in every one" in found["notes"]


def test_without_resamples(bench):
    assert bench("preference", "longer", ROWS, "--resamples", "0")[1]["ci95"] is None


def test_ids_that_occur_twice_are_told(bench):
    _, found = bench("preference", "oracle", [*ROWS, ROWS[0]])
    assert found["n"] == 3
    assert found["notes"][0] == "1 id is there more than once: `a` (rows.jsonl:1 and rows.jsonl:3)"


def test_unknown_subsets_are_told(bench):
    rows = [native([1], [0], metadata={"subset": "alpacaeval-hard"}), native([1], [0], metadata={"subset": "mine"})]
    _, found = bench("rewardbench", "told", rows)
    assert found["notes"][0] == "subset `mine` (1 pairs) is not one of RewardBench's and counts in no section"
    assert (found["score"], found["subsets"]["mine"]["accuracy"]) == (1.0, 1.0)


FAULTS = [
    ("preference", [{"prompt": "q", "chosen": "a"}], "rows.jsonl:1: `rejected` is missing"),
    ("preference", [ROWS[0], {"prompt": "q", "chosen": "a", "rejected": 3}], "rows.jsonl:2: `rejected` is a number"),
    ("preference", [{"prompt": "q", "response": "a"}], "rows.jsonl:1: `chosen` is missing (preference reads "),
    ("preference", [native([1], [])], "rows.jsonl:1: no response is `rejected`"),
    ("rewardbench", [ROWS[0]], "rows.jsonl:1: `subset` is missing"),
    ("rewardbench2", [{"prompt": "q", "chosen": ["a"], "rejected": ["b"]}], "rows.jsonl:1: `subset` is missing"),
    (
        "rewardbench2",
        [{"id": "x", "prompt": "q", "chosen": ["a"], "rejected": ["b"], "subset": "Ties"}],
        "rows.jsonl:1: `id` is `x`: in Ties it is `ref:N` or `tied:N`",
    ),
    (
        "rewardbench2",
        [{"id": "x", "prompt": "q", "chosen": ["a", "b"], "rejected": ["c"], "subset": "Math"}],
        "rows.jsonl:1: 2 responses are `chosen` outside of Ties",
    ),
    (
        "rewardbench2",
        [{"id": "x", "prompt": "q", "chosen": ["a"], "rejected": ["c"], "subset": "Math", "num_correct": 2}],
        "rows.jsonl:1: `num_correct` is 2, and `chosen` has 1",
    ),
    (
        "rewardbench2",
        [{"id": "ref:1", "prompt": "q", "chosen": ["a"], "rejected": ["c"], "subset": "Ties"}] * 2,
        "rows.jsonl:2: `ref:1` is there twice (first at rows.jsonl:1)",
    ),
    (
        "rm-bench",
        [{"prompt": "q", "chosen": ["a", "b"], "rejected": ["c", "d", "e"], "domain": "chat"}],
        "rows.jsonl:1: 2 responses are `chosen`: RM-Bench has 3",
    ),
    ("judgebench", [{"question": "q", "response_A": "a", "label": "A>B"}], "rows.jsonl:1: `response_B` is missing"),
    ("judgebench", [{"question": "q", "response_A": "a", "response_B": "b"}], "rows.jsonl:1: `label` is missing"),
    ("llmbar", [{"input": "q", "output_1": "a", "output_2": "b"}], "rows.jsonl:1: `label` is missing"),
    ("rmb", [{"conversation_input": [], "bon_best": {"answer": "a"}}], "rows.jsonl:1: `loser_list` is missing"),
    ("conflicts", [{"prompt": "q", "responses": ["a"]}], "rows.jsonl:1: there is one response"),
    (
        "rewardbench",
        [{"question": "q", "response_A": "a", "response_B": "b", "label": "A>B"}],
        "rows.jsonl:1: `chosen` is missing (rewardbench reads `rewardbench`; these are the columns of `judgebench`)",
    ),
    ("preference", [], "there are no rows in rows.jsonl"),
    (
        "preference",
        [{"prompt": "q", "response_1": "a", "response_2": "b", "preference_strength": 0}],
        "no row of rows.jsonl says",
    ),
]


@pytest.mark.parametrize(("name", "rows", "why"), FAULTS)
def test_wrong_rows_end_it_before_anything_is_scored(specs, rmcompose, name, rows, why):
    write(specs / "rows.jsonl", rows)
    done = rmcompose("bench", name, "specs.rm::oracle", "--data", "rows.jsonl", "-o", "out.jsonl")
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith(f"rmcompose: {why}")
    assert len(done.err.splitlines()) == 1
    assert not (specs / "out.jsonl").exists()


def test_several_wrong_rows_are_told_together(specs, rmcompose):
    (specs / "rows.jsonl").write_text('{"prompt": "q"}\nnot json\n' + '{"prompt": "q"}\n' * 5, encoding="utf-8")
    done = rmcompose("bench", "preference", "specs.rm::oracle", "--data", "rows.jsonl")
    assert done.code == 4
    assert "rows.jsonl:1: `chosen` is missing" in done.err
    assert "(7 of 7 rows are not of the format" in done.err
    assert "rows.jsonl:2: invalid JSON" in done.err


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["rewardbench3", "specs.rm::oracle"], 2, "unknown benchmark `rewardbench3`: did you mean `rewardbench`?"),
        (["rm_bench", "specs.rm::oracle"], 2, "unknown benchmark `rm_bench`: did you mean `rm-bench`?"),
        (["nothing-like-it", "specs.rm::oracle"], 2, "there are `preference`, `rewardbench`"),
        (["preference", "specs.rm::oracl"], 2, "did you mean `oracle`?"),
        (["preference", "no.rm"], 4, "`no.rm`"),
        (["preference", "specs.rm::oracle", "--source", "rewardbenchh"], 2, "did you mean `rewardbench`?"),
        (["preference", "specs.rm::oracle", "--compare-set", "a=1"], 2, "name it with `--compare`"),
        (
            ["preference", "specs.rm::oracle", "--compare", "specs.rm::longer", "--compare-set", "a"],
            2,
            "`--compare-set a`",
        ),
        (
            ["preference", "specs.rm::oracle", "--compare", "specs.rm::longer", "--compare-set", "a=1"],
            2,
            "has no param `a`",
        ),
        (["preference", "specs.rm::oracle", "-o", "rows.jsonl"], 2, "the results would overwrite `rows.jsonl`"),
        (["preference", "specs.rm::oracle", "-o", "specs.rm"], 2, "the results would overwrite"),
        (["preference", "specs.rm::oracle", "-o", "out.txt"], 4, "cannot tell the format"),
    ],
)
def test_wrong_words(specs, rmcompose, words, code, why):
    write(specs / "rows.jsonl", ROWS)
    done = rmcompose("bench", *words, "--data", "rows.jsonl")
    assert (done.code, done.out) == (code, "")
    assert why in done.err
    assert len(done.err.splitlines()) == 1


def test_files_that_are_not_there(specs, rmcompose):
    assert rmcompose("bench", "preference", "specs.rm::oracle").code == 2
    assert rmcompose("bench", "preference", "specs.rm::oracle", "--data", "no.jsonl").code == 4
    (specs / "empty").mkdir()
    done = rmcompose("bench", "preference", "specs.rm::oracle", "--data", "empty")
    assert (done.code, "holds no file with rows" in done.err) == (4, True)
    assert rmcompose("bench", "preference", "specs.rm::oracle", "--data", "-", "-").code == 4


def test_a_spec_with_errors_is_told_as_by_run(specs, rmcompose):
    (specs / "bad.rm").write_text("rmcompose 1\ncomposition bad -> bool {\n  return nothing\n}\n", encoding="utf-8")
    done = rmcompose("bench", "preference", "bad.rm", "--data", DATA / FILES["preference"], "--format", "concise")
    assert (done.code, "RM201" in done.err) == (1, True)


def test_params_belong_to_specs_that_are_named(specs):
    from rmcompose.benchmarking.benchmark import BenchError

    with pytest.raises(BenchError, match="a composition that is loaded has its own"):
        rm.bench("preference", rm.load("specs.rm::oracle"), ROWS, params={"a": 1})
