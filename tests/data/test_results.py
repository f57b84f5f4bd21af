"""Results read back: every shape that `run` writes, and faults with their place."""

import gzip
import io
import json

import pytest

from rmcompose.data import DataError, Result, open_writer, read_results

NODE = {"value": 0.5, "status": "scored", "reason": None, "ms": 0.1, "calls": 0, "tokens": 0, "cached": False}
LINES = [
    {
        "id": "a",
        "composition": "c",
        "spec": "s",
        "best": 0,
        "responses": [{"index": 0, "score": 0.5, "nodes": {"n": NODE}}],
    },
    {"id": None, "composition": "c", "spec": "s", "best": None, "responses": [], "more": {"x": [1]}},
    {
        "id": "\u2028",
        "composition": "c",
        "spec": "s",
        "best": None,
        "responses": [{"index": 0, "score": None, "nodes": {}}],
    },
]


@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet"])
def test_what_was_written_is_read(tmp_path, name):
    path = tmp_path / name
    with open_writer(path) as writer:
        for one in LINES:
            writer.write(one)
    found = list(read_results(path))
    assert [one.line for one in found] == LINES
    assert found[2] == Result(3, f"{path}:3", LINES[2])


def test_compressed_and_piped_results_are_read(tmp_path, monkeypatch):
    text = "".join(json.dumps(one) + "\n\n" for one in LINES).encode()
    (tmp_path / "out.jsonl.gz").write_bytes(gzip.compress(text))
    assert [(one.number, one.line) for one in read_results(tmp_path / "out.jsonl.gz")] == list(
        enumerate(LINES, start=1)
    )
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert [one.place for one in read_results("-")] == ["<stdin>:1", "<stdin>:3", "<stdin>:5"]


@pytest.mark.parametrize("score", ["0.5", True, float("inf"), 10**400, [1]])
def test_a_score_is_a_finite_number(tmp_path, score):
    path = tmp_path / "out.jsonl"
    path.write_text(json.dumps({"responses": [{"score": score, "nodes": {}}]}), encoding="utf-8")
    with pytest.raises(DataError, match=r"out\.jsonl:1`"):
        list(read_results(path))


def test_a_fault_has_its_line_and_what_is_before_it_is_given(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text(f"{json.dumps(LINES[0])}\n\n{{}}\n", encoding="utf-8")
    rows = read_results(path)
    assert next(rows).line == LINES[0]
    with pytest.raises(
        DataError, match=r"out\.jsonl:3` is not a result of `rmcompose run`: it has no list of `responses`"
    ):
        next(rows)


@pytest.mark.parametrize("name", ["spec.rm", "data.csv", "page.html", "data.json"])
def test_other_files_are_not_results(tmp_path, name):
    (tmp_path / name).write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match="is not a file of results"):
        list(read_results(tmp_path / name))
