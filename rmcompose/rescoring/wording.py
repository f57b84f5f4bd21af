"""What a difference is told in: the names of its figures, and how its numbers are written."""

from __future__ import annotations

from rmcompose.calibration.bootstrap import Figure
from rmcompose.rescoring.comparing import Difference
from rmcompose.rescoring.movement import KEPT, SWAPPED, TIED, UNTIED

NAMES: dict[tuple[str, str], tuple[str, bool]] = {
    ("shift", "mean"): ("mean shift, new − old", False),
    ("shift", "mean_absolute"): ("mean size of shift", False),
    ("shift", "moved"): ("responses that moved", True),
    ("order", KEPT): ("pairs that kept their order", True),
    ("order", SWAPPED): ("pairs that swapped", True),
    ("order", TIED): ("pairs that became tied", True),
    ("order", UNTIED): ("pairs no longer tied", True),
    ("ranks", "kendall"): ("Kendall's τ-b within samples", False),
    ("ranks", "spearman"): ("Spearman's ρ within samples", False),
    ("winner", "changed"): ("samples with another winner", True),
}
"""The name of each figure by family and name, and whether it is a share."""

MARKS = {"added": "+", "removed": "-", "changed": "~", "reads": "*"}


def number(value: float | None, *, share: bool = False) -> str:
    """A figure as it is written: shares in percent."""
    if value is None:
        return "–"
    return f"{value * 100:.1f} %" if share else f"{value:.4g}"


def interval(figure: Figure, *, share: bool) -> str:
    """The interval, or nothing where there is none."""
    if figure.low is None or figure.high is None:
        return ""
    return f"{number(figure.low, share=share)} … {number(figure.high, share=share)}"


def rows(difference: Difference) -> list[tuple[str, str, str, str, str]]:
    """The figures as name, value, interval, number of observations and remark; those without observations left out."""
    found = []
    for family, figures in difference.figures.items():
        for name, figure in figures.items():
            title, share = NAMES[family, name]
            if figure.value is None and family != "shift":
                continue
            told = number(figure.value, share=share), interval(figure, share=share), f"{figure.n:,}"
            found.append((title, *told, figure.reason or ""))
    return found


def facts(difference: Difference) -> list[tuple[str, str]]:
    """What was compared, in words."""
    told = [("old", difference.old), ("new", difference.new)]
    moved = difference.movement
    if moved is None:
        return told
    alone = [
        f"{count:,} only in the {side}"
        for count, side in ((difference.only_old, "old"), (difference.only_new, "new"))
        if count
    ]
    told.append(("samples", ", ".join([f"{moved.samples:,} in both", *alone])))
    states = [
        (moved.became_unscored, "became unscored" + _kinds(difference)),
        (moved.became_scored, "became scored"),
        (moved.unscored, "unscored in both"),
    ]
    more = [f"{count:,} {what}" for count, what in states if count]
    told.append(("responses", ", ".join([f"{moved.responses:,}: {moved.scored:,} scored in both", *more])))
    for count, what in ((moved.winners_lost, "no longer have"), (moved.winners_found, "now have")):
        if count:
            told.append(("winners", f"{count:,} samples {what} a winner"))
    return told


def _kinds(difference: Difference) -> str:
    assert difference.movement is not None
    kinds = difference.movement.reasons
    return f" ({', '.join(f'{count:,} {kind}' for kind, count in sorted(kinds.items()))})" if kinds else ""


def overall(difference: Difference) -> str:
    """The correlation over all responses in one line."""
    assert difference.movement is not None
    named = {"kendall": "Kendall's τ-b", "spearman": "Spearman's ρ"}
    found = difference.movement.overall()
    reasons = [value for value in found.values() if isinstance(value, str)]
    if reasons:
        return reasons[0]
    return ", ".join(f"{named[name]} {value:.4g}" for name, value in found.items())


def quantiles(difference: Difference) -> str:
    """The quantiles of the shifts in one line."""
    assert difference.movement is not None
    named = {"0": "least", "0.5": "median", "1": "greatest"}
    parts = []
    for share, value in difference.movement.quantiles().items():
        parts.append(f"{named.get(share, f'{float(share) * 100:g} %')} {number(value)}")
    return ", ".join(parts)
