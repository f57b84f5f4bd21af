"""Rules against data with recorded labels, one module a data set; `benchmarks/labels.py` prints them as one table.

Each module has `lines(folder)`, which reads its files below the folder and yields a `Line` for each figure.
"""

from __future__ import annotations

from typing import NamedTuple


class Line(NamedTuple):
    """One figure: what was compared, how many of the cases agree with their label, and what a reader must know."""

    data: str
    what: str
    agree: int
    cases: int
    note: str = ""
