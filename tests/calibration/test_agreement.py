"""Agreement and rank correlation: examples of papers, values of other implementations, definitions in full."""

import math
from collections import Counter
from fractions import Fraction
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.calibration.agreement import (
    NOTHING,
    SAME_LABELS,
    SAME_VALUES,
    Alpha,
    PairAlpha,
    kappa,
    quadratic_kappa,
)
from rmcompose.calibration.ranks import RankPairs
from tests.calibration.conftest import rows_of


def weighed(pairs):
    counts = Counter(pairs)
    return list(counts), list(counts.values())


def test_kappa_of_Cohen_1960():
    # Cohen, "A coefficient of agreement for nominal scales", table 1, in percent: p_o = 0.70, p_e = 0.41
    table = {("p", "p"): 44, ("p", "n"): 5, ("p", "s"): 1}
    table |= {("n", "p"): 7, ("n", "n"): 20, ("n", "s"): 3}
    table |= {("s", "p"): 9, ("s", "n"): 5, ("s", "s"): 6}
    assert kappa(list(table), list(table.values())) == pytest.approx((0.70 - 0.41) / (1 - 0.41), abs=1e-15)


# Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011): examples A, B and C
BINARY = [(0, 1), (1, 1), (0, 1), (0, 0), (0, 0), (0, 1), (0, 0), (0, 0), (1, 0), (0, 0)]
NOMINAL = list(zip("aabbdcccedda", "babbbcccEddd".lower(), strict=True))
OBSERVERS = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
UNITS = [tuple(float(value) for value in unit if value != ".") for unit in zip(*OBSERVERS, strict=True)]


@pytest.mark.parametrize(
    ("units", "level", "expected"),
    [
        (BINARY, "nominal", 0.095),
        (NOMINAL, "nominal", 0.692),
        (UNITS, "nominal", 0.743),
        (UNITS, "ordinal", 0.815),
        (UNITS, "interval", 0.849),
    ],
)
def test_alpha_of_Krippendorff_2011(units, level, expected):
    assert Alpha(units)([1] * len(units), level) == pytest.approx(expected, abs=0.0005)


@pytest.mark.parametrize(
    ("level", "expected"),
    # computed once with the package `krippendorff` 0.8
    [("nominal", 0.5821574614739022), ("ordinal", 0.7234421508159365), ("interval", 0.8075435594275047)],
)
def test_alpha_of_three_recorded_scores(level, expected):
    units = [tuple(float(score) for score in row["scores"]) for row in rows_of("prometheus")]
    assert Alpha(units)([1] * len(units), level) == pytest.approx(expected, abs=1e-12)


def test_values_of_scipy_and_scikit_learn():
    # scipy 1.17 and scikit-learn 1.9, computed once
    pairs = [(12.0, 1.0), (2.0, 4.0), (1.0, 7.0), (12.0, 1.0), (2.0, 0.0)]
    ranks, weights = RankPairs(weighed(pairs)[0]), weighed(pairs)[1]
    assert ranks.kendall(weights) == pytest.approx(-0.4714045207910316, abs=1e-15)
    assert ranks.spearman(weights) == pytest.approx(-0.5407380704358752, abs=1e-15)
    scale = [(1, 1), (2, 1), (2, 2), (3, 3), (4, 3), (4, 5), (5, 4), (5, 5), (5, 4), (3, 2)]
    cells, weights = weighed([(float(x), float(y)) for x, y in scale])
    assert kappa(cells, weights) == pytest.approx(0.25, abs=1e-15)
    assert quadratic_kappa(cells, weights) == pytest.approx(0.85, abs=1e-15)
    assert RankPairs(cells).kendall(weights) == pytest.approx(0.7848730094898415, abs=1e-15)
    assert RankPairs(cells).spearman(weights) == pytest.approx(0.8805205594965984, abs=1e-15)


def test_what_is_undefined_says_why():
    assert kappa([], []) == quadratic_kappa([], []) == NOTHING
    constant = [(1.0, 2.0), (3.0, 2.0)]
    assert kappa(constant, [1, 1]) == quadratic_kappa(constant, [1, 1]) == SAME_LABELS
    assert RankPairs(constant).spearman([1, 1]) == RankPairs(constant).kendall([1, 1]) == SAME_LABELS
    assert RankPairs([(2.0, 1.0), (2.0, 3.0)]).kendall([1, 1]) == SAME_VALUES
    assert RankPairs([(2.0, 1.0), (2.0, 3.0)]).kendall([0, 0]) == NOTHING
    assert Alpha([(1.0,), ()])([1, 1], "nominal") == "no unit has two values"
    for level in ("nominal", "ordinal", "interval"):
        assert Alpha([(1.0, 1.0), (1.0,)])([1, 1], level) == SAME_VALUES
    assert PairAlpha([(1.0, 1.0)]).interval([3]) == PairAlpha([(1.0, 1.0)]).ordinal([3]) == SAME_VALUES
    assert PairAlpha([]).interval([]) == PairAlpha([]).ordinal([]) == NOTHING


def test_digits_far_from_zero():
    near = [(1.0, 2.0), (3.0, 3.0), (4.0, 2.0), (5.0, 5.0)]
    far = [(x + 2**40, y + 2**40) for x, y in near]
    weights = [3, 1, 2, 5]
    assert PairAlpha(far).interval(weights) == pytest.approx(PairAlpha(near).interval(weights), abs=1e-12)
    assert quadratic_kappa(far, weights) == pytest.approx(quadratic_kappa(near, weights), abs=1e-12)
    assert Alpha(far)(weights, "interval") == pytest.approx(Alpha(near)(weights, "interval"), abs=1e-12)


# the definitions, computed with fractions over lists that are written out

small = st.integers(1, 4)
pair_lists = st.lists(st.tuples(small, small), min_size=1, max_size=14)
unit_lists = st.lists(st.lists(small, max_size=4), min_size=1, max_size=8)


def sign(number):
    return (number > 0) - (number < 0)


def known(value):
    """A number as it is; None for what is undefined."""
    return None if isinstance(value, str) else value


def same(found, expected):
    return (known(found) is None and expected is None) or known(found) == pytest.approx(expected, abs=1e-12)


def floats(pairs):
    cells, weights = weighed([tuple(float(value) for value in pair) for pair in pairs])
    return cells, weights


@given(pair_lists)
def test_kendall_counts_every_pair(pairs):
    score = sum(sign(a[0] - b[0]) * sign(a[1] - b[1]) for a, b in combinations(pairs, 2))
    untied = [sum(a[side] != b[side] for a, b in combinations(pairs, 2)) for side in (0, 1)]
    expected = score / math.sqrt(untied[0] * untied[1]) if all(untied) else None
    cells, weights = floats(pairs)
    assert same(RankPairs(cells).kendall(weights), expected)


@given(pair_lists)
def test_spearman_is_the_correlation_of_midranks(pairs):
    def ranks(side):
        values = sorted(pair[side] for pair in pairs)
        return [Fraction(2 * values.index(p[side]) + values.count(p[side]) + 1, 2) for p in pairs]

    x, y = ranks(0), ranks(1)
    mean = Fraction(len(pairs) + 1, 2)
    product = sum((a - mean) * (b - mean) for a, b in zip(x, y, strict=True))
    squares = sum((a - mean) ** 2 for a in x) * sum((b - mean) ** 2 for b in y)
    cells, weights = floats(pairs)
    assert same(RankPairs(cells).spearman(weights), float(product) / math.sqrt(squares) if squares else None)


@given(pair_lists)
def test_kappa_is_disagreement_beyond_chance(pairs):
    cells, weights = floats(pairs)
    for found, apart in (
        (kappa(cells, weights), lambda x, y: x != y),
        (quadratic_kappa(cells, weights), lambda x, y: (x - y) ** 2),
    ):
        observed = Fraction(sum(apart(x, y) for x, y in pairs), len(pairs))
        chance = Fraction(sum(apart(x, y) for x, _ in pairs for _, y in pairs), len(pairs) ** 2)
        constant = len({y for _, y in pairs}) == 1
        assert same(found, None if constant else float(1 - observed / chance))


@given(unit_lists, st.sampled_from(["nominal", "ordinal", "interval"]))
def test_alpha_is_disagreement_within_over_disagreement_in_all(units, level):
    paired = [unit for unit in units if len(unit) > 1]
    values = [value for unit in paired for value in unit]
    counts = Counter(values)

    def apart(x, y):
        if level == "nominal":
            return Fraction(x != y)
        if level == "interval":
            return Fraction((x - y) ** 2)
        low, high = sorted((x, y))
        between = sum(counts[value] for value in range(low, high + 1))
        return (between - Fraction(counts[low] + counts[high], 2)) ** 2

    within = sum(sum(apart(x, y) for x, y in permutations(unit, 2)) / (len(unit) - 1) for unit in paired)
    overall = sum(apart(x, y) for x, y in permutations(values, 2))
    expected = float(1 - within * (len(values) - 1) / overall) if overall else None
    cells, weights = weighed([tuple(float(value) for value in sorted(unit)) for unit in units])
    assert same(Alpha(cells)(weights, level), expected)


@given(pair_lists)
def test_both_ways_to_alpha_agree(pairs):
    cells, weights = floats(pairs)
    quick, general = PairAlpha(cells), Alpha(cells)
    assert same(quick.ordinal(weights), known(general(weights, "ordinal")))
    assert same(quick.interval(weights), known(general(weights, "interval")))


@given(pair_lists, st.data())
def test_weights_stand_for_repetition(pairs, data):
    cells = list(dict.fromkeys((float(x), float(y)) for x, y in pairs))
    weights = data.draw(st.lists(st.integers(0, 3), min_size=len(cells), max_size=len(cells)))
    written = [cell for cell, weight in zip(cells, weights, strict=True) for _ in range(weight)]
    again, counts = weighed(written)
    for how in ("spearman", "kendall"):
        assert same(getattr(RankPairs(cells), how)(weights), known(getattr(RankPairs(again), how)(counts)))
    for level in ("nominal", "ordinal", "interval"):
        assert same(Alpha(cells)(weights, level), known(Alpha(again)(counts, level)))
    assert same(kappa(cells, weights), known(kappa(again, counts)))
