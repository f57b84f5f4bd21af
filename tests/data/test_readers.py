"""Files of every format: whole ones, broken ones and arbitrary bytes."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmcompose.data import CsvText, DataError, Record, lines, read
from rmcompose.data import csv_rows as csv_module

ROWS = [
    {"prompt": "q", "response": "a\nb, “c”"},
    {"prompt": "q2", "response": 'say "hi"', "n": 1.5},
    {"prompt": "é", "response": "\u2028"},
]


def written(path, content):
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def as_lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def data(path, **options):
    records = list(read(path, **options))
    assert [record.error for record in records] == [None] * len(records)
    return [record.data for record in records]


def one_line(error):
    assert str(error)
    assert "\n" not in str(error)


def faults(path, **options):
    return [(record.line, record.error) for record in read(path, **options)]


def test_jsonl(tmp_path):
    records = list(read(written(tmp_path / "x.jsonl", as_lines(ROWS))))
    assert records == [Record(row, str(tmp_path / "x.jsonl"), line) for line, row in enumerate(ROWS, start=1)]


@pytest.mark.parametrize("name", ["x.jsonl", "x.NDJSON", "x.json"])
def test_json_lines_under_any_name_with_a_mark_blank_lines_and_no_last_newline(tmp_path, name):
    content = "\ufeff\r\n" + as_lines(ROWS[:2]).replace("\n", "\r\n \r\n") + json.dumps(ROWS[2])
    assert [record.line for record in read(written(tmp_path / name, content))] == [2, 4, 6]
    assert data(tmp_path / name) == ROWS


@pytest.mark.parametrize("indent", [None, 2])
def test_json(tmp_path, indent):
    assert data(written(tmp_path / "list.json", "\ufeff" + json.dumps(ROWS, indent=indent))) == ROWS
    assert data(written(tmp_path / "one.json", json.dumps(ROWS[0], indent=indent))) == ROWS[:1]
    assert data(written(tmp_path / "none.json", "[]")) == []


def test_an_item_that_is_no_object_is_a_fault_of_its_own(tmp_path):
    path = written(tmp_path / "x.json", json.dumps([ROWS[0], 5, [], ROWS[1]]))
    assert faults(path) == [
        (1, None),
        (2, "a row must be an object, this is a number"),
        (3, "a row must be an object, this is a list"),
        (4, None),
    ]


def test_a_bad_line_is_told_and_the_rest_is_read(tmp_path):
    content = (
        b'{"a": 1}\n{"a": \n\xff\xfe\n[1]\n'
        + b"[" * 100_000
        + b"\n"
        + b"9" * 5000
        + b'\n{"a": NaN, "b": -Infinity}\n{"a": 2}'
    )
    records = list(read(written(tmp_path / "x.jsonl", content)))
    assert [(record.line, record.error) for record in records] == [
        (1, None),
        (2, "invalid JSON at column 7: expecting value"),
        (3, "the line is not UTF-8: byte 1 is 0xff"),
        (4, "a row must be an object, this is a list"),
        (5, "invalid JSON: it is nested too deeply"),
        (6, "invalid JSON: a number has too many digits"),
        (7, None),
        (8, None),
    ]
    assert math.isnan(records[6].data["a"])
    assert records[7].data == {"a": 2}


def test_a_line_that_is_too_long_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "MAX_LINE", 20)
    path = written(
        tmp_path / "x.jsonl", '{"a": 1}\n{"a": "' + "x" * 100 + '"}\n{"a": "' + "y" * 10 + '"}\n{"a": 2}\n' + "z" * 21
    )
    assert [(record.line, record.data) for record in read(path)] == [
        (1, {"a": 1}), (2, None), (3, {"a": "y" * 10}), (4, {"a": 2}), (5, None),
    ]  # fmt: skip
    assert list(read(path))[1].error.startswith("the line is longer than")


@pytest.mark.parametrize(
    "content",
    [
        as_lines(ROWS),
        json.dumps(ROWS),
        json.dumps(ROWS, indent=1),
        "\n \n" + as_lines(ROWS),
        "\n[\n" + json.dumps(ROWS)[1:],
    ],
)
def test_standard_input_is_lines_or_a_list(content):
    assert data("-", stdin=io.BytesIO(content.encode())) == ROWS


def test_standard_input_of_a_named_format():
    assert data("-", stdin=io.BytesIO(b"a,b\n1,2\n"), format="csv") == [{"a": "1", "b": "2"}]
    assert [record.path for record in read("-", stdin=io.BytesIO(b"{}"))] == ["<stdin>"]
    assert data("-", stdin=io.BytesIO(b"")) == []
    with pytest.raises(DataError, match="Parquet cannot be read from standard input"):
        read("-", format="parquet")


@pytest.mark.parametrize("name", ["x.jsonl.gz", "x.json.gz", "x.csv.gz"])
def test_compressed(tmp_path, name):
    rows = [{"a": "1", "b": "x"}]
    plain = {"jsonl": as_lines(rows), "json": json.dumps(rows), "csv": "a,b\n1,x\n"}[name.split(".")[1]]
    whole = gzip.compress(plain.encode())
    assert data(written(tmp_path / name, whole)) == rows
    for broken in (whole[:-9], whole[:15] + b"\0\0\0" + whole[18:], b"plain text"):
        with pytest.raises(DataError) as caught:
            list(read(written(tmp_path / name, broken)))
        assert "\n" not in str(caught.value)


def test_limit(tmp_path):
    path = written(tmp_path / "x.jsonl", "bad\n" + as_lines(ROWS))
    assert [len(list(read(path, limit=limit))) for limit in (None, 0, 1, 3, 9)] == [4, 0, 1, 3, 4]


def test_rows_are_read_as_they_are_asked_for():
    endless = io.BufferedReader(Endless())
    assert len(list(itertools.islice(read("-", stdin=endless), 1000))) == 1000


class Endless(io.RawIOBase):
    def readable(self):
        return True

    def readinto(self, buffer):
        line = b'{"a": 1}\n'
        buffer[: len(line)] = line
        return len(line)


def test_csv(tmp_path):
    content = '\ufeffid,prompt,response,,score\n1,"a, b","line\nbreak ""quoted""",x,0.5\r\n\n2,é,,y,\n'
    records = list(read(written(tmp_path / "x.csv", content)))
    assert [(record.line, record.data) for record in records] == [
        (2, {"id": "1", "prompt": "a, b", "response": 'line\nbreak "quoted"', "score": "0.5"}),
        (5, {"id": "2", "prompt": "é"}),
    ]
    assert all(type(cell) is CsvText for record in records for cell in record.data.values())


def test_csv_cells_that_hold_json_where_structure_belongs(tmp_path):
    messages = [{"role": "user", "content": "q"}]
    row = {
        "messages": json.dumps(messages), "responses": '["a", "b"]', "metadata": '{"k": 1}', "label": '{"gold": 4}',
        "prompt": "[1]", "input": "[1, 2]", "output": "[3]", "completions": "[broken",
    }  # fmt: skip
    text = io.StringIO()
    table = csv.DictWriter(text, row)
    table.writeheader()
    table.writerow(row)
    assert data(written(tmp_path / "x.csv", text.getvalue())) == [
        row | {"messages": messages, "responses": ["a", "b"], "metadata": {"k": 1}, "label": {"gold": 4}}
    ]


def test_a_bad_csv_row_is_told_and_the_rest_is_read(tmp_path):
    content = b'a,b\n1,2\n3\n4,5,6\n"x"y,7\n8,\xff\n9,10\n"open,11\n12,13\n14,15\n'
    records = list(read(written(tmp_path / "x.csv", content)))
    assert [(record.line, record.error or record.data) for record in records] == [
        (2, {"a": "1", "b": "2"}),
        (3, "the row has 1 cells, the header has 2"),
        (4, "the row has 3 cells, the header has 2"),
        (5, "invalid CSV: ',' expected after '\"'"),
        (6, "the line is not UTF-8: byte 3 is 0xff"),
        (7, {"a": "9", "b": "10"}),
        (8, "invalid CSV: a quote is left open"),
        (9, {"a": "12", "b": "13"}),
        (10, {"a": "14", "b": "15"}),
    ]


def test_a_csv_cell_may_be_long_and_the_limit_of_the_process_stays(tmp_path):
    usual = csv.field_size_limit()
    path = written(tmp_path / "x.csv", f'a,b\n"{"x" * 300_000}",1\n')
    assert len(data(path)[0]["a"]) == 300_000
    assert csv.field_size_limit() == usual


def test_a_quote_left_open_does_not_take_the_file_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_module, "MAX_LINE", 50)
    path = written(tmp_path / "x.csv", 'a,b\n"1,2\n' + "3,4\n" * 40)
    records = list(read(path))
    assert records[0].error.startswith("the row is longer than")
    assert [record.data for record in records[1:]] == [{"a": "3", "b": "4"}] * 40


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b,a\n", "has two columns named `a`"),
        (b"\xff\n1\n", "has no readable header"),
        (b'"a\n', "has no readable header"),
    ],
)
def test_a_csv_file_without_a_header(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        list(read(written(tmp_path / "x.csv", content)))


def test_empty_files(tmp_path):
    assert data(written(tmp_path / "x.jsonl", "")) == []
    assert data(written(tmp_path / "x.csv", "")) == []
    with pytest.raises(DataError, match="is not valid JSON: line 1, column 1"):
        data(written(tmp_path / "x.json", ""))


def test_parquet(tmp_path):
    rows = [
        {"prompt": f"q{i}", "responses": ["a", None], "label": {"gold": i}, "metadata": '{"k": 1}'} for i in range(600)
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "x.parquet", row_group_size=100)
    assert data(tmp_path / "x.parquet") == [row | {"metadata": {"k": 1}} for row in rows]
    assert [record.line for record in read(tmp_path / "x.parquet", limit=300)] == list(range(1, 301))


def test_native_samples_that_parquet_holds_as_json_text(tmp_path):
    row = {"unique_id": "1", "input": [{"role": "user", "content": "q"}], "output": [{"answer": {"content": "a"}}]}
    flat = {name: value if isinstance(value, str) else json.dumps(value) for name, value in row.items()}
    pq.write_table(pa.Table.from_pylist([flat]), tmp_path / "x.parquet")
    assert data(tmp_path / "x.parquet") == [row]


def test_a_parquet_row_that_cannot_be_held_is_told(tmp_path):
    texts = pa.array([b"fine", b"\xff", b"too"]).view(pa.string())
    pq.write_table(pa.table({"response": texts}), tmp_path / "x.parquet")
    records = list(read(tmp_path / "x.parquet"))
    assert [record.data for record in records] == [{"response": "fine"}, None, {"response": "too"}]
    assert records[1].error.startswith("the row cannot be read: ")


def test_a_parquet_file_that_breaks_off(tmp_path):
    pq.write_table(pa.table({"a": ["text"] * 1000}), tmp_path / "x.parquet")
    whole = (tmp_path / "x.parquet").read_bytes()
    for broken in (b"", whole[:-20], whole[20:], b"PAR1" + bytes(40) + whole[44:]):
        with pytest.raises(DataError) as caught:
            list(read(written(tmp_path / "x.parquet", broken)))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.jsonl", "there is no file"),
        ("missing.parquet", "there is no file"),
        ("folder.jsonl", "is a folder, not a file"),
        ("x.txt", "cannot tell the format of"),
        ("x.jsonl/y.jsonl", "cannot read"),
        ("nul\0.jsonl", "cannot read"),
    ],
)
def test_files_that_cannot_be_read_are_told_at_once(tmp_path, name, message):
    (tmp_path / "folder.jsonl").mkdir()
    for existing in ("x.txt", "x.jsonl"):
        written(tmp_path / existing, "{}")
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_an_unknown_format(tmp_path):
    with pytest.raises(DataError, match="`xml` is not a format"):
        read(written(tmp_path / "x.xml", "<a/>"), format="xml")
    assert data(written(tmp_path / "x.txt", "{}"), format="jsonl") == [{}]


ENDINGS = ["jsonl", "json", "csv", "parquet", "jsonl.gz", "csv.gz"]
PIECES = st.sampled_from(
    [
        b'"',
        b",",
        b"\n",
        b"\r",
        b"{",
        b"}",
        b"[",
        b"]",
        b'{"a": 1}\n',
        b"a,b\n",
        b"PAR1",
        b"\xff",
        b"\0",
        b"\xef\xbb\xbf",
    ]
)
BYTES = st.binary(max_size=60) | st.lists(PIECES | st.binary(max_size=3), max_size=30).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(BYTES, st.sampled_from(ENDINGS), st.booleans())
def test_arbitrary_bytes_give_records_or_a_data_error(tmp_path_factory, content, ending, pack):
    path = tmp_path_factory.getbasetemp() / f"fuzz.{ending}"
    path.write_bytes(gzip.compress(content, 1) if pack and ending.endswith("gz") else content)
    try:
        records = list(read(path))
    except DataError as error:
        one_line(error)
        return
    for record in records:
        assert (record.data is None) != (record.error is None)
        assert record.line >= 1
    assert [record.line for record in records] == sorted(record.line for record in records)


@settings(max_examples=100, deadline=None)
@given(BYTES)
def test_arbitrary_bytes_on_standard_input(content):
    try:
        for record in read("-", stdin=io.BytesIO(content)):
            assert (record.data is None) != (record.error is None)
    except DataError as error:
        one_line(error)


CELLS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6).filter(lambda cell: "\r" not in cell)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_what_csv_holds_is_read_back(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("a", "b"), *rows])
    assert data("-", stdin=io.BytesIO(text.getvalue().encode()), format="csv") == [{"a": a, "b": b} for a, b in rows]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(["1,2\n", '"x\n', '3,"4"\n', "bad\n", ',"\n', '"a""b",c\n']), max_size=12))
def test_no_line_of_a_csv_file_is_lost(pieces):
    records = list(read("-", stdin=io.BytesIO(("a,b\n" + "".join(pieces)).encode()), format="csv"))
    begins = [record.line for record in records]
    assert begins == sorted(set(begins))
    assert begins[:1] == [2][: len(pieces)]
    for record, following in itertools.pairwise([*records, Record(None, "", len(pieces) + 2)]):
        # wrong quotes cost the line where they begin, and nothing behind it
        assert "quote" not in (record.error or "") or following.line == record.line + 1
