"""The statements of a composition: inputs, params, nodes, gates and tests.

A node is a `Rule`, `Judge`, `Compose`, `Aggregate` or `Let`. Every declared thing has a `name` with its `name_span`.
Prose (docs, rubrics, criteria, reasons) is held without surrounding blank lines and without common indentation.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rmcompose.ir.base import Node
from rmcompose.ir.expressions import Expression
from rmcompose.ir.types import Type

AGGREGATES = (
    "weighted_mean",
    "weighted_sum",
    "mean",
    "min",
    "max",
    "median",
    "product",
    "geometric_mean",
    "harmonic_mean",
    "all",
    "any",
    "at_least",
)
WEIGHTED_AGGREGATES = frozenset({"weighted_mean", "weighted_sum"})
MEAN_AGGREGATES = frozenset({"weighted_mean", "mean", "median", "geometric_mean", "harmonic_mean", "min", "max"})
"""Aggregates whose members must share one range (RM303)."""
BOOL_AGGREGATES = frozenset({"all", "any", "at_least"})


class Input(Node):
    """`input name: type [from path] [= default]`: what is read from the sample. `path` is dotted."""

    name: str
    doc: str = ""
    type: Type
    path: str | None = None
    default: Expression | None = None


class Param(Node):
    """`param name: type = default`: what the user of the composition may set."""

    name: str
    doc: str = ""
    type: Type
    default: Expression


class Callee(Node):
    """The name of what is called: a registered rule, or `alias.composition`, or a composition of the same file."""

    name: str


class Argument(Node):
    """`name = value` in the call of a rule or a composition; `name_span` covers the name."""

    name: str
    value: Expression


class Rule(Node):
    """`rule name [: type] = rule(arguments)`: a primitive of the registry.

    `on_unscored` is a constant that stands in where the rule is unscored; in `.rm` it is the reserved argument
    `on_unscored = …` of the call, in YAML a key beside `rule`.
    """

    kind: Literal["rule"] = "rule"
    name: str
    doc: str = ""
    type: Type | None = None
    rule: Callee
    arguments: tuple[Argument, ...] = ()
    on_unscored: Expression | None = None


class Setting(Node):
    """`name = value` in the body of a judge. Words (`style = checklist`) are text constants, `given` is names."""

    name: str
    value: Expression


class Criterion(Node):
    """`criterion id weight w = "text"`; a weight left out is 1."""

    name: str
    weight: Expression | None = None
    text: str


class Verdict(Node):
    """`verdict "label" = value`: what a label found by `extract` is worth; `Name("abstain")` where it is no verdict."""

    label: str
    value: Expression


class Given(Node):
    """`given field = value` in a test, `field = value` in an example; `value` is a constant or a list of constants."""

    name: str
    value: Expression


class Example(Node):
    """`example { field = value … }` in a judge: what it was given, and how it answered."""

    fields: tuple[Given, ...] = ()


class Judge(Node):
    """`judge name: score[lo, hi] { … }`: a rubric put to a model. Settings are described in `judging.py`."""

    kind: Literal["judge"] = "judge"
    name: str
    doc: str = ""
    type: Type
    settings: tuple[Setting, ...] = ()
    rubric: str | None = None
    criteria: tuple[Criterion, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    examples: tuple[Example, ...] = ()

    def setting(self, name: str) -> Setting | None:
        """The setting of that name, or None where it is left out."""
        return next((s for s in self.settings if s.name == name), None)


class Compose(Node):
    """`compose name = alias.composition(arguments)`: another composition as a node. `on_unscored` as for `Rule`."""

    kind: Literal["compose"] = "compose"
    name: str
    doc: str = ""
    target: Callee
    arguments: tuple[Argument, ...] = ()
    on_unscored: Expression | None = None


class Member(Node):
    """`member value [weight w]`; a weight left out is 1."""

    value: Expression
    weight: Expression | None = None


class Aggregate(Node):
    """`aggregate name = function { member … }`. `parameter` is the k of `at_least(k)`.

    `on_unscored` is `Name("drop")` (renormalise over the rest) or a constant that stands in for the result.
    """

    kind: Literal["aggregate"] = "aggregate"
    name: str
    doc: str = ""
    function: str
    parameter: Expression | None = None
    members: tuple[Member, ...] = ()
    on_unscored: Expression | None = None


class Let(Node):
    """`let name = expression`."""

    kind: Literal["let"] = "let"
    name: str
    doc: str = ""
    value: Expression


Statement = Annotated[Rule | Judge | Compose | Aggregate | Let, Field(discriminator="kind")]


class Gate(Node):
    """`require condition else value because "…"`."""

    doc: str = ""
    condition: Expression
    otherwise: Expression
    because: str = ""


class Stub(Node):
    """`stub node = value` in a test: what a judge (or any node) answers."""

    name: str
    value: Expression


class Test(Node):
    """`test "name" { given … stub … expect … }`; `expect` holds conditions in which `return` is the result."""

    __test__ = False  # not a test for pytest

    name: str
    given: tuple[Given, ...] = ()
    stubs: tuple[Stub, ...] = ()
    expects: tuple[Expression, ...] = ()
