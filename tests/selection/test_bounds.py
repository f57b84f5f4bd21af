"""Which response is looked at next, and when nothing needs to be."""

from __future__ import annotations

import pytest

from rmcompose.runtime.unknown import Cause, Unknown
from rmcompose.selection.bounds import contender, ranked


def open_(low: float, high: float) -> Unknown:
    return Unknown((low, high), None, ((0, 0),))


LOST = Unknown((0, 1), Cause((0,), "timeout", "j", ""))


@pytest.mark.parametrize(
    ("values", "count", "expected"),
    [
        ([], 1, None),
        ([0.5], 1, None),
        ([open_(0, 1)], 1, 0),  # it may be unscored: nothing is chosen without its score
        ([0.5, open_(0, 0.4)], 1, None),
        ([0.5, open_(0, 0.5)], 1, None),  # a tie goes to the lower index
        ([open_(0, 0.5), 0.5], 1, 0),
        ([0.5, open_(0, 0.6)], 1, 1),
        ([0.5, open_(0, 0.6), open_(0, 0.9)], 1, 2),
        ([0.5, open_(0, 0.9), open_(0.8, 0.9)], 1, 1),
        ([0.5, 0.2, open_(0, 0.4)], 2, 2),
        ([0.5, 0.4, open_(0, 0.4)], 2, None),
        ([0.5, open_(0, 0.1)], 2, 1),  # one of two is known: any may be the other
        ([LOST, open_(0, 0.1)], 1, 1),
        ([LOST, LOST], 1, None),
    ],
)
def test_the_next_is_the_one_that_could_be_best(values, count, expected):
    assert contender(values, count) == expected


def test_scores_are_ranked_with_ties_by_index():
    assert [index for _, index in ranked([0.5, LOST, 1, 0.5, -0.0, True])] == [2, 5, 0, 3, 4]
