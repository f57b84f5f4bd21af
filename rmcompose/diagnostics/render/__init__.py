"""Diagnostics as text, one file per format.

In comes a list of diagnostics, out goes one string without a line end at its end (empty where a text format has
nothing to say). Look first at `full.py`, the frames people read; `snippet.py` draws the source lines in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from rmcompose.diagnostics.diagnostic import Diagnostic

Format = Literal["full", "concise", "json", "github", "sarif"]
FORMATS: tuple[str, ...] = get_args(Format)


def render(diagnostics: Sequence[Diagnostic], format: str, *, color: bool = False) -> str:  # noqa: A002
    """The diagnostics in one of `FORMATS`; `color` adds ANSI colours to the formats for people.

    Raises ValueError for a format that does not exist.
    """
    if not diagnostics and format in ("full", "concise", "github"):
        return ""
    # each format is imported only when it is asked for
    if format == "full":
        from rmcompose.diagnostics.render.full import full

        return full(diagnostics, color=color)
    if format == "concise":
        from rmcompose.diagnostics.render.concise import concise

        return concise(diagnostics, color=color)
    if format == "json":
        from rmcompose.diagnostics.render.json_list import json_list

        return json_list(diagnostics)
    if format == "github":
        from rmcompose.diagnostics.render.github import github

        return github(diagnostics)
    if format == "sarif":
        from rmcompose.diagnostics.render.sarif import sarif

        return sarif(diagnostics)
    raise ValueError(f"unknown format `{format}`")
