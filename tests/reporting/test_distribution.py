"""Distributions in constant memory: exact while values are few, within a cell where they are many."""

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.reporting.distribution import MOST_VALUES, Distribution

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def of(values):
    made = Distribution()
    for value in values:
        made.add(value)
    return made


@given(st.lists(FINITE, min_size=1, max_size=60), st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]))
def test_few_values_have_exact_quantiles(values, share):
    ordered = sorted(values)
    expected = ordered[max(0, math.ceil(share * len(values) - 1e-9) - 1)]
    made = of(values)
    assert made.exact
    assert made.quantile(share) == expected


@given(st.lists(FINITE, max_size=60), FINITE, FINITE)
def test_no_value_is_lost_in_bars(values, one, other):
    made = of(values)
    bars = made.bars(min(one, other), max(one, other))
    assert sum(count for *_, count in bars) == len(values)
    assert all(low < high for low, high, _ in bars)


@pytest.mark.parametrize(
    "draw",
    [
        lambda r: r.random(),
        lambda r: r.gauss(5e8, 1e-3),
        lambda r: r.expovariate(1) ** 9,
        lambda r: -r.random() * 1e-300,
    ],
)
def test_many_values_are_known_within_a_cell(draw):
    source = random.Random(7)
    values = [draw(source) for _ in range(20_000)]
    made = of(values)
    ordered = sorted(values)
    assert not made.exact
    assert len(made.masses()) <= MOST_VALUES
    assert made.width <= (ordered[-1] - ordered[0]) / 100
    assert sum(count for *_, count in made.masses()) == len(values)
    for share in (0.25, 0.5, 0.75):
        assert abs(made.quantile(share) - ordered[math.ceil(share * len(values)) - 1]) <= made.width
    assert made.moments.mean == pytest.approx(statistics.fmean(values), rel=1e-9)
    assert made.moments.std == pytest.approx(statistics.pstdev(values), rel=1e-5)
    assert [made.quantile(0.0), made.quantile(1.0)] == pytest.approx([ordered[0], ordered[-1]])


def test_a_value_far_away_from_many_does_not_cost_memory_or_itself():
    source = random.Random(1)
    made = of([*(source.random() for _ in range(5000)), 1.7e308, -1.7e308])
    assert len(made.masses()) <= MOST_VALUES
    assert (made.moments.low, made.moments.high) == (-1.7e308, 1.7e308)
    assert sum(count for *_, count in made.bars()) == 5002


@pytest.mark.parametrize(
    ("values", "low", "high", "edges"),
    [
        ([1, 3, 5], 1, 5, [0, 2, 4, 6]),
        ([0.0, 1.0], 0, 1, [-0.5, 0.5, 1.5]),
        ([4.0], 1, 5, [1 + place / 5 for place in range(21)]),
        ([2.0], 2, 2, [1.5, 2.5]),
        ([0.1, 0.23, 0.9], 0, 1, [place / 20 for place in range(21)]),
        ([7.0], -math.inf, math.inf, [6.5, 7.5]),
    ],
)
def test_bars_stand_on_the_steps_of_values(values, low, high, edges):
    bars = of(values).bars(low, high)
    assert [bars[0][0], *(top for _, top, _ in bars)] == pytest.approx(edges)


def test_nothing_has_no_bars_and_no_quantile():
    assert of([]).bars(0, 1) == []
    assert of([]).quantile(0.5) is None
