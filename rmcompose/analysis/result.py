"""What the analysis finds out of a composition, beside its diagnostics: the annotations the plan is built from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rmcompose.diagnostics.diagnostic import Diagnostic
from rmcompose.diagnostics.source import Source
from rmcompose.ir import Composition, Document
from rmcompose.ir.interval import Interval

InferredKind = Literal["bool", "int", "float", "text", "list", "enum", "any", "error"]
CONSTANT, SAMPLE, RESPONSE, STEP = 0, 1, 2, 3
"""Levels: known before any sample, the same for all responses of a sample, one value per response, one per step."""


@dataclass(frozen=True, slots=True)
class Inferred:
    """What is known of an expression's value before it is computed.

    `low` and `high` bound a number (a bool counts as 0 and 1; (1, 1) is surely true). `choices` are an enum's texts.
    `any` is a sample field of unknown type, `error` what a diagnostic was already given for.
    """

    kind: InferredKind
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    level: int = CONSTANT
    declared: Interval | None = None

    @property
    def range(self) -> Interval:
        """The closed range of a number or bool."""
        return self.low, self.high

    @property
    def is_number(self) -> bool:
        """Whether it is an int or a float."""
        return self.kind in ("int", "float")


@dataclass(frozen=True, slots=True)
class CheckedComposition:
    """A composition with what was inferred of it.

    `nodes`, `inputs` and `params` map declared names to what is known of them. `order` lists the node names so that
    each comes after the nodes it uses. `bindings` maps a rule node to what its left-out data arguments bind to: the
    argument's name to the name of a declared input or, where there is none, the sample field (`field:response`).
    `targets` maps a compose node to the checked composition it instantiates. `gates` has the inferred condition of each
    gate, in source order; `result` is what the `return` can give. `looks` says what it looks at as a whole, with all
    that it composes: the `responses` of a sample, the `steps` of a response. `steps_from` is the path to the steps that
    it reads, None where it reads none.
    """

    composition: Composition
    path: str
    nodes: Mapping[str, Inferred]
    inputs: Mapping[str, Inferred]
    params: Mapping[str, Inferred]
    order: tuple[str, ...]
    bindings: Mapping[str, Mapping[str, str]]
    targets: Mapping[str, CheckedComposition]
    gates: tuple[Inferred, ...]
    result: Inferred
    looks: frozenset[str] = frozenset()
    steps_from: tuple[str, ...] | None = None


@dataclass(slots=True)
class CheckedDocument:
    """One file after analysis: `compositions` holds those that can be planned, by name."""

    source: Source
    document: Document
    diagnostics: list[Diagnostic] = field(default_factory=list)
    compositions: dict[str, CheckedComposition] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    imports: dict[str, CheckedDocument] = field(default_factory=dict)
