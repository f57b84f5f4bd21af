"""What every benchmark prints: the machine, in general terms, and a Markdown table."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence


def machine() -> str:
    """Cores and Python, without names: figures are compared within one run, not between machines."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {platform.system()} {platform.machine()}, CPython {platform.python_version()}"


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], words: Sequence[int] = (0,)) -> str:
    """A Markdown table under its title; the columns in `words` are text, the others are figures."""
    lines = [
        f"### {title}",
        "",
        f"_{machine()}_",
        "",
        f"| {' | '.join(head)} |",
        f"|{'|'.join('---' if index in words else '---:' for index in range(len(head)))}|",
    ]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"
