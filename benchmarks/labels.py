"""Rules against recorded labels: how often each says what the authors of a data set recorded.

    python benchmarks/labels.py [NAME …]

One module a data set in `benchmarks/labelled/`, its data in `benchmarks/data/`. Balanced accuracy is the mean of the
shares that are right among each label: a rule that always says the same has 50 %. Nothing here depends on the machine.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

import labelled
from labelled import Line
from report import table

DATA = Path(__file__).parent / "data"
HEAD = ("data", "rule or spec", "agrees", "%", "balanced %", "")


def sets() -> list[str]:
    """The modules of `labelled`, by name."""
    return sorted(found.name for found in pkgutil.iter_modules(labelled.__path__))


def lines(name: str) -> list[Line]:
    """The figures of one data set."""
    return list(importlib.import_module(f"labelled.{name}").lines(DATA))


def row(line: Line) -> list[str]:
    """One row of the table. A share is cut, not rounded: 100.0 stands only for all."""
    return [
        line.data,
        line.what,
        f"{line.agree:,} of {line.cases:,}",
        _percent(line.agree / line.cases) if line.cases else "",
        "" if line.balanced is None else _percent(line.balanced),
        line.note,
    ]


def _percent(share: float) -> str:
    return f"{int(share * 1000 + 1e-9) / 10:.1f}"


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(sets())}; all where none is given")
    names = parser.parse_args().names or sets()
    unknown = sorted(set(names) - set(sets()))
    if unknown:
        parser.error(f"there is no data set `{unknown[0]}`: {', '.join(sets())}")
    rows = [row(line) for name in names for line in lines(name)]
    print(table("Rules against recorded labels", HEAD, rows, words=(0, 1, 5)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
