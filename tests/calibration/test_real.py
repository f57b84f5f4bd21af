"""Recorded judges of two public data sets, asked again over HTTP: their figures are those computed elsewhere.

The expected values were computed once from the same data with numpy, scipy 1.17, scikit-learn 1.9 and the package
`krippendorff` 0.8.
"""

import pytest

from tests.calibration.conftest import node, rows_of, unscored

AGAINST_LABEL = {
    "accuracy_exact": 0.621875,
    "accuracy": 0.759375,
    "accuracy_pessimistic": 0.759375,
    "kappa": 0.6101759270978357,
    "kappa_quadratic": 0.8062394209200876,
    "alpha_nominal": 0.608683203830217,
    "alpha_ordinal": 0.7892608729030322,
    "alpha_interval": 0.852645010530847,
    "mean_absolute_error": 0.2515625,
    "spearman": 0.7934581191021576,
    "kendall": 0.7414528107923981,
}
AMONG_VOTES = {
    "variance": 0.1359375,
    "unanimous": 0.728125,
    "agreement": (1 + 0.728125) / 2,
    "missing_votes": 0.0,
    "alpha_nominal": 0.547858972794925,
    "alpha_ordinal": 0.6894236503503993,
    "alpha_interval": 0.7987794946412865,
}
WITH_LENGTH = {"value_length": 0.371312651402581, "label_length": 0.32330557683506916}

PAIRS = {
    "gpt": {
        "accuracy": 0.715605749486653,
        "accuracy_decided": 0.8150765606595995,
        "accuracy_pessimistic": 0.6976976976976977,
        "ties": 0.039014373716632446,
        "label_ties": 0.10510510510510511,
        "kappa": 0.49286471530289244,
        "alpha_nominal": 0.4919427770429907,
        "longer_accuracy": 0.6753100338218715,
        "over_longer": 0.14234875444839856,
    },
    "pandalm": {
        "accuracy": 0.6676676676676677,
        "accuracy_decided": 0.7753357753357754,
        "accuracy_pessimistic": 0.6676676676676677,
        "ties": 0.10710710710710711,
        "label_ties": 0.10510510510510511,
        "kappa": 0.4353549248202223,
        "alpha_nominal": 0.43556690279635324,
        "longer_accuracy": 0.6753100338218715,
        "over_longer": 0.10578105781057812,
    },
}
LONGER_WON = {
    "gpt": (0.6191512513601741, 0.823943661971831, 0.2, 0.6052631578947368),
    "pandalm": (0.6552511415525114, 0.8186813186813187, 0.30711610486891383, 0.7142857142857143),
}
FIRST_SHOWN_WON = {"gpt": 0.49145299145299143, "pandalm": 0.4854260089686099}
ONE_ORDER_RIGHT = {"gpt": 0.7845804988662132, "pandalm": 0.7102908277404921}


def values(figures):
    return {name: figure["value"] for name, figure in figures.items()}


VOTES = "votes = 2 vote_by = mean"
PAIRWISE = "mode = pairwise both_orders = false retries = 0"
BY_RESULTS = ("--results", "out.jsonl", "--node", "quality")


def scored_items():
    """The rows with the third score as their label, and the two scores that are the judge's votes."""
    items = rows_of("prometheus")
    rows = [{"id": i["id"], "prompt": i["id"], "response": "x" * i["length"], "label": i["scores"][2]} for i in items]
    return rows, [item["scores"][:2] for item in items]


def check_scores(code, found):
    assert (code, found["labels"]["values"]) == (0, 320)
    (section,) = found["sections"]
    figures = section["figures"]
    assert values(figures["values"]) == pytest.approx(AGAINST_LABEL, abs=1e-12)
    assert values(figures["votes"]) == pytest.approx(AMONG_VOTES, abs=1e-12)
    assert values(figures["length"]) == pytest.approx(WITH_LENGTH, abs=1e-12)
    kappa = figures["values"]["kappa"]
    assert kappa["low"] < AGAINST_LABEL["kappa"] < kappa["high"]


def compared_pairs(judge):
    """The rows with the majority of the annotators as their label, and the winner that the judge named: A, B or tie."""
    names = {"1": "A", "2": "B", "Tie": "tie", "0": "tie"}
    rows, winners = [], []
    for item in rows_of("pandalm"):
        first, second = item["lengths"]
        label = max(set(item["annotators"]), key=item["annotators"].count)
        rows.append(
            {
                "id": f"item-{item['id']}",
                "prompt": f"item-{item['id']}",
                "responses": ["a" * first, "b" * second],
                "human": {"majority": label},
            }
        )
        winners.append(names.get(str(item[judge])))
    return rows, winners


def check_pairs(code, found, judge):
    unreadable = 25 if judge == "gpt" else 0
    assert code == (3 if unreadable else 0)
    (section,) = found["sections"]
    assert section["responses"]["unscored"] == ({"malformed_reply": 2 * unreadable} if unreadable else {})
    figures = section["figures"]
    assert values(figures["pairs"]) == pytest.approx(PAIRS[judge], abs=1e-12)
    longer = [figure["value"] for name, figure in figures["length"].items() if name.startswith("longer")]
    assert longer == pytest.approx(LONGER_WON[judge], abs=1e-12)
    assert figures["order"]["first_shown_won"]["value"] == pytest.approx(FIRST_SHOWN_WON[judge], abs=1e-12)
    assert figures["order"]["single_order_right"]["value"] == pytest.approx(ONE_ORDER_RIGHT[judge], abs=1e-12)
    assert figures["order"]["consistent"]["value"] is None
    assert figures["unscored"]["unscored"]["value"] == pytest.approx(unreadable / 999)


def test_scores_of_gpt_4_against_its_own_third_score(written, report):
    rows, votes = scored_items()
    written(rows, [[node(sum(some) / 2, detail={"votes": some})] for some in votes], VOTES)
    check_scores(*report("--label", "label", *BY_RESULTS, "--resamples", "100"))


@pytest.mark.slow
def test_the_same_scores_asked_for_over_http(judged, report):
    rows, votes = scored_items()
    judged(
        rows,
        {row["id"]: [{"reason": "", "score": one} for one in some] for row, some in zip(rows, votes, strict=True)},
        VOTES,
    )
    code, found = report("--label", "label", "--node", "quality", "--resamples", "100")
    check_scores(code, found)
    assert found["sections"][0]["calls"] == 640


@pytest.mark.parametrize("judge", ["gpt", "pandalm"])
def test_preferences_of_recorded_judges_against_three_annotators(written, report, judge):
    rows, winners = compared_pairs(judge)
    shares = [{"A": 1.0, "B": 0.0, "tie": 0.5, None: None}[winner] for winner in winners]
    answers = []
    for share in shares:
        told = {"with": 1, "share": share, "consistent": True, "reasons": [""]}
        first = unscored("malformed_reply") if share is None else node(share)
        second = unscored("malformed_reply") if share is None else node(1.0 - share)
        answers.append([first | {"detail": {"pairs": [told]}}, second])
    written(rows, answers, PAIRWISE, "[0, 1]")
    words = ("--label", "human.majority", "--label-base", "1", *BY_RESULTS, "--resamples", "50")
    check_pairs(*report(*words), judge)


@pytest.mark.slow
@pytest.mark.parametrize("judge", ["gpt", "pandalm"])
def test_the_same_preferences_asked_for_over_http(judged, report, judge):
    rows, winners = compared_pairs(judge)
    replies = {
        row["id"]: [{"reason": "", "winner": winner} if winner else "garbage"]
        for row, winner in zip(rows, winners, strict=True)
    }
    judged(rows, replies, PAIRWISE, "[0, 1]")
    words = ("--label", "human.majority", "--label-base", "1", "--node", "quality", "--resamples", "50")
    check_pairs(*report(*words), judge)
