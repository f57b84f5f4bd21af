"""Results to files, and files that a killed run left behind."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmcompose.data import DataError, completed, open_writer, read


def result(number, **more):
    responses = [{"index": 0, "score": number / 3, "status": "scored", "reason": None, "nodes": {"a": {"value": 1}}}]
    return {"id": str(number), "composition": "math", "spec": "sha256:0", "best": 0, "responses": responses, **more}


RESULTS = [result(number) for number in range(5)] + [
    result(9, best=None, responses=[{"score": None}, {"score": 0.1}], row={"path": "“x”", "line": 3})
]


def write_all(writer, results):
    with writer:
        for one in results:
            writer.write(one)


def break_off():
    yield RESULTS[0]
    raise KeyError


def test_json_lines(tmp_path):
    write_all(open_writer(tmp_path / "out.jsonl"), RESULTS)
    text = (tmp_path / "out.jsonl").read_bytes().decode("utf-8")
    assert [json.loads(line) for line in text.split("\n")[:-1]] == RESULTS
    assert "“x”" in text
    assert [record.data for record in read(tmp_path / "out.jsonl")] == RESULTS


def test_a_new_run_overwrites_and_a_resumed_one_appends(tmp_path):
    path = tmp_path / "out.jsonl"
    for append, expected in ((False, 1), (False, 1), (True, 2)):
        with open_writer(path, append=append) as writer:
            writer.write(RESULTS[0])
        assert completed(path).rows == expected


def test_standard_output_stays_open(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", stream)
    with open_writer("-") as writer:
        writer.write(RESULTS[0])
    assert json.loads(stream.buffer.getvalue()) == RESULTS[0]


def test_rows_reach_the_file_before_it_is_closed(tmp_path):
    path = tmp_path / "out.jsonl"
    with open_writer(path) as writer:
        for one in [RESULTS[0]] * 200:
            writer.write(one)
        assert completed(path).rows >= 128
        writer.flush()
        assert completed(path).rows == 200


@settings(max_examples=150, deadline=None)
@given(st.text(), st.floats(allow_nan=False, allow_infinity=False))
def test_every_text_and_number_comes_back_on_one_line(tmp_path_factory, text, number):
    path = tmp_path_factory.getbasetemp() / "texts.jsonl"
    row = {"id": text, "value": number}
    with open_writer(path) as writer:
        writer.write(row)
    content = path.read_bytes().decode("utf-8")
    assert len(content.splitlines()) == 1
    assert repr(json.loads(content)) == repr(row)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}])
def test_what_json_cannot_hold_is_refused_and_leaves_no_torn_line(tmp_path, value):
    path = tmp_path / "out.jsonl"
    with open_writer(path) as writer:
        writer.write(RESULTS[0])
        with pytest.raises(DataError, match="a result cannot be written as JSON"):
            writer.write({"id": "1", "value": value})
        writer.write(RESULTS[1])
    assert completed(path).rows == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_line():
    with pytest.raises(DataError, match="cannot write `/dev/full`: no space left on device"):
        write_all(open_writer("/dev/full"), RESULTS * 100)


def test_the_first_fault_is_the_one_that_is_told(tmp_path):
    writer = open_writer("/dev/full") if Path("/dev/full").exists() else open_writer(tmp_path / "out.jsonl")
    with pytest.raises(KeyError):
        write_all(writer, break_off())


@pytest.mark.parametrize(
    "name", ["no/such/out.jsonl", "folder.jsonl", "no/such/out.parquet", "out.txt", "out.csv", "out.json"]
)
def test_places_that_cannot_be_written(tmp_path, name):
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(DataError) as caught:
        open_writer(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_parquet_needs_a_place_of_its_own(tmp_path):
    for options in ({"path": "-"}, {"path": tmp_path / "x.parquet", "append": True}):
        with pytest.raises(DataError, match="Parquet is written as a whole"):
            open_writer(format="parquet", **options)


def test_parquet(tmp_path):
    path = tmp_path / "out.parquet"
    with open_writer(path) as writer:
        for one in RESULTS:
            writer.write(one)
        assert not path.exists()
    rows = pq.read_table(path).to_pylist()
    assert [row["id"] for row in rows] == [one["id"] for one in RESULTS]
    assert [row["best"] for row in rows] == [one["best"] for one in RESULTS]
    assert [row["scores"] for row in rows] == [[r["score"] for r in one["responses"]] for one in RESULTS]
    assert [json.loads(row["responses"]) for row in rows] == [one["responses"] for one in RESULTS]
    assert [row["other"] for row in rows[:5]] == [None] * 5
    assert json.loads(rows[5]["other"]) == {"row": {"path": "“x”", "line": 3}}
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.parquet"]


def test_parquet_is_written_in_row_groups(tmp_path):
    with open_writer(tmp_path / "out.parquet") as writer:
        for number in range(2500):
            writer.write(result(number))
    file = pq.ParquetFile(tmp_path / "out.parquet")
    assert (file.metadata.num_rows, file.metadata.num_row_groups) == (2500, 3)


def test_parquet_of_a_run_that_broke_off_does_not_take_the_place_of_a_whole_one(tmp_path):
    path = tmp_path / "out.parquet"
    with pytest.raises(KeyError):
        write_all(open_writer(path), break_off())
    assert not path.exists()
    assert pq.read_table(tmp_path / "out.parquet.partial").num_rows == 1


def test_parquet_of_a_wrong_type_is_one_line(tmp_path):
    path = tmp_path / "out.parquet"
    with pytest.raises(DataError, match="cannot write"), open_writer(path) as writer:
        writer.write(result(1, best="first"))
    assert not path.exists()


@pytest.mark.parametrize("kept", range(4))
def test_a_torn_last_line_is_cut_off_wherever_it_was_torn(tmp_path, kept):
    path = tmp_path / "out.jsonl"
    whole = b"".join(json.dumps(one).encode() + b"\n" for one in RESULTS[: kept + 1])
    before = b"".join(json.dumps(one).encode() + b"\n" for one in RESULTS[:kept])
    for end in range(len(before), len(whole)):
        path.write_bytes(whole[:end])
        assert completed(path) == (kept, len(before))
        assert path.read_bytes() == before
    path.write_bytes(whole)
    assert completed(path) == (kept + 1, len(whole))
    assert path.read_bytes() == whole


def test_zeros_at_the_end_are_what_a_power_cut_leaves(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_bytes(b'{"id": 1}\n' + bytes(100))
    assert completed(path) == (1, 10)
    assert path.stat().st_size == 10


@pytest.mark.parametrize("content", [b"notes of mine", b'{"a": 1}\nnot json\n{"a": 2}\n', b"[1]\n", b"\n", b"\xff\n"])
def test_a_file_that_is_no_output_is_left_as_it_is(tmp_path, content):
    path = tmp_path / "out.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"cannot resume `.*`: line \d is not a result"):
        completed(path)
    assert path.read_bytes() == content


def test_there_may_be_nothing_to_resume(tmp_path):
    assert completed(tmp_path / "out.jsonl") == (0, 0)
    (tmp_path / "out.jsonl").touch()
    assert completed(tmp_path / "out.jsonl") == (0, 0)
    with pytest.raises(DataError, match="only a JSONL file can be added to"):
        completed(tmp_path / "out.parquet")
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(DataError, match="cannot resume"):
        completed(tmp_path / "folder.jsonl")


def test_a_closed_pipe_is_a_data_error(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writer = open_writer(pipe)
    os.close(reader)
    with pytest.raises(DataError, match="broken pipe"):
        write_all(writer, RESULTS * 100)
