"""The interval of the mean: the linearised variance of a ratio over samples, with Student's t."""

import math
import statistics

import pytest

from rmcompose.reporting.interval import ClusterMean, t_quantile

# Abramowitz and Stegun, table 26.10, and R's qt(0.975, df)
QUANTILES = {1: 12.7062, 2: 4.30265, 3: 3.18245, 4: 2.77645, 5: 2.57058, 10: 2.22814, 30: 2.04227, 120: 1.97993}


@pytest.mark.parametrize(("freedom", "value"), QUANTILES.items())
def test_quantiles_of_t(freedom, value):
    within = 0.01 if freedom == 3 else 0.001 if freedom < 10 else 0.0001
    assert t_quantile(freedom) == pytest.approx(value, rel=within)


def mean_of(rows):
    made = ClusterMean()
    for row in rows:
        made.add(row)
    return made.figure()


def test_samples_with_one_response_have_the_interval_of_a_mean():
    values = [0.1, 0.4, 0.35, 0.8, 0.9, 0.2]
    found = mean_of([[value] for value in values])
    half = t_quantile(5) * statistics.stdev(values) / math.sqrt(6)
    assert found.value == pytest.approx(statistics.fmean(values))
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half))
    assert (found.n, found.rows) == (6, 6)


def test_responses_of_a_sample_that_are_the_same_add_nothing():
    once, often = mean_of([[0.1], [0.5], [0.9]]), mean_of([[0.1] * 8, [0.5] * 8, [0.9] * 8])
    assert (often.low, often.high) == pytest.approx((once.low, once.high))
    assert (often.n, often.rows) == (24, 3)


def test_samples_of_unequal_size():
    rows = [[1.0, 0.0], [0.5], [0.25, 0.5, 0.75], []]
    found = mean_of(rows)
    mean = 3.0 / 6
    squares = sum((sum(row) - mean * len(row)) ** 2 for row in rows if row)
    half = t_quantile(2) * math.sqrt(3 / 2 * squares) / 6
    assert found.value == pytest.approx(mean)
    assert (found.low is None) == (half == 0)
    found = mean_of([*rows, [1.0]])
    mean = 4.0 / 7
    squares = sum((sum(row) - mean * len(row)) ** 2 for row in [*rows, [1.0]] if row)
    half = t_quantile(3) * math.sqrt(4 / 3 * squares) / 7
    assert (found.low, found.high) == pytest.approx((mean - half, mean + half))


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "nothing is scored"),
        ([[]], "nothing is scored"),
        ([[0.5, 0.7]], "one row has no interval"),
        ([[0.5], [0.5], [0.5, 0.5]], "no spread among the rows, so no interval"),
    ],
)
def test_there_is_none_and_why(rows, reason):
    found = mean_of(rows)
    assert (found.low, found.high, found.reason) == (None, None, reason)
