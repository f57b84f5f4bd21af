"""Rules against data with recorded labels, one module a data set; `benchmarks/labels.py` prints them as one table.

Each module has `lines(folder)`, which reads its files below the folder and yields a `Line` for each figure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Line(NamedTuple):
    """One figure: what was compared, how many of the cases agree with their label, and what a reader must know.

    `balanced` is the balanced accuracy, where labels are two classes and one of them is rare.
    """

    data: str
    what: str
    agree: int
    cases: int
    note: str = ""
    balanced: float | None = None


def agreement(data: str, what: str, pairs: Iterable[tuple[bool | None, bool]], note: str = "") -> Line:
    """The line of `(value, label)` pairs of two classes; a value that could not be had agrees with no label."""
    counted = {True: [0, 0], False: [0, 0]}
    for value, label in pairs:
        counted[label][0] += value is label
        counted[label][1] += 1
    shares = [right / all_ for right, all_ in counted.values() if all_]
    agree, cases = (sum(counts[index] for counts in counted.values()) for index in (0, 1))
    return Line(data, what, agree, cases, note, sum(shares) / len(shares))
