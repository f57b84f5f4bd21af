"""The settings of a judge as the IR holds them, whatever the syntax they were written in."""

from __future__ import annotations

from rmcompose import ir
from rmcompose.ir.judging import SETTINGS
from rmcompose.syntax.literals import prose

PROSE_SETTINGS = frozenset({"system"})
"""Settings whose text is prose: a block of `.rm` and a block scalar of YAML are the same text."""


def shaped(name: str, value: ir.Expression) -> ir.Expression:
    """The value of the setting `name`: the bare word of a choice becomes a text, prose is held as all prose is."""
    if SETTINGS[name].shape == "word" and isinstance(value, ir.Name) and "." not in value.name:
        return ir.Constant(value=value.name, span=value.span)
    if name in PROSE_SETTINGS and isinstance(value, ir.Constant) and isinstance(value.value, str):
        return ir.Constant(value=prose(value.value), span=value.span)
    return value
