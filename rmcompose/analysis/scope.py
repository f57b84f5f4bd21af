"""What a composition can name: the compositions its nodes instantiate, and in its formulas the names it declares."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rmcompose.analysis.report import Report
from rmcompose.analysis.result import CheckedComposition, CheckedDocument, Inferred
from rmcompose.analysis.values import ERROR, STANDARD_FIELDS
from rmcompose.diagnostics.source import Span
from rmcompose.diagnostics.suggest import nearest
from rmcompose.ir import Composition, Name

MOST_SUGGESTIONS = 50
"""Did-you-mean compares with every name, so a file with thousands of unknown names gets it for the first ones only."""


@dataclass(slots=True)
class Callees:
    """What compose nodes of one file can name.

    `checked` holds the file's own compositions that were found sound so far, `own` all that it declares, `imports`
    each alias with its document, None where it could not be had. `poisoned` are names of what could not be read.
    """

    checked: dict[str, CheckedComposition] = field(default_factory=dict)
    own: Mapping[str, Composition] = field(default_factory=dict)
    imports: Mapping[str, CheckedDocument | None] = field(default_factory=dict)
    poisoned: frozenset[str] = frozenset()


@dataclass(slots=True)
class Scope:
    """What the formulas of a composition can use.

    `values` maps every declared name to what is known of it; a name that is in `declared` and not there belongs to a
    cycle or to a statement that could not be read. `targets` has the checked composition behind each compose node,
    `defaults` the value of each param as declared. `declared` has the span of each name's declaration.
    `looks` gathers what is looked at as a whole: the `responses` of a sample, the `steps` of a response; `fields` the
    fields of the sample that are read without an input.
    """

    report: Report
    declared: dict[str, Span | None] = field(default_factory=dict)
    values: dict[str, Inferred] = field(default_factory=dict)
    targets: dict[str, CheckedComposition] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    params: Collection[str] = frozenset()
    poisoned: Collection[str] = frozenset()
    narrowed: Mapping[str, Inferred] = field(default_factory=dict)
    suggested: int = 0
    looks: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)

    def quiet(self) -> Scope:
        """The same names with a report that nobody reads."""
        return replace(self, report=Report())

    def within(self, narrowed: Mapping[str, Inferred]) -> Scope:
        """The same names where a condition says more of some of them."""
        return replace(self, narrowed={**self.narrowed, **narrowed}) if narrowed else self

    def whole(self) -> Scope:
        """The same names without what conditions say of them."""
        return replace(self, narrowed={}) if self.narrowed else self

    def look_up(self, name: Name) -> Inferred:
        """What is known of a name, or ERROR after a diagnostic was given."""
        found = self.narrowed.get(name.name) or self.values.get(name.name)
        if found is not None:
            return found
        if name.name in self.declared or name.name in self.poisoned:
            return ERROR
        head, _, rest = name.name.partition(".")
        if rest and (head in self.declared or head in self.poisoned):
            return self._inner(name, head, rest)
        self.unknown(name.name, name.span)
        return ERROR

    def unknown(self, name: str, span: Span | None) -> None:
        """Reports a name that is not declared."""
        if name in STANDARD_FIELDS:
            self.report.error(
                "RM207",
                f"the sample field `{name}` is not an input of this composition",
                span,
                label="not declared as an input",
                help=(f"declare it: `input {name}: {STANDARD_FIELDS[name]}`",),
            )
            return
        similar = self._similar(name, self.declared)
        self.report.error(
            "RM201",
            f"unknown name `{name}`",
            span,
            label="not found in this composition",
            labels=((self.declared[similar], "a similar name is declared here"),) if similar is not None else (),
            help=(f"did you mean `{similar}`?",) if similar is not None else (),
        )

    def _inner(self, name: Name, head: str, rest: str) -> Inferred:
        """What is known of `solved.quality`, a node inside a compose node."""
        if head not in self.values or self.values[head].kind == "error":
            return ERROR
        target = self.targets.get(head)
        if target is None:
            self.report.error(
                "RM201",
                f"unknown name `{name.name}`",
                name.span,
                label=f"`{head}` is not a composition with nodes inside",
                labels=((self.declared.get(head), "declared here"),),
            )
            return ERROR
        *folders, last = rest.split(".")
        for folder in folders:
            inner = None if folder.startswith("_") else target.targets.get(folder)
            if inner is None:
                return self._no_inner(name, folder, target)
            target = inner
        found = None if last.startswith("_") else target.nodes.get(last)
        if found is None:
            return self._no_inner(name, last, target)
        return replace(found, level=max(found.level, self.values[head].level))

    def _no_inner(self, name: Name, part: str, target: CheckedComposition) -> Inferred:
        public = [one for one in target.nodes if not one.startswith("_")]
        similar = self._similar(part, public)
        before = name.name.rpartition(part)[0]
        self.report.error(
            "RM201",
            f"unknown name `{name.name}`",
            name.span,
            label=f"no node `{part}` is visible in `{target.composition.name}`",
            help=(f"did you mean `{before}{similar}`?",) if similar is not None else (),
        )
        return ERROR

    def _similar(self, name: str, candidates: Collection[str]) -> str | None:
        self.suggested += 1
        return nearest(name, candidates) if self.suggested <= MOST_SUGGESTIONS else None
