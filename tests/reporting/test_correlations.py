"""Correlations in one pass: the same as those of all rows at once, whichever columns a row lacks."""

import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmcompose.calibration.moments import CoMoments
from rmcompose.reporting import correlations
from rmcompose.reporting.correlations import MOST_COLUMNS, Correlations

NUMBERS = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
ROWS = st.lists(st.dictionaries(st.sampled_from("abc"), NUMBERS), max_size=40)


@settings(max_examples=60)
@given(ROWS, st.integers(1, 9))
def test_they_are_those_of_all_rows_at_once(rows, batch):
    before, correlations._BATCH = correlations._BATCH, batch
    try:
        made = Correlations()
        for row in rows:
            made.add(row)
        for one, other in ("ab", "ca", "bc"):
            both = [(row[one], row[other]) for row in rows if one in row and other in row]
            found = made.of(one, other)
            assert found.count == len(both)
            xs, ys = [x for x, _ in both], [y for _, y in both]
            if len(both) > 1 and statistics.pstdev(xs) > 1e-3 and statistics.pstdev(ys) > 1e-3:
                assert found.correlation == pytest.approx(statistics.correlation(xs, ys), abs=1e-6)
                assert found.covariance == pytest.approx(
                    statistics.covariance(xs, ys) * (len(xs) - 1) / len(xs), rel=1e-6, abs=1e-3
                )
    finally:
        correlations._BATCH = before


def test_constant_columns_have_none():
    made = Correlations()
    for value in (1.0, 2.0, 3.0):
        made.add({"a": value, "b": 5.0})
    assert made.of("a", "b").correlation is None
    assert made.of("a", "b").count == 3
    assert made.of("a", "nothing").count == 0


def test_values_far_from_zero_keep_their_digits():
    made = Correlations()
    for place in range(2000):
        made.add({"a": 1e9 + place % 7, "b": -1e9 - place % 7})
    assert made.of("a", "b").correlation == pytest.approx(-1.0)


def test_columns_beyond_the_most_are_left_out_and_counted():
    made = Correlations()
    made.add({f"n{place}": float(place) for place in range(MOST_COLUMNS + 3)})
    assert len(made.columns) == MOST_COLUMNS
    assert made.left_out == {f"n{MOST_COLUMNS + place}" for place in range(3)}


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=30), st.integers(0, 30))
def test_batches_join_to_the_whole(pairs, cut):
    def batch(some):
        made = CoMoments()
        for x, y in some:
            made.add(x, y)
        return made

    whole, joined, later = batch(pairs), batch(pairs[:cut]), batch(pairs[cut:])
    joined.join(later.count, later.x, later.y, later.xx, later.xy, later.yy)
    assert joined.count == whole.count
    assert [joined.x, joined.xx, joined.xy, joined.yy] == pytest.approx(
        [whole.x, whole.xx, whole.xy, whole.yy], rel=1e-6, abs=1e-3
    )
