"""Two compositions on the same cases: the difference with its interval, McNemar's test, and what is symmetrical."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rmcompose as rm
from rmcompose.calibration.agreement import mcnemar
from tests.benchmarking.conftest import DATA, FILES, native

COMPARED = ("--compare", "specs.rm::told_too")


def pairs(outcomes):
    """Rows on which the first and the second judge are right as the letters say: `10` the first alone."""
    return [native([tuple(map(int, one))], [0.5]) for one in outcomes]


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (5, 0, 2 / 32),
        (0, 5, 2 / 32),
        (6, 1, 2 * (1 + 7) / 128),
        (4, 4, 1.0),
        (9, 2, 2 * 67 / 2048),
    ],
)
def test_mcnemar_by_hand(only_first, only_second, p):
    assert mcnemar(only_first, only_second) == pytest.approx(p)


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_mcnemar_is_symmetric_and_a_probability(one, other):
    p = mcnemar(one, other)
    assert 0 <= p <= 1
    assert p == mcnemar(other, one)


def test_mcnemar_is_the_sum_of_binomials():
    for n in range(1, 40):
        for k in range(n + 1):
            tail = sum(math.comb(n, i) for i in range(min(k, n - k) + 1)) / 2**n
            assert mcnemar(k, n - k) == pytest.approx(min(1.0, 2 * tail), rel=1e-12)


def test_the_difference_and_its_test(bench):
    rows = pairs(["11"] * 4 + ["10"] * 6 + ["01"] * 1 + ["00"] * 3)
    code, found = bench("preference", "told", rows, *COMPARED)
    compared = found["compare"]
    assert code == 0
    assert found["accuracy"] == pytest.approx(10 / 14)
    assert compared["figures"]["accuracy"] == pytest.approx(5 / 14)
    assert compared["difference"] == pytest.approx(5 / 14)
    assert compared["mcnemar"] == {"only_first": 6, "only_second": 1, "p": pytest.approx(0.125)}
    low, high = compared["ci95"]
    assert low <= 5 / 14 <= high
    assert (compared["first"], compared["second"]) == ("told", "told_too")
    # paired: much narrower than what the intervals of both would make of it
    assert high - low < 0.8


def test_it_is_symmetrical(specs):
    rows = pairs(["11", "10", "10", "01", "00"])
    words = {"resamples": 200, "seed": 1}
    one = rm.bench("preference", "specs.rm::told", rows, compare="specs.rm::told_too", **words)["compare"]
    other = rm.bench("preference", "specs.rm::told_too", rows, compare="specs.rm::told", **words)["compare"]
    assert one["difference"] == -other["difference"]
    assert one["ci95"] == pytest.approx([-end for end in reversed(other["ci95"])])
    assert one["mcnemar"]["p"] == other["mcnemar"]["p"]


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_better_than_itself(bench, name):
    _, found = bench(name, "longer", None, "--compare", "specs.rm::longer")
    compared = found["compare"]
    assert {one["value"] for one in compared["differences"].values()} <= {0.0, None}
    assert compared["ci95"] == [0.0, 0.0]
    if name == "rm-bench":
        assert compared["mcnemar"] is None  # nine cells of a prompt are neither right nor wrong as one
    else:
        assert compared["mcnemar"] == {"only_first": 0, "only_second": 0, "p": 1.0}
    for key in ("n", "verdicts", "ci95", "length_baseline"):
        assert compared["figures"][key] == found[key]


def test_differences_of_what_is_made_of_others(bench):
    _, found = bench("rewardbench", "oracle", None, "--compare", "specs.rm::reversed")
    assert found["compare"]["difference"] == 1.0
    assert found["compare"]["differences"]["sections/Chat Hard/score"]["value"] == 1.0


def test_unscored_in_the_second_is_code_3(bench):
    rows = [native([(1, None)], [0])]
    code, found = bench("preference", "told", rows, *COMPARED)
    assert (code, found["unscored"], found["compare"]["figures"]["unscored"]) == (3, 0, 1)


def test_the_table_tells_the_test(specs, rmcompose):
    words = ("bench", "preference", "specs.rm::oracle", "--data", DATA / FILES["preference"])
    done = rmcompose(*words, "--compare", "specs.rm::reversed")
    assert "oracle less reversed, paired" in done.out
    assert "McNemar, exact: 4 cases right in the first alone, 0 in the second alone, p = 0.125" in done.out


def test_results_are_those_of_the_first(bench, specs):
    bench("preference", "oracle", None, "--compare", "specs.rm::reversed", "-o", "out.jsonl")
    lines = [json.loads(line) for line in (specs / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["composition"] for line in lines] == ["oracle"] * 4
