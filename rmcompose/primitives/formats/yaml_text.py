"""Whether a text is YAML, told from the events of the parser: nothing is built, so an alias costs nothing."""

from __future__ import annotations

import importlib
from typing import Any

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.formats.fences import unfenced
from rmcompose.primitives.registry import TEXT, register, setting

_MOST_CHARACTERS = 100_000
_MOST_DEPTH = 500
_KINDS = {"MappingStartEvent": "mapping", "SequenceStartEvent": "sequence", "ScalarEvent": "scalar"}


def _root_of(text: str) -> str:
    """The kind of the document: `mapping`, `sequence` or `scalar`. Raises `ValueError` with what is wrong."""
    if len(text) > _MOST_CHARACTERS:
        raise RuleError(f"the text is too long to read as YAML: {len(text)} characters, at most {_MOST_CHARACTERS}")
    yaml = importlib.import_module("yaml")
    root = ""
    depth = 0
    anchors: set[Any] = set()
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            kind = type(event).__name__
            if kind == "DocumentStartEvent" and root:
                raise ValueError("it holds several documents")
            root = root or _KINDS.get(kind, "")
            depth += kind in ("MappingStartEvent", "SequenceStartEvent")
            depth -= kind in ("MappingEndEvent", "SequenceEndEvent")
            if depth > _MOST_DEPTH:
                raise RuleError(f"the YAML is nested more than {_MOST_DEPTH} levels deep")
            if kind == "AliasEvent" and event.anchor not in anchors:
                raise ValueError(f"the alias `{str(event.anchor)[:60]}` has no anchor")
            anchors.add(getattr(event, "anchor", None))
    except yaml.YAMLError as fault:
        raise ValueError(" ".join(str(getattr(fault, "problem", None) or fault).split())[:200]) from None
    except RecursionError:
        raise RuleError("the YAML is nested too deeply to read") from None
    if not root:
        raise ValueError("it is empty")
    return root


def _explain(_value: bool, text: str, root: str = "any", fence: bool = False) -> str:  # noqa: ARG001  # as the rule
    try:
        return f"a {_root_of(unfenced(text) if fence else text)}"
    except ValueError as fault:
        return f"it is not YAML: {fault}"


@register(
    "yaml_valid",
    returns="bool",
    arguments={
        "text": TEXT,
        "root": setting("what the document must be", choices=("any", "mapping", "sequence")),
        "fence": setting("whether a code fence around the whole text is taken off first"),
    },
    explain=_explain,
    example='yaml_valid(text = "a: 1\\nb: [x, y]", root = "mapping") -> true',
)
def yaml_valid(text: str, root: str = "any", fence: bool = False) -> bool:
    """Whether the whole text is one YAML 1.1 document.

    A plain sentence is YAML, too: ask for a `mapping` or `sequence` where that is meant. Tags are not looked at, and
    keys may repeat. At most 100,000 characters are read.
    """
    try:
        found = _root_of(unfenced(text) if fence else text)
    except ValueError:
        return False
    return root in ("any", found)
