"""Intervals: the percentiles of resampled rows, the same on every machine, and honest where there are none."""

import random

import pytest

from rmcompose.calibration import bootstrap
from rmcompose.calibration.bootstrap import Resampling, estimate, quantile
from rmcompose.calibration.grid import Grid, grid_of


def mean_of(cells):
    def statistic(weights):
        n = sum(weights)
        return {"mean": (sum(c * w for c, w in zip(cells, weights, strict=True)) / n if n else "nothing", n)}

    return statistic


def rows_of_numbers(count, seed=1):
    draw = random.Random(seed)
    return [[float(draw.randint(0, 9)) for _ in range(draw.randint(0, 3))] for _ in range(count)]


def test_an_interval_is_the_percentiles_of_means_of_whole_rows():
    rows = [row for row in rows_of_numbers(40) if row]
    draw, means = random.Random(7), []
    for _ in range(400):
        drawn = [value for _ in rows for value in rows[int(draw.random() * len(rows))]]
        means.append(sum(drawn) / len(drawn))
    figure = estimate(rows, mean_of, Resampling(400, 7))["mean"]
    values = [value for row in rows for value in row]
    assert figure.value == pytest.approx(sum(values) / len(values))
    assert (figure.low, figure.high) == pytest.approx((quantile(sorted(means), 0.025), quantile(sorted(means), 0.975)))
    assert (figure.n, figure.rows, figure.resamples, figure.reason) == (len(values), len(rows), 400, None)


def test_the_same_seed_gives_the_same_bits():
    rows = rows_of_numbers(60)
    assert estimate(rows, mean_of, Resampling(200, 3)) == estimate(rows, mean_of, Resampling(200, 3))
    assert estimate(rows, mean_of, Resampling(200, 3)) != estimate(rows, mean_of, Resampling(200, 4))


def test_an_interval_is_pinned():
    figure = estimate([[0.0], [1.0], [1.0], [2.0], [5.0]], mean_of, Resampling(1000, 0))["mean"]
    assert (figure.value, figure.low, figure.high) == (1.8, 0.6, 3.6)


def test_rows_without_observations_are_no_rows():
    figure = estimate([[1.0], [], [3.0], []], mean_of, Resampling(100))["mean"]
    assert (figure.value, figure.n, figure.rows) == (2.0, 2, 2)


@pytest.mark.parametrize(
    ("rows", "resamples", "reason"),
    [
        ([[1.0, 2.0]], 1000, "one row has no interval"),
        ([[1.0], [2.0]], 0, "fewer than 50 resamples make no interval"),
        ([[1.0], [1.0]], 1000, "no spread among the rows, so no interval"),
    ],
)
def test_where_there_is_no_interval(rows, resamples, reason):
    figure = estimate(rows, mean_of, Resampling(resamples))["mean"]
    assert figure.value is not None
    assert (figure.low, figure.high, figure.reason) == (None, None, reason)


def test_what_is_undefined_has_no_value():
    figure = estimate([[], []], mean_of, Resampling())["mean"]
    assert (figure.value, figure.low, figure.n, figure.reason) == (None, None, 0, "nothing")


def test_what_is_often_undefined_has_no_interval():
    def of_twos(cells):
        def statistic(weights):
            n = sum(w for c, w in zip(cells, weights, strict=True) if c == 2.0)
            return {"twos": (1.0 / n if n else "no two", n)}

        return statistic

    figure = estimate([[1.0], [1.0], [1.0], [2.0]], of_twos, Resampling(1000))["twos"]
    assert (figure.value, figure.low) == (1.0, None)
    assert figure.reason is not None
    assert figure.reason.startswith("undefined in ")


def test_what_would_take_long_is_drawn_less_often_and_says_so(monkeypatch):
    monkeypatch.setattr(bootstrap, "BUDGET", 1000.0)
    rows = [[float(value)] for value in range(10)]
    assert estimate(rows, mean_of, Resampling(1000), per_cell=0.6)["mean"].resamples == 100
    assert estimate(rows, mean_of, Resampling(1000), per_cell=50.0)["mean"].resamples == 50
    assert estimate(rows, mean_of, Resampling(70), per_cell=0.6)["mean"].resamples == 70


def test_quantiles_are_linear_between_the_numbers():
    assert [quantile([1.0, 2.0, 4.0], share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)] == [1.0, 1.5, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("labels", "step"),
    [
        ([1.0, 5.0, 4.0], 1.0),
        ([7.0], 1.0),
        ([0.0, 0.5, 1.0, 0.5], 0.5),
        ([0.1, 0.2, 0.4], 0.1),
        ([0.0, 50.0, 100.0], 50.0),
        ([0.0, 0.3, 1.0], None),
    ],
)
def test_the_step_of_labels(labels, step):
    grid = grid_of(labels)
    assert grid is not None
    assert grid.labels == tuple(sorted(set(labels)))
    assert grid.step == (step and pytest.approx(step))


@pytest.mark.parametrize(
    "labels", [[value / 7 for value in range(30)], [float(value) for value in range(21)], [0.5], []]
)
def test_labels_that_are_no_categories(labels):
    assert grid_of(labels) is None


def test_values_go_to_the_nearest_category_and_halves_up():
    whole = grid_of([4.0, 5.0])
    assert [whole.nearest(value) for value in (4.4, 4.5, 5.4, 2.2, 9.0, -0.2)] == [4.0, 5.0, 5.0, 2.0, 9.0, 0.0]
    tenths = grid_of([0.1, 0.2, 0.4])
    assert [tenths.nearest(value) for value in (0.1, 0.2, 0.3, 0.4, 0.33)] == [0.1, 0.2, 0.3, 0.4, 0.3]
    uneven = Grid((1.0, 2.0, 4.0), None)
    assert [uneven.nearest(value) for value in (1.49, 1.5, 2.9, 3.0, 4.9, 0.6)] == [1.0, 2.0, 2.0, 4.0, 4.0, 1.0]
    assert [uneven.nearest(value) for value in (0.2, 5.5)] == [0.2, 5.5]
