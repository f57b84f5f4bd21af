"""A difference as one self-contained page: no script, nothing from elsewhere. What comes from data is escaped."""

from __future__ import annotations

from collections.abc import Iterator

from rmcompose.pages.document import document
from rmcompose.pages.markup import esc, table, tag
from rmcompose.rescoring import chart
from rmcompose.rescoring.comparing import Difference
from rmcompose.rescoring.movement import Movement
from rmcompose.rescoring.wording import MARKS, facts, number, overall, quantiles, rows


def page(difference: Difference) -> str:
    """The whole page as text."""
    told = tag(
        "dl", "".join(tag("dt", esc(name)) + tag("dd", esc(text)) for name, text in facts(difference)), class_="facts"
    )
    parts = [tag("h1", "What moved"), told]
    if difference.changes is not None:
        parts.append(_changes(difference))
    if difference.movement is not None:
        parts += _moved(difference, difference.movement)
    return document("What moved", tag("main", "".join(parts)))


def _changes(difference: Difference) -> str:
    if not difference.changes:
        return tag("h2", "Specs") + tag("p", "The specs say the same.")
    body = []
    for change in difference.changes:
        old, new = (None if text is None else tag("pre", esc(text)) for text in (change.old, change.new))
        mark = f"{MARKS[change.what]} {change.what}" if change.what != "reads" else "* reads what changed"
        body.append([esc(change.name), esc(mark), old or "", new if new is not None and change.what != "reads" else ""])
    return tag("h2", "Specs") + table(["statement", "", "old", "new"], body)


def _moved(difference: Difference, moved: Movement) -> Iterator[str]:
    yield tag("h2", "Scores")
    body = [[esc(cell) for cell in row] for row in rows(difference)]
    figures = table(["figure", "value", "95 % interval", "n", ""], body, numbers=frozenset({1, 3}))
    resamples = f"{difference.resampling.resamples:,} resamples at most, seed {difference.resampling.seed}"
    intervals = tag("p", esc(f"Intervals: percentile bootstrap over samples, {resamples}."), class_="soft")
    yield tag("figure", tag("figcaption", tag("h3", "Figures")) + figures + intervals)
    drawn = [("Old against new", overall(difference), chart.scatter(moved))]
    if moved.scored:
        drawn.append(("Shifts", quantiles(difference), chart.shifts(moved)))
    yield tag(
        "div",
        "".join(
            tag("figure", tag("figcaption", tag("h3", esc(name)) + tag("p", esc(words))) + svg)
            for name, words, svg in drawn
        ),
        class_="plots",
    )
    if moved.moves:
        body = [
            [esc(move.id), f"{move.index}", number(move.old), number(move.new), number(move.new - move.old)]
            for move in moved.moves
        ]
        heads = ["sample", "response", "old", "new", "shift"]
        yield tag("h2", "Largest moves") + table(heads, body, numbers=frozenset({1, 2, 3, 4}))
    if moved.upsets:
        body = [[esc(one.id), f"{one.old}", f"{one.new}", number(one.size)] for one in moved.upsets]
        heads = ["sample", "old winner", "new winner", "swing"]
        yield tag("h2", "Other winners") + table(heads, body, numbers=frozenset({1, 2, 3}))
    yield tag("h2", "Nodes") + table(*_nodes(moved), numbers=frozenset(range(1, 7)))


def _nodes(moved: Movement) -> tuple[list[str], list[list[str]]]:
    heads = ["node", "in both", "other value", "became scored", "became unscored", "old mean", "new mean"]
    body = []
    for name, node in moved.nodes.items():
        told = node.as_dict()
        counts = [f"{told[key]:,}" for key in ("both", "changed", "became_scored", "became_unscored")]
        body.append([esc(name), *counts, number(told["old"]), number(told["new"])])
    body += [[esc(name), "only old", *[""] * 5] for name in moved.old_only]
    body += [[esc(name), "only new", *[""] * 5] for name in moved.new_only]
    return heads, body
