"""Python's garbage collector in a process that is one command.

Loading a program makes tens of thousands of objects, and hardly one of them is garbage. Looking for some among them, as
the collector does every 700 new ones and once more at the end of the process, takes a sixth of the time of a short
command.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 200_000
"""New objects between two collections: a few times what loading makes, and tens of MB at most."""

_USUAL = gc.get_threshold()


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """For a command that is the whole process: what it leaves behind goes with the process."""
    gc.set_threshold(SELDOM)
    try:
        yield
    finally:
        gc.freeze()


def collect_as_usual() -> None:
    """For a command that will run long, once it has loaded."""
    gc.set_threshold(*_USUAL)
