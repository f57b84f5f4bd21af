"""Fields of OpenJudge's graders as inputs: where a mapper says that they are, or in the column of their own name."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from rmcompose import ir
from rmcompose.ir.reserved import RESERVED
from rmcompose.migration.findings import Findings, kind_of, mapping, shown
from rmcompose.migration.names import STANDARD, Names
from rmcompose.primitives.registry import ArgumentSpec

_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*", re.ASCII)
_INPUTS = {"query": "prompt", "instruction": "prompt", "reference_response": "reference", "messages": "trace"}


class Fields:
    """The inputs of one composition."""

    def __init__(self, found: Findings, names: Names) -> None:
        self._found = found
        self._names = names
        self._inputs: dict[tuple[str, str], ir.Input] = {}

    def declared(self) -> tuple[ir.Input, ...]:
        """The inputs, in the order in which they were first read."""
        return tuple(self._inputs.values())

    def mapper(self, value: Any, what: str) -> dict[str, str] | None:
        """A mapper as paths by field; None where there is none."""
        if value is None:
            return None
        if callable(value):
            self._found.error(f"{what}: its mapper is a Python function: give a mapping of fields to paths")
            return {}
        paths = {}
        for field, path in mapping(value, f"the mapper of {what}", self._found).items():
            if not isinstance(path, str):
                self._found.error(f"the mapper of {what}: the path of {shown(field)} is {kind_of(path)}, not a text")
            elif not _PATH.fullmatch(path):
                self._found.error(f"the mapper of {what}: {shown(path)} is no path: names or numbers with dots between")
            else:
                paths[field] = path
        return paths

    def unused(self, paths: dict[str, str] | None, read: Collection[str], what: str) -> None:
        """Notes the fields of a mapper that nothing reads."""
        for field in paths or {}:
            if field not in read:
                self._found.note(f"the mapper of {what}: {shown(field)} is left out, nothing reads it")

    def argument(self, field: str, argument: ArgumentSpec, paths: dict[str, str] | None, what: str) -> ir.Name | None:
        """What a rule's data argument is set to; None where it binds by itself to the same field."""
        path = (paths or {}).get(field)
        if field == "messages" and path in (None, "messages"):
            return None  # the messages of the response, which the rule takes by itself
        kind = "text" if argument.kind in ("text", "texts") else "list"
        name = _INPUTS.get(field, field) if argument.name != "value" else "reference"
        return self.input(field, name, kind, paths, what)

    def input(self, field: str, name: str, kind: str, paths: dict[str, str] | None, what: str) -> ir.Name:
        """The input that holds a field."""
        path = (paths or {}).get(field)
        if paths is not None and path is None:
            self._found.note(f"the mapper of {what} lacks {shown(field)}, which it needs: it is read from `{name}`")
            path = name
        if field == "response":
            if path not in (None, "response"):
                self._found.note(f"responses are in {shown(path)}: run with `--map response={path}`")
            path = "response"
        if path is None:
            path = field
        elif path != name and not _writable(path):
            self._found.note(f"a spec cannot read {shown(path)} by itself: run with `--map {name}={path}`")
            path = name
        key = path, kind
        if key not in self._inputs:
            name = name if self._free(name) else self._names.take(name, "field")
            shown_path = None if path == name else path
            self._inputs[key] = ir.Input(name=name, type=_type(kind), path=shown_path)
        return ir.Name(name=self._inputs[key].name)

    def _free(self, name: str) -> bool:
        """Whether an input may have this name: that of a standard field, or one that nothing else has."""
        if name in {one.name for one in self._inputs.values()}:
            return False
        return name in STANDARD or self._names.claim(name)


def _writable(path: str) -> bool:
    """Whether `from` can name a path: its words are names, and the first is not reserved."""
    first, *others = path.split(".")
    return first not in RESERVED and not any(one[0].isdigit() for one in others)


def _type(kind: str) -> ir.Type:
    return ir.Type(kind="list") if kind == "list" else ir.Type(kind="text")
