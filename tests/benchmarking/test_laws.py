"""What holds for any rows and any scores: ranges, orders, opposites, and an independent calculation of Ties."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rmcompose.benchmarking.bench import judged, report
from rmcompose.benchmarking.catalogue import BENCHMARKS
from rmcompose.benchmarking.files import Rows
from rmcompose.calibration.bootstrap import Resampling
from rmcompose.compiler import loads
from tests.benchmarking.conftest import SPECS, native

TOLD = loads(SPECS, name="told")
SCORES = st.one_of(st.none(), st.integers(-2, 2).map(float), st.floats(-1e6, 1e6))
KNOWN = st.integers(-3, 3).map(float)


def made(draw_scores, chosen, rejected, **fields):
    return st.tuples(
        st.lists(draw_scores, min_size=chosen[0], max_size=chosen[1]),
        st.lists(draw_scores, min_size=rejected[0], max_size=rejected[1]),
    ).map(lambda both: native(*both, **fields))


def rows_of(name, scores):
    """Rows of a benchmark, of several subsets."""
    if name == "rm-bench":
        one = st.sampled_from(["chat", "code", "safety-refuse", "safety-response"]).flatmap(
            lambda subset: made(scores, (3, 3), (3, 3), metadata={"subset": subset})
        )
    elif name in ("judgebench", "llmbar"):
        one = made(scores, (1, 1), (1, 1), metadata={"subset": "s"})
    elif name == "rewardbench2":
        one = st.sampled_from(["Math", "Focus"]).flatmap(
            lambda subset: made(scores, (1, 1), (1, 4), metadata={"subset": subset})
        )
    elif name == "rmb":
        one = made(scores, (1, 1), (1, 4), metadata={"category_path": "BoN_set/Helpfulness/Chat"})
    else:
        subsets = st.sampled_from(["shp", "hep-go", "math-prm"])
        one = subsets.flatmap(lambda subset: made(scores, (1, 2), (1, 3), metadata={"subset": subset}))
    return st.lists(one, min_size=1, max_size=8)


def found_of(name, rows, resampling=Resampling(0, 0)):  # noqa: B008  # frozen
    benchmark = BENCHMARKS[name]()
    data = Rows(rows)
    return report(benchmark, TOLD, judged(benchmark, TOLD, data), data.overview(benchmark), "rows", resampling)


def shares(found, place=""):
    """Every figure of the object that is a share, and every end of its interval, with where it stands."""
    for key, value in found.items():
        if isinstance(value, dict) and key not in ("verdicts", "bootstrap", "above_length"):
            yield from shares(value, f"{place}{key}/")
        elif isinstance(value, float) and key not in ("cycles", "severity", "density"):
            yield f"{place}{key}", value
        elif key == "ci95" and value is not None:
            yield from ((f"{place}{key}/{end}", number) for end, number in enumerate(value))


LAWS = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@pytest.mark.parametrize("name", BENCHMARKS)
@LAWS
@given(data=st.data())
def test_shares_lie_between_0_and_1_and_counts_add_up(name, data):
    rows = data.draw(rows_of(name, SCORES))
    found = found_of(name, rows, Resampling(60, 1))
    for key, value in shares(found):
        assert 0 <= value <= 1, key
    assert sum(found["verdicts"].values()) == len(rows)
    subsets = found.get("subsets", {})
    if len(subsets) and name != "rmb":
        for count in ("n", "ties", "unscored"):
            assert sum(one[count] for one in subsets.values()) == found[count]


@pytest.mark.parametrize("name", BENCHMARKS)
@LAWS
@given(data=st.data())
def test_the_order_of_rows_does_not_matter(name, data):
    rows = data.draw(rows_of(name, SCORES))
    shuffled = data.draw(st.permutations(rows))
    one, other = found_of(name, rows), found_of(name, shuffled)
    assert dict(shares(one)) == pytest.approx(dict(shares(other)))
    assert one["verdicts"] == other["verdicts"]


@pytest.mark.parametrize("name", ["preference", "rm-bench", "rmb", "llmbar", "judgebench"])
@LAWS
@given(data=st.data())
def test_what_is_neither_right_nor_wrong_is_tied_or_unscored(name, data):
    """Turned round, wins become losses: without ties and missing scores the two add up to one where pairs count."""
    rows = data.draw(rows_of(name, SCORES))
    if any(len(row["output"]) != 2 for row in rows) and name != "rm-bench":
        return
    turned = [
        {**row, "output": [{"answer": {**one["answer"], "label": opposite(one)}} for one in row["output"]]}
        for row in rows
    ]
    one, other = found_of(name, rows), found_of(name, turned)
    headline = "overall" if name == "rm-bench" else "pairwise" if name == "rmb" else "accuracy"
    cells = one["n"] * {"rm-bench": 9, "llmbar": 2}.get(name, 1)
    lost = (one["ties"] + one["unscored"]) / cells
    if name == "judgebench":
        lost = (one["verdicts"]["tie"] + one["verdicts"]["unscored"]) / cells
    assert one[headline] + other[headline] + lost == pytest.approx(1)


def opposite(item):
    label = item["answer"]["label"]
    return {**label, "preference": "rejected" if label["preference"] == "chosen" else "chosen"}


@given(
    st.lists(
        st.tuples(
            st.lists(KNOWN, min_size=2, max_size=4),
            st.lists(KNOWN, min_size=1, max_size=3),
            KNOWN,
            st.lists(KNOWN, min_size=1, max_size=3),
        ),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=40, deadline=None)
def test_ties_are_the_official_formula(prompts):
    """Written out again, with the rules of floating point for a spread of 0 as numpy has them."""
    rows = []
    for n, (good, bad, ref, ref_bad) in enumerate(prompts):
        rows += [
            native(good, bad, unique_id=f"tied:{n}", metadata={"subset": "Ties"}),
            native([ref], ref_bad, unique_id=f"ref:{n}", metadata={"subset": "Ties"}),
        ]
    tied = [min(good) - max(bad) for good, bad, _, _ in prompts]
    refs = [ref - max(bad) for _, _, ref, bad in prompts]
    apart = [max(good) - min(good) for good, _, _, _ in prompts]
    least = [min(both) for both in zip(tied, refs, strict=True)]

    def size(gap, spread):
        ratio = math.nan if gap == spread == 0 else gap / spread if spread else math.copysign(math.inf, gap)
        value = math.tanh(ratio - 1)
        return 0.0 if math.isnan(value) else value

    def mean(values):
        return sum(values) / len(values)

    wanted = (
        0.3 * mean([gap > 0 for gap in tied])
        + 0.3 * mean([gap > 0 for gap in refs])
        + 0.2 * mean([gap > spread for gap, spread in zip(tied, apart, strict=True)])
        + 0.2 * mean([gap > spread for gap, spread in zip(least, apart, strict=True)])
        + 0.01 * mean([size(gap, spread) for gap, spread in zip(least, apart, strict=True)])
    )
    assert found_of("rewardbench2", rows)["score"] == pytest.approx(wanted)


@given(rows_of("preference", SCORES))
@LAWS
def test_the_same_seed_gives_the_same_interval(rows):
    assert found_of("preference", rows, Resampling(60, 7)) == found_of("preference", rows, Resampling(60, 7))
