"""Each official formula against answers that are known, or worked out by hand."""

import math

import pytest

from rmcompose.benchmarking.catalogue import BENCHMARKS
from tests.benchmarking.conftest import FILES, native, write

PLAIN = [name for name in FILES if name not in ("conflicts", "rewardbench2")]
FIGURES = {
    "preference": ["accuracy"],
    "rewardbench": ["score", "accuracy"],
    "rm-bench": ["easy", "normal", "hard", "overall", "average"],
    "rmb": ["pairwise", "best_of_n", "overall"],
    "judgebench": ["accuracy", "both_right"],
    "llmbar": ["accuracy", "given", "exchanged", "both_right"],
}


@pytest.mark.parametrize("name", PLAIN)
def test_an_oracle_gets_all_and_its_opposite_nothing(bench, name):
    code, right = bench(name, "oracle")
    assert code == 0
    assert [right[figure] for figure in FIGURES[name]] == [1.0] * len(FIGURES[name])
    assert (right["ties"], right["unscored"], right["verdicts"]["right"]) == (0, 0, sum(right["verdicts"].values()))
    assert right["ci95"] == [1.0, 1.0]
    _, wrong = bench(name, "reversed")
    assert [wrong[figure] for figure in FIGURES[name]] == [0.0] * len(FIGURES[name])
    assert wrong["verdicts"]["wrong"] == sum(wrong["verdicts"].values())


@pytest.mark.parametrize("name", PLAIN)
def test_a_constant_ties_everywhere_and_ties_are_lost(bench, name):
    _, found = bench(name, "constant")
    assert [found[figure] for figure in FIGURES[name]] == [0.0] * len(FIGURES[name])
    assert found["verdicts"]["tie"] == sum(found["verdicts"].values())
    assert found["ties"] >= found["n"]


@pytest.mark.parametrize("name", list(FILES))
def test_the_longer_response_is_the_baseline_but_for_equal_lengths(bench, name):
    _, found = bench(name, "longer")
    assert found["baselines"] if len(found.get("intervals", ())) > 1 else True
    headline = BENCHMARKS[name].headline
    if found["ties"] == 0 or name in ("rewardbench2", "conflicts"):
        assert found[headline] == found["length_baseline"]
        assert name == "conflicts" or found["above_length"]["value"] == 0.0
    else:
        assert found[headline] < found["length_baseline"]


@pytest.mark.parametrize("composition", ["first", "best_of_equals"])
def test_the_better_response_is_not_always_shown_first(bench, composition):
    """The chosen response comes first in the files; who always takes the first shown must be near chance."""
    rows = [{"prompt": f"q{n}", "chosen": f"good {n}", "rejected": f"bad {n}"} for n in range(400)]
    _, found = bench("preference", composition, rows, "--resamples", "0")
    # 0.5 with a standard deviation of 0.025
    assert found["accuracy"] == pytest.approx(0.5, abs=0.1)
    _, found = bench("judgebench", composition)
    assert (found["accuracy"], found["consistency"], found["verdicts"]["tie"]) == (0.0, 0.0, 5)


def test_preference_counts_ties_and_unscored_as_lost(bench):
    rows = [
        native([2], [1]),
        native([1], [1]),
        native([None], [1]),
        native([1], [None]),
        native([1], [2]),
    ]
    code, found = bench("preference", "told", rows)
    assert code == 3
    keys = ("n", "accuracy", "ties", "unscored")
    assert [found[key] for key in keys] == [5, 0.2, 1, 2]
    assert found["verdicts"] == {"right": 1, "wrong": 1, "tie": 1, "unscored": 2}
    low, high = found["ci95"]
    assert 0 <= low <= 0.2 <= high <= 1


def test_every_chosen_against_every_rejected(bench):
    _, found = bench("preference", "told", [native([3, 1], [2, 0, 0])])
    # 3 beats three, 1 beats two
    assert (found["n"], found["accuracy"]) == (6, 5 / 6)


def rewardbench_row(subset, right):
    return native([int(right)], [int(not right)], metadata={"subset": subset})


def test_sections_of_rewardbench_are_weighted_by_the_official_counts(bench):
    rows = [rewardbench_row("alpacaeval-easy", right=True), rewardbench_row("mt-bench-med", right=False)]
    rows += [rewardbench_row("math-prm", right=True), rewardbench_row("hep-go", right=False)]
    _, found = bench("rewardbench", "told", rows)
    assert found["sections"]["Chat"]["score"] == pytest.approx(100 / 140)
    assert found["sections"]["Reasoning"]["score"] == pytest.approx(984 / (984 + 164))
    assert found["score"] == pytest.approx((100 / 140 + 984 / 1148) / 2)
    assert found["accuracy"] == 0.5
    assert found["subsets"]["hep-go"] == {
        "n": 1,
        "ties": 0,
        "unscored": 0,
        "accuracy": 0.0,
        "ci95": None,
        "length_baseline": 0.0,
    }
    assert "section Safety is without rows" in found["notes"]


def test_the_prior_sets_count_half(bench):
    rows = [rewardbench_row("alpacaeval-easy", right=True)]
    rows += [rewardbench_row("shp", right=False), rewardbench_row("shp", right=True)]
    rows += [rewardbench_row("summarize", right=False)]
    _, found = bench("rewardbench", "told", rows)
    assert found["sections"]["Prior Sets"]["score"] == pytest.approx((0.5 + 0.0) / 2)
    assert found["score"] == pytest.approx((1.0 * 1 + 0.5 * 0.25) / 1.5)


def test_a_prior_set_is_known_by_its_file(bench, specs):
    row = {"prompt": [{"role": "user", "content": "q"}], "chosen": "a [+]", "rejected": "b", "subset": "another"}
    write(specs / "shp-00000-of-00001.jsonl", [row])
    _, found = bench("rewardbench", "oracle", specs / "shp-00000-of-00001.jsonl")
    assert list(found["subsets"]) == ["shp"]


@pytest.mark.parametrize(
    ("chosen", "rejected", "credit"),
    [
        ([3], [2, 1, 0], 1.0),
        ([3], [3, 1, 0], 1 / 2),
        ([3], [3, 3, 3], 1 / 4),
        ([2], [3, 1, 1], 0.0),
        ([3], [None, 1, 1], 0.0),
    ],
)
def test_a_top_that_is_shared_is_shared_credit(bench, chosen, rejected, credit):
    row = native(chosen, rejected, unique_id="7", metadata={"subset": "Math"})
    _, found = bench("rewardbench2", "told", [row])
    assert found["subsets"]["Math"]["score"] == found["score"] == credit


def ties_row(name, right, wrong):
    return native(right, wrong, unique_id=name, metadata={"subset": "Ties", "num_correct": len(right)})


def test_ties_by_hand(bench):
    """Prompt 0: the right ones 0.8 and 0.7, the best wrong one 0.4 (gap 0.3, spread 0.1); its reference leads by 0.5.

    Prompt 1: 0.9 and 0.3 against 0.2 (gap 0.1, spread 0.6), whose reference is wrong (gap -0.1).
    """
    rows = [
        ties_row("tied:0", [0.8, 0.7], [0.4, 0.1]),
        ties_row("ref:0", [0.9], [0.4]),
        ties_row("tied:1", [0.9, 0.3], [0.2]),
        ties_row("ref:1", [0.4], [0.5]),
    ]
    _, found = bench("rewardbench2", "told", rows)
    ties = found["subsets"]["Ties"]
    assert ties["tied_accuracy"] == 1.0
    assert ties["ref_accuracy"] == 0.5
    assert ties["margin"] == 0.5
    assert ties["margin_hard"] == 0.5
    size = (math.tanh(0.3 / 0.1 - 1) + math.tanh(-0.1 / 0.6 - 1)) / 2
    assert ties["margin_size"] == pytest.approx(size)
    score = 0.3 * 1.0 + 0.3 * 0.5 + 0.2 * 0.5 + 0.2 * 0.5 + 0.01 * size
    assert ties["score"] == pytest.approx(score)
    assert found["score"] == pytest.approx(score)


def test_the_best_that_ties_can_give_is_1_01(bench):
    rows = [ties_row("tied:0", [1, 1], [0]), ties_row("ref:0", [1], [0])]
    _, found = bench("rewardbench2", "told", rows)
    assert found["score"] == pytest.approx(1.01)
    _, found = bench("rewardbench2", "constant", rows)
    assert found["score"] == 0.0


def test_a_missing_score_in_ties_is_lost(bench):
    rows = [ties_row("tied:0", [1, None], [0]), ties_row("ref:0", [1], [0])]
    code, found = bench("rewardbench2", "told", rows)
    ties = found["subsets"]["Ties"]
    figures = ("tied_accuracy", "ref_accuracy", "margin", "margin_hard", "margin_size")
    assert (code, [ties[name] for name in figures]) == (3, [0.0, 1.0, 0.0, 0.0, 0.0])
    assert ties["score"] == pytest.approx(0.3)


def test_ties_without_pairs_have_no_score(bench):
    _, found = bench("rewardbench2", "told", [ties_row("tied:0", [1, 1], [0])])
    assert found["subsets"]["Ties"]["score"] is None
    assert found["score"] is None
    assert found["notes"][-1] == "score: no subset has a score"


def test_the_matrix_of_rm_bench(bench):
    """Chosen 3, 2, 1 against rejected 0, 2, 4: row i is chosen i, above the diagonal is hard."""
    _, found = bench("rm-bench", "told", [native([3, 2, 1], [0, 2, 4], metadata={"subset": "chat"})])
    #   1 1 0
    #   1 = 0      the tie is lost
    #   1 0 0
    assert (found["easy"], found["normal"], found["hard"]) == (2 / 3, 1 / 3, 1 / 3)
    assert found["overall"] == 4 / 9
    assert (found["n"], found["ties"], found["unscored"]) == (1, 1, 0)
    assert found["subsets"]["chat"]["overall"] == 4 / 9


def test_safety_is_the_mean_of_both_in_the_average_of_rm_bench(bench):
    rows = [native([1, 1, 1], [0, 0, 0], metadata={"subset": name}) for name in ("safety-refuse", "chat")]
    rows += [native([0, 0, 0], [1, 1, 1], metadata={"subset": "safety-response"})] * 3
    _, found = bench("rm-bench", "told", rows)
    assert found["domains"]["safety"]["overall"] == 0.5
    assert found["average"] == 0.75
    assert found["overall"] == pytest.approx(2 / 5)
    assert found["notes"] == ["no rows of math, code"]


@pytest.mark.parametrize(
    ("worths", "verdict"),
    [([0, 1], "right"), ([0, 2], "tie"), ([3, 0], "wrong"), ([3, None], "wrong"), ([None, 2], "unscored")],
)
def test_the_best_of_n_must_beat_every_other(bench, worths, verdict):
    row = native([2], worths, source="rmbbenchmark_bestofn", metadata={"category_path": "BoN_set/Helpfulness/Chat"})
    _, found = bench("rmb", "told", [row])
    assert found["best_of_n"] == float(verdict == "right")
    assert found["verdicts"][verdict] == 1
    assert "pairwise" not in found
    assert found["goals"]["Helpfulness"]["best_of_n"] == found["best_of_n"]


def test_rmb_tells_goals_and_scenarios(bench):
    _, found = bench("rmb", "longer")
    assert found["n"] == 6
    assert found["goals"]["Helpfulness"]["pairwise"] == 1 / 3
    assert found["goals"]["Harmlessness"] == found["goals"]["Harmlessness"] | {"pairwise": 0.0, "best_of_n": 0.5}
    assert found["overall"] == pytest.approx((1 / 3 + 0 + 0.5) / 3)
    assert found["subsets"]["Helpfulness/Chat/Discussion"]["n"] == 3


def test_judgebench_tells_its_four_parts(bench):
    _, found = bench("judgebench", "oracle")
    assert {name: one["n"] for name, one in found["subsets"].items()} == {
        "knowledge": 2,
        "reasoning": 1,
        "math": 1,
        "coding": 1,
    }


def test_a_label_of_equal_responses_wants_a_tie(bench):
    row = {"pair_id": "p", "source": "x", "question": "q", "response_A": "a", "response_B": "b", "label": "A=B"}
    assert bench("judgebench", "constant", [row])[1]["accuracy"] == 1.0
    _, found = bench("judgebench", "first", [row])
    assert found["accuracy"] == 0.0
    assert found["notes"][0] == "source `x` (1 pairs) is not one of JudgeBench's"


def test_llmbar_tells_each_order(bench):
    _, found = bench("llmbar", "first")
    assert {name: one["n"] for name, one in found["subsets"].items()} == {"Manual": 3, "Natural": 4}
    natural = found["subsets"]["Natural"]
    figures = [natural[name] for name in ("given", "exchanged", "accuracy", "both_right", "consistency")]
    assert figures == [0.5, 0.5, 0.5, 0.0, 0.0]


def test_rewardbench2_of_the_fixture(bench):
    _, found = bench("rewardbench2", "oracle")
    scores = {name: one["score"] for name, one in found["subsets"].items()}
    assert scores == {"Factuality": 1, "Focus": 1, "Math": 1, "Precise IF": 1, "Safety": 1, "Ties": pytest.approx(1.01)}
    assert found["score"] == pytest.approx(6.01 / 6)
    _, found = bench("rewardbench2", "constant")
    scores = {name: one["score"] for name, one in found["subsets"].items()}
    # four that are as good: a quarter, which is chance
    assert scores == {"Factuality": 0.25, "Focus": 0.25, "Math": 0.25, "Precise IF": 0.25, "Safety": 0.25, "Ties": 0.0}
