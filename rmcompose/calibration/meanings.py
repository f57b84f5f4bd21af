"""What each figure means, in the words that reports use: the families in order, and the figures in each.

`MEANINGS[family][figure]` has a short name, one line on what it is, and how its number is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rmcompose.calibration.bootstrap import Figure

Scale = Literal["share", "coefficient", "difference", "number"]
"""A share is in [0, 1] and told in percent, a difference of shares in percentage points, a coefficient in [-1, 1]."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a figure is told. `neutral` is its value where there is nothing to be found, where there is such a value."""

    name: str
    line: str
    scale: Scale = "share"
    neutral: float | None = None


FAMILIES: dict[str, str] = {
    "unscored": "Unscored",
    "values": "Agreement with labels",
    "pairs": "Agreement on pairs",
    "choice": "Choosing the best",
    "order": "Order and position",
    "length": "Length",
    "votes": "Votes",
}

MEANINGS: dict[str, dict[str, Meaning]] = {
    "unscored": {"unscored": Meaning("unscored", "responses that were asked about and have no value")},
    "values": {
        "accuracy": Meaning("accuracy", "values that equal the label once rounded to the nearest label"),
        "accuracy_exact": Meaning("accuracy, exact", "values that equal the label as they are"),
        "accuracy_pessimistic": Meaning("accuracy, pessimistic", "accuracy with every unscored response counted wrong"),
        "kappa": Meaning("Cohen's κ", "agreement beyond chance, of rounded values", "coefficient", 0.0),
        "kappa_quadratic": Meaning("κ, quadratic weights", "the same with far misses counted more", "coefficient", 0.0),
        "alpha_nominal": Meaning("α, nominal", "Krippendorff's α, categories equal or not", "coefficient", 0.0),
        "alpha_ordinal": Meaning("α, ordinal", "Krippendorff's α by rank distance", "coefficient", 0.0),
        "alpha_interval": Meaning("α, interval", "Krippendorff's α by squared difference", "coefficient", 0.0),
        "spearman": Meaning("Spearman's ρ", "correlation of ranks", "coefficient", 0.0),
        "kendall": Meaning("Kendall's τ-b", "concordant less discordant, ties corrected", "coefficient", 0.0),
        "mean_absolute_error": Meaning("mean absolute error", "mean distance from the label, in its units", "number"),
    },
    "pairs": {
        "accuracy": Meaning("accuracy", "pairs with the label's outcome: first, second or tie"),
        "accuracy_decided": Meaning("accuracy, decided", "right winner where judge and label both name one"),
        "accuracy_pessimistic": Meaning("accuracy, pessimistic", "accuracy with every unscored pair counted wrong"),
        "longer_accuracy": Meaning("longer wins", "accuracy of always preferring the longer response"),
        "over_longer": Meaning(
            "above longer wins", "decided accuracy less that of the longer, on the same pairs", "difference", 0.0
        ),
        "ties": Meaning("ties, judge", "pairs that the judge calls equal"),
        "label_ties": Meaning("ties, label", "pairs that the label calls equal"),
        "kappa": Meaning("Cohen's κ", "agreement on three outcomes beyond chance", "coefficient", 0.0),
        "alpha_nominal": Meaning("α, nominal", "Krippendorff's α on three outcomes", "coefficient", 0.0),
    },
    "choice": {
        "best_found": Meaning("best found", "rows whose highest response is a labelled best one"),
        "best_tied": Meaning("best tied", "rows where a best one shares the highest value with another"),
    },
    "order": {
        "consistent": Meaning("consistent", "pairs with the same outcome in both orders"),
        "both_right": Meaning("both orders right", "pairs with the labelled winner in both orders"),
        "single_order_right": Meaning("one order right", "the labelled winner, over single orders"),
        "both_tied": Meaning("equal in both", "pairs called equal in both orders"),
        "first_shown_won": Meaning("first shown won", "wins of the response shown first", neutral=0.5),
    },
    "length": {
        "value_length": Meaning("ρ of value, length", "Spearman, value with characters", "coefficient", 0.0),
        "label_length": Meaning("ρ of label, length", "Spearman, label with characters", "coefficient", 0.0),
        "longer_won": Meaning("longer won", "the longer one's share of the judge's decided pairs", neutral=0.5),
        "longer_won_when_better": Meaning("… label: longer", "the same where the label prefers the longer one"),
        "longer_won_when_worse": Meaning("… label: shorter", "the same where the label prefers the shorter one"),
        "longer_won_when_tied": Meaning("… label: tie", "the same where the label is a tie", neutral=0.5),
    },
    "votes": {
        "unanimous": Meaning("unanimous", "items whose votes are all there and all the same"),
        "agreement": Meaning("mean agreement", "mean share of an item's votes that gave its commonest value"),
        "variance": Meaning("variance", "mean variance of votes within an item (unbiased)", "number"),
        "missing_votes": Meaning("missing votes", "votes that gave no value"),
        "alpha_nominal": Meaning("α, nominal", "Krippendorff's α among votes, equal or not", "coefficient", 0.0),
        "alpha_ordinal": Meaning("α, ordinal", "Krippendorff's α among votes, by rank", "coefficient", 0.0),
        "alpha_interval": Meaning(
            "α, interval", "Krippendorff's α among votes, squared difference", "coefficient", 0.0
        ),
    },
}


def meaning_of(family: str, figure: str) -> Meaning:
    """The meaning of a figure; `unscored:KIND` is the share of one reason."""
    if ":" in figure:
        kind = figure.partition(":")[2]
        return Meaning(f"… {kind}", f"of all responses that were asked about, unscored with `{kind}`")
    return MEANINGS[family][figure]


def number(value: float | None, scale: Scale) -> str:
    """A value of a figure as people read it; empty for none."""
    if value is None:
        return ""
    if scale == "share":
        return f"{100 * value:.1f} %"
    if scale == "difference":
        return f"{100 * value:+.1f} pp"
    return f"{value:.3f}" if scale == "coefficient" or abs(value) < 1000 else f"{value:.4g}"


def interval(figure: Figure, scale: Scale) -> str:
    """The interval of a figure in brackets; empty where it has none."""
    if figure.low is None or figure.high is None:
        return ""
    low, high = number(figure.low, scale), number(figure.high, scale)
    for unit in (" %", " pp"):
        if low.endswith(unit):
            return f"[{low.removesuffix(unit)}, {high.removesuffix(unit)}]{unit}"
    return f"[{low}, {high}]"
