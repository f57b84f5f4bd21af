"""`explain`: codes, and rows of results in words."""

import json

import pytest

from rmcompose.diagnostics.catalogue import CATALOGUE

LOST = {"kind": "missing_input", "node": "same", "message": "the sample has no `reference`"}


def node(value, status="scored", reason=None, calls=0, tokens=0):
    return {"value": value, "status": status, "reason": reason, "ms": 0.4, "calls": calls, "tokens": tokens}


ROWS = [
    {
        "id": "a",
        "composition": "main",
        "best": 0,
        "responses": [
            {
                "index": 0,
                "score": 0.8333333333333334,
                "status": "scored",
                "reason": None,
                "nodes": {
                    "same": node(1.0),
                    "solved.inner.words": node(12),
                    "solved.inner.hit": node(True),
                    "solved": node(0.5),
                    "clarity": node(4.0, reason="plain\x1b[31m words", calls=1, tokens=120),
                },
            },
            {
                "index": 1,
                "score": 0.0,
                "status": "scored",
                "reason": None,
                "nodes": {"clarity": node(None, "skipped", "the gate `words <= 40` failed: longer than the limit")},
            },
        ],
    },
    {
        "id": "b",
        "composition": "main",
        "best": None,
        "responses": [
            {
                "index": 0,
                "score": None,
                "status": "unscored",
                "reason": LOST,
                "nodes": {
                    "same": node(None, "unscored", LOST),
                    "half": node(None, "unscored", LOST),
                    "j": {**node(0.5), "detail": {"votes": [0.5, 1], "agreement": 0.5}},
                },
            }
        ],
    },
]


@pytest.fixture
def results(folder):
    path = folder / "out.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path.name


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_code_is_explained(rmcompose, code):
    done = rmcompose("explain", code.lower())
    assert (done.code, done.err) == (0, "")
    assert f"[{code}]" in done.out


def test_a_name_of_a_code(rmcompose):
    assert rmcompose("explain", "unknown-name").out == rmcompose("explain", "RM201").out


def test_what_is_neither(rmcompose):
    done = rmcompose("explain", "unknown-nam")
    assert done.code == 2
    assert (
        done.err == "rmcompose: `unknown-nam` is neither a diagnostic code nor a file: did you mean `unknown-name`?\n"
    )


def test_rows_in_words(rmcompose, results):
    done = rmcompose("explain", results)
    assert (done.code, done.err) == (0, "")
    assert (
        done.out
        == """\
row 1: sample `a`, composition `main`
  response 0: score 0.833333, the best
    same       1
    solved
      inner
        words  12
        hit    true
    solved     0.5
    clarity    4  plain\N{REPLACEMENT CHARACTER}[31m words  [1 call, 120 tokens]
  response 1: score 0
    clarity  skipped: the gate `words <= 40` failed: longer than the limit

row 2: sample `b`, composition `main`
  response 0: unscored, missing_input at `same`: the sample has no `reference` (RM905)
    same  unscored: missing_input at `same`: the sample has no `reference` (RM905)
    half  unscored: because `same` is
    j     0.5
      votes: [0.5, 1]
      agreement: 0.5
"""
    )


@pytest.mark.parametrize(
    ("option", "shown"), [(("--row", "2"), "b"), (("--id", "b"), "b"), (("--unscored",), "b"), (("--id", "a"), "a")]
)
def test_some_rows(rmcompose, results, option, shown):
    done = rmcompose("explain", results, *option)
    assert done.code == 0
    assert [line.split("`")[1] for line in done.out.splitlines() if line.startswith("row")] == [shown]


@pytest.mark.parametrize("option", [("--row", "3"), ("--row", "0"), ("--id", "z")])
def test_a_row_that_is_not_there(rmcompose, results, option):
    done = rmcompose("explain", results, *option)
    assert (done.code, done.out) == (2, "")
    assert "has no row" in done.err


@pytest.mark.parametrize("text", ["{", "[1]", '{"id": 1}', "\x00", "[" * 10_000, '{"responses": [1]}'])
def test_what_is_no_result(rmcompose, folder, text):
    (folder / "x.jsonl").write_text(text + "\n")
    done = rmcompose("explain", "x.jsonl")
    assert (done.code, done.out) == (4, "")
    assert "row 1" in done.err


def test_bytes_are_no_result(rmcompose, folder):
    (folder / "x.jsonl").write_bytes(b"\xff\xfe\n")
    assert rmcompose("explain", "x.jsonl").code == 4


def test_no_results_are_nothing(rmcompose, folder):
    (folder / "x.jsonl").write_text("")
    done = rmcompose("explain", "x.jsonl")
    assert (done.code, done.out) == (0, "")
