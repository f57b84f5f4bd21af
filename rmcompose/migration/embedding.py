"""A composition of the library as a part of another file: an import cannot leave a project, a copy needs none."""

from __future__ import annotations

from functools import cache
from typing import Any

from rmcompose import ir
from rmcompose.compiler import parse
from rmcompose.library import names
from rmcompose.library.card import read_fields
from rmcompose.migration.models import settings_of


@cache
def library(spec: str) -> ir.Composition:
    """The composition of a spec of the library. Raises LookupError where the installation has no library."""
    path = names().get(spec)
    if path is None:
        raise LookupError(f"the library has no `{spec}`")
    (composition,) = parse(path.read_text(encoding="utf-8"), path.name).compositions
    return composition


def embedded(spec: str, name: str, settings: dict[str, Any], addition: str = "") -> ir.Composition:
    """A copy of a spec's composition called `name`, without its tests; its judges get `settings`, their rubrics
    `addition` as a last paragraph.
    """
    original = library(spec)
    prose, _ = read_fields(original.doc)
    nodes = tuple(_changed(node, settings, addition) if isinstance(node, ir.Judge) else node for node in original.nodes)
    doc = f"{prose}\n\nA copy of `{spec}` of the library."
    return original.model_copy(update={"name": name, "doc": doc, "nodes": nodes, "tests": ()})


def _changed(judge: ir.Judge, settings: dict[str, Any], addition: str) -> ir.Judge:
    if not settings and not addition:
        return judge
    values: dict[str, Any] = {one.name: one.value for one in judge.settings} | settings
    rubric = "\n\n".join(part for part in (judge.rubric or "", addition) if part)
    return judge.model_copy(update={"settings": settings_of(values), "rubric": rubric})
