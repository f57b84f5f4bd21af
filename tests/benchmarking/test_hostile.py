"""Rows of any content under published columns: figures, or one line with the place, and never a crash."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rmcompose.benchmarking.bench import bench
from rmcompose.benchmarking.catalogue import BENCHMARKS
from rmcompose.compiler import loads
from rmcompose.data import DataError
from rmcompose.data.sources import SOURCES
from tests.benchmarking.conftest import DATA, FILES, SPECS

LONGER = loads(SPECS, name="longer")
COLUMNS = sorted(
    {column for source in SOURCES.values() for column in source.columns}
    | {"id", "input", "subset", "domain", "metadata", "category_path", "num_correct", "source", "unique_id", "label"}
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.floats(), st.sampled_from(["", "a", "A>B", "Ties"]))
MESSAGES = st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", 3]), "content": LEAVES})
ANSWERS = st.fixed_dictionaries(
    {
        "answer": st.fixed_dictionaries(
            {"content": LEAVES, "label": st.one_of(LEAVES, st.just({"preference": "chosen"}))}
        )
    }
)
VALUES = st.one_of(
    LEAVES,
    MESSAGES,
    ANSWERS,
    st.fixed_dictionaries({"answer": LEAVES}),
    st.lists(st.one_of(LEAVES, MESSAGES, ANSWERS), max_size=3),
)
ROWS = st.lists(st.dictionaries(st.sampled_from(COLUMNS), VALUES, max_size=8), max_size=3)


@pytest.mark.parametrize("name", BENCHMARKS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS)
def test_arbitrary_rows(name, rows):
    told(name, rows)


def changed(value):
    """A value with something in it put in another's place, or taken away."""
    if isinstance(value, dict) and value:
        return st.sampled_from(sorted(value)).flatmap(
            lambda key: st.one_of(
                st.just({name: held for name, held in value.items() if name != key}),
                LEAVES.map(lambda leaf: {**value, key: leaf}),
                changed(value[key]).map(lambda new: {**value, key: new}),
            )
        )
    if isinstance(value, list) and value:
        return st.integers(0, len(value) - 1).flatmap(
            lambda at: st.one_of(
                st.just(value[:at] + value[at + 1 :]),
                changed(value[at]).map(lambda new: [*value[:at], new, *value[at + 1 :]]),
            )
        )
    return LEAVES


PUBLISHED = [(name, file) for name, file in FILES.items() if (DATA / file).is_file()]
PUBLISHED += [(name, "native.jsonl") for name in BENCHMARKS]


@pytest.mark.parametrize(("name", "file"), PUBLISHED)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_published_rows_with_one_thing_changed(name, file, data):
    text = (DATA / file).read_text(encoding="utf-8")
    rows = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
    row = data.draw(st.sampled_from(rows))
    if file == "native.jsonl":
        row = {**row, "metadata": {"subset": "Math", "category_path": "BoN_set/Helpfulness/Chat"}, "label": {"a": 1}}
    told(name, [data.draw(changed(row)), rows[0]])


def told(name, rows):
    """The figures, or nothing where the rows are refused in one line that says which."""
    try:
        found = bench(name, LONGER, rows, resamples=50)
    except DataError as error:
        why = str(error)
    else:
        json.dumps(found, allow_nan=False)
        assert found["n"] >= 1
        return
    assert len(why.splitlines()) == 1
    assert "row " in why or "rows" in why
