"""The record beside a result file: what it tells apart, that it is never behind, and its lock."""

from __future__ import annotations

import datetime as dt
import decimal
import fcntl
import sys
from itertools import combinations

import pytest

from rmcompose.data import Changed, DataError, Journal, Record, completed, journal, locking, open_writer


def record(data, line=1, error=None):
    return Record(data, "data.jsonl", line, error)


RECORDS = [record({"prompt": "q", "response": str(number)}, number) for number in range(200)]


def digests(path):
    return path.read_bytes().splitlines()[1:]


def made(out, count=5, options=None):
    """A finished record of the first records."""
    with Journal(out, options or {}) as kept:
        kept.start()
        assert list(kept.noted(RECORDS[:count])) == RECORDS[:count]
    return kept.path


def resumed(out, records, rows, options=None, **more):
    with Journal(out, options or {}) as kept:
        assert list(kept.known(iter(records), rows, **more)) == records[:rows]
        return kept.unchecked


def test_what_is_told_apart():
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    different = [
        record({}),
        record({"a": 1}),
        record({"a": 1.0}),
        record({"a": "1"}),
        record({"a": True}),
        record({"a": None}),
        record({"a": "\ud800"}),
        record({"a": float("nan")}),
        record({"a": b"1"}),
        record({"a": dt.date(2024, 1, 2)}),
        record({"a": decimal.Decimal("1.0")}),
        record({"a": [("k", 1)]}),
        record({"a": deep}),
        record(None, error="invalid JSON"),
        record(None, error="a row must be an object"),
    ]
    for one, other in combinations(different, 2):
        assert journal.digest(one) != journal.digest(other)
    assert journal.digest(record({"a": 1}, line=7)) == journal.digest(record({"a": 1}))
    assert journal.digest(record({"a": 1})) == b"165b44bb3d3e0923"  # files of today must be readable tomorrow


def test_it_is_never_behind_the_results(tmp_path):
    out = tmp_path / "out.jsonl"
    written = 0
    flushes = []
    with Journal(out, {}) as kept:

        def flush():
            kept.flush()
            # on disk: a digest of every row that is about to get there, and of the rows that are there already
            assert len(digests(kept.path)) == written
            assert completed(out).rows == (flushes[-1] if flushes else 0) < written
            flushes.append(written)

        with open_writer(out, before_flush=flush) as writer:
            kept.start()
            for written, _ in enumerate(kept.noted(RECORDS), start=1):
                writer.write({"id": str(written), "more": "x" * 500})
                assert completed(out).rows <= len(digests(kept.path))
    assert len(flushes) >= 4
    assert flushes[-1] == completed(out).rows == len(digests(kept.path)) == 200


def test_rows_are_compared(tmp_path):
    out = tmp_path / "out.jsonl"
    path = made(out)
    before = path.read_bytes()
    assert resumed(out, RECORDS, 3) == 0
    # what was ahead of the results is dropped
    assert path.read_bytes() == before[: -2 * 17]
    assert resumed(out, RECORDS, 5) == 2
    assert path.read_bytes() == before
    with pytest.raises(Changed, match="row 2 of the data"):
        resumed(out, [RECORDS[0], RECORDS[2]], 2)
    with pytest.raises(Changed, match="5 rows of the data were scored, and now there are 4"):
        resumed(out, RECORDS[:4], 5)
    assert resumed(out, RECORDS[:4], 5, limited=True) == 0
    assert path.read_bytes() == before
    assert resumed(out, RECORDS[5:], 5, anyway=True) == 0
    assert resumed(out, RECORDS[5:], 5) == 0


def test_options_are_compared(tmp_path):
    out = tmp_path / "out.jsonl"
    made(out, options={"map": "a=b"})
    for options in ({"map": "a=c"}, {"map": ""}, {}, {"map": "a=b", "more": "x"}):
        with pytest.raises(Changed, match=r"^`--\w+` was"):
            resumed(out, RECORDS, 5, options)
    assert resumed(out, RECORDS, 5, {"map": "a=b"}) == 0
    assert resumed(out, RECORDS, 5, {}, anyway=True) == 0
    assert resumed(out, RECORDS, 5, {}) == 0


@pytest.mark.parametrize("content", [b"", b"{}\n", b"notes", b"\xff\n", b'{"run": 2}\n', b'{"run": 1, "map": 3}\n'])
def test_what_is_no_record_is_written_anew(tmp_path, content):
    out = tmp_path / "out.jsonl"
    path = made(out)
    before = path.read_bytes()
    path.write_bytes(content)
    assert resumed(out, RECORDS, 5) == 5
    assert path.read_bytes() == before


def test_zeros_are_what_a_power_cut_leaves(tmp_path):
    out = tmp_path / "out.jsonl"
    path = made(out)
    before = path.read_bytes()
    path.write_bytes(before[:-20] + bytes(20))
    assert resumed(out, RECORDS, 5) == 2
    assert path.read_bytes() == before


def test_one_at_a_time(tmp_path):
    out = tmp_path / "out.jsonl"
    with Journal(out, {}):
        for _ in range(2):
            with pytest.raises(DataError, match="being written by another run"), Journal(out, {}):
                pass
        with Journal(tmp_path / "other.jsonl", {}):
            pass
    with Journal(out, {}):
        pass


def test_a_lock_on_a_file_that_was_taken_away_is_none(tmp_path, monkeypatch):
    out = tmp_path / "out.parquet"
    lock, tries = locking._lock, []

    def slow(file):
        # between opening and locking, the run that had the file ends and takes it away
        if not tries:
            (tmp_path / ".out.parquet.run").unlink()
        tries.append(file)
        lock(file)

    monkeypatch.setattr(locking, "_lock", slow)
    with Journal(out, {}, kept=False):
        assert len(tries) == 2
        monkeypatch.setattr(locking, "_lock", lock)
        with pytest.raises(DataError), Journal(out, {}, kept=False):
            pass
    assert list(tmp_path.iterdir()) == []


def test_systems_without_locks(tmp_path, monkeypatch):
    def refuses(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuses)
    made(tmp_path / "a.jsonl")
    monkeypatch.setitem(sys.modules, "fcntl", None)
    made(tmp_path / "b.jsonl")
    assert resumed(tmp_path / "b.jsonl", RECORDS, 5) == 0


def test_where_no_record_can_be_kept_all_else_works(tmp_path):
    (tmp_path / ".out.jsonl.run").mkdir()
    with Journal(tmp_path / "out.jsonl", {}) as kept:
        assert kept.fault == "is a directory"
        kept.start()
        assert list(kept.noted(RECORDS)) == RECORDS
        kept.flush()
        assert list(kept.known(iter(RECORDS), 5)) == RECORDS[:5]
        assert kept.unchecked == 5


@pytest.mark.parametrize("output", ["-", "/dev/null"])
def test_streams_have_none(tmp_path, monkeypatch, output):
    monkeypatch.chdir(tmp_path)
    with Journal(output, {}) as kept:
        kept.start()
        assert list(kept.noted(RECORDS)) == RECORDS
        assert kept.fault is None
    assert list(tmp_path.iterdir()) == []
