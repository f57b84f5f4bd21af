"""The driver: source → tree → IR → checked → plan → `RMComposition`, each form made when it is first asked for."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmcompose.diagnostics import Diagnostic, Source, SpecError, nearest

if TYPE_CHECKING:
    from rmcompose.analysis.result import CheckedComposition, CheckedDocument
    from rmcompose.ir import Composition, Document, Expression, Param
    from rmcompose.plan.plan import Plan
    from rmcompose.runtime.client import Client
    from rmcompose.runtime.composition import RMComposition
    from rmcompose.runtime.spectest import TestOutcome


class ParamError(ValueError):
    """A param that the composition does not have, or a value it cannot take; the message is one line."""


class TargetError(ValueError):
    """A composition that the file does not hold, or none named where it holds several; the message is one line."""


class Compilation:
    """One spec on its way to a reward. Every property makes what it needs, once.

    `path` is the file as the user named it; with `text` the file is not read, and imports are looked for beside `path`.
    """

    def __init__(self, path: str | Path, text: str | None = None) -> None:
        self.path = Path(path)
        self._text = text

    @cached_property
    def checked(self) -> CheckedDocument:
        """The file after analysis, with the diagnostics of it and of its imports."""
        from rmcompose.analysis.load import check_project
        from rmcompose.syntax import read

        return check_project(self.path, self._text, read)

    @property
    def source(self) -> Source:
        """The text of the file."""
        return self.checked.source

    @property
    def document(self) -> Document:
        """The file as IR; what could not be read is left out."""
        return self.checked.document

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """Everything that is wrong, by file and position."""
        return self.checked.diagnostics

    @property
    def compositions(self) -> tuple[str, ...]:
        """The names of the file's compositions, in source order."""
        return tuple(composition.name for composition in self.document.compositions)

    def require(self) -> None:
        """Raises SpecError where the spec has errors."""
        if any(diagnostic.is_error for diagnostic in self.diagnostics):
            raise SpecError(self.diagnostics)

    def composition(self, name: str | None = None) -> CheckedComposition:
        """The checked composition of that name; without a name the only one, or the one named like the file.

        Raises SpecError, or TargetError where there is none of that name or none to choose.
        """
        self.require()
        names = self.compositions
        if name is None:
            stem = self.path.name.split(".")[0]
            chosen = names[0] if len(names) == 1 else stem if stem in names else None
            if chosen is None:
                listed = ", ".join(f"`{one}`" for one in names) or "none"
                raise TargetError(f"{self.path} holds several compositions ({listed}): name one as {self.path}::name")
            name = chosen
        if name not in self.checked.compositions:
            near = nearest(name, names)
            hint = f": did you mean `{near}`?" if near else ""
            raise TargetError(f"{self.path} has no composition `{name}`{hint}")
        return self.checked.compositions[name]

    def plan(self, name: str | None = None, params: Mapping[str, Any] | None = None, *, optimize: bool = True) -> Plan:
        """The plan of a composition with these params; raises SpecError, TargetError or ParamError."""
        from dataclasses import replace

        from rmcompose.plan.build import build
        from rmcompose.plan.constants import param_values
        from rmcompose.plan.passes import PASSES, order

        checked = self.composition(name)
        values = param_values(checked, checked_params(checked.composition, params or {}))
        plan = build(checked, values)
        for one in PASSES if optimize else (order,):
            plan = one(plan)
        return replace(plan, optimized=optimize, digest=self._digest(checked.composition.name, values))

    def condition(self, text: str, name: str | None = None, *, subject: str = "the condition") -> Expression:
        """A formula over the names of a composition and its `return`; raises SpecError where it is no condition."""
        from rmcompose.analysis.again import condition_faults
        from rmcompose.syntax import parse_expression
        from rmcompose.syntax.place import in_file

        checked = self.composition(name)
        expression, faults = parse_expression(text, in_file(Source(subject, text)))
        if expression is not None and not faults:
            faults = condition_faults(checked, expression, subject)
        if expression is None or any(fault.is_error for fault in faults):
            raise SpecError(faults)
        return expression

    def reward(
        self,
        name: str | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        optimize: bool = True,
        client: Client | None = None,
    ) -> RMComposition:
        """The composition, ready to score. Raises MissingPackage where a rule needs what is not installed."""
        from rmcompose.runtime.composition import RMComposition

        return RMComposition(self.plan(name, params, optimize=optimize), client)

    def tests(self) -> list[TestOutcome]:
        """Runs every spec test of the file, with the default params; raises SpecError where the spec has errors."""
        from rmcompose.runtime.spectest import run_test

        self.require()
        outcomes = []
        for composition in self.document.compositions:
            plan = self.plan(composition.name, optimize=False) if composition.tests else None
            outcomes += [run_test(plan, composition, test) for test in composition.tests if plan is not None]
        return outcomes

    def _digest(self, name: str, params: Mapping[str, Any]) -> str:
        digest = hashlib.sha256()
        seen: set[int] = set()
        stack = [self.checked]
        while stack:
            one = stack.pop()
            if id(one) in seen:
                continue
            seen.add(id(one))
            digest.update(one.document.model_dump_json().encode())
            stack.extend(imported for _, imported in sorted(one.imports.items()))
        digest.update(repr((name, sorted(params.items()))).encode())
        return f"sha256:{digest.hexdigest()}"


def checked_params(composition: Composition, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values given for params, as their types hold them; raises ParamError."""
    declared = {param.name: param for param in composition.params}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in declared:
            near = nearest(name, declared)
            hint = f": did you mean `{near}`?" if near else ""
            raise ParamError(f"`{composition.name}` has no param `{name}`{hint}")
        values[name] = _param_value(declared[name], value)
    return values


def _param_value(param: Param, value: Any) -> Any:
    kind = param.type.kind
    if kind in ("text", "enum", "list", "bool"):
        wanted = {"text": str, "enum": str, "list": list, "bool": bool}[kind]
        if not isinstance(value, wanted):
            raise ParamError(f"param `{param.name}` is {kind}, not {value!r}")
        if kind == "enum" and value not in param.type.choices:
            raise ParamError(f"param `{param.name}` is one of {', '.join(param.type.choices)}, not {value!r}")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ParamError(f"param `{param.name}` is a number, not {value!r}")
    if kind == "int" and value != int(value):
        raise ParamError(f"param `{param.name}` is a whole number, not {value!r}")
    low, high = param.type.bounds
    if not low <= value <= high:
        raise ParamError(f"param `{param.name}` is {value!r}, outside its range [{low:g}, {high:g}]")
    return int(value) if kind == "int" else value


def split_target(spec: str | Path) -> tuple[str, str | None]:
    """`FILE::composition` as (file, composition); the composition is None where it is left out."""
    path, found, name = str(spec).partition("::")
    return path, name if found else None


def check(path: str | Path) -> list[Diagnostic]:
    """Everything that is wrong with a spec file and its imports, by file and position; empty where nothing is.

    Raises OSError where the file itself cannot be read.
    """
    return Compilation(path).diagnostics


def load(
    spec: str | Path,
    *,
    params: Mapping[str, Any] | None = None,
    optimize: bool = True,
    client: Client | None = None,
) -> RMComposition:
    """The composition of a spec: `FILE`, `FILE::composition`, or a name of the library such as `math/final_answer`.

    `params` sets its params; `optimize=False` evaluates every node of every arm, with the same scores. Raises SpecError
    with the diagnostics, TargetError, ParamError, or OSError where a file cannot be read.
    """
    from rmcompose.library.places import resolve

    path, name = split_target(spec)
    return Compilation(resolve(path)).reward(name, params, optimize=optimize, client=client)


def loads(
    text: str,
    *,
    name: str | None = None,
    path: str | Path = "spec.rm",
    params: Mapping[str, Any] | None = None,
    optimize: bool = True,
    client: Client | None = None,
) -> RMComposition:
    """As `load`, from a text. `path` says where imports are looked for, and by its ending which syntax it is."""
    return Compilation(path, text).reward(name, params, optimize=optimize, client=client)


def parse(text: str, path: str | Path = "spec.rm") -> Document:
    """The IR of a text; raises SpecError where it has syntax errors. Nothing else is checked."""
    from rmcompose.syntax import read

    parsed = read(Source(str(path), text))
    if parsed.document is None or any(diagnostic.is_error for diagnostic in parsed.diagnostics):
        raise SpecError(parsed.diagnostics)
    return parsed.document


def dumps(document: Document, to: str = "rm") -> str:
    """The canonical text of a document, `to` "rm" or "yaml"."""
    from rmcompose.syntax import print_document, write_yaml

    if to not in ("rm", "yaml"):
        raise ValueError(f"`to` is rm or yaml, not {to!r}")
    return print_document(document) if to == "rm" else write_yaml(document)
