"""What a plan is made of: steps, each with everything that can be known before a sample is read.

Expressions in a step name other steps by their id. An id is the node's name, for a node of a composed composition the
path of names (`solved.quality`); ids that no author wrote start with `@`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from rmcompose.analysis.result import CONSTANT, RESPONSE, SAMPLE, STEP
from rmcompose.diagnostics.source import Span
from rmcompose.ir import Expression, Type
from rmcompose.ir.interval import Interval
from rmcompose.ir.walk import names

ValueKind = Literal["bool", "int", "float", "text", "list", "any"]
MODEL_CALL = 3
"""The cost class of a step that may call a model; rules have 0 (trivial) to 2 (heavy)."""

RESULT = "return"

__all__ = [
    "CONSTANT",
    "MODEL_CALL",
    "RESPONSE",
    "RESULT",
    "SAMPLE",
    "STEP",
    "AggregateStep",
    "FormulaStep",
    "GroupStep",
    "InputStep",
    "JudgeStep",
    "PlannedGate",
    "ReduceStep",
    "ResultStep",
    "RuleStep",
    "Step",
    "ValueKind",
]


@dataclass(frozen=True, slots=True)
class Step:
    """A unit of evaluation. `range` is None where the value is not a number, `rank` the place among declarations.

    `level` is 0 constant, 1 once per sample, 2 once per response, 3 once per step of a response. `cost` is the step's
    own cost class and `tier` the greatest cost of what it needs, itself included (set by the pass `order`).
    """

    id: str
    kind: ValueKind
    range: Interval | None
    level: int
    rank: tuple[int, ...]
    span: Span | None = field(default=None, compare=False)
    cost: int = 0
    tier: int = 0

    def expressions(self) -> tuple[Expression, ...]:
        """The expressions it evaluates, in evaluation order."""
        return ()

    def with_expressions(self, expressions: tuple[Expression, ...]) -> Step:
        """The step with its expressions replaced, in the order of `expressions`."""
        assert not expressions
        return self

    def key(self) -> tuple[Any, ...]:
        """What makes two steps the same question; names and places do not count."""
        raise NotImplementedError

    @property
    def depends(self) -> tuple[str, ...]:
        """The ids of the steps it may read, each once, in the order they are written."""
        return tuple(dict.fromkeys(name.name for one in self.expressions() for name in names(one)))


@dataclass(frozen=True, slots=True)
class InputStep(Step):
    """A value read from the sample: a field by name, or a dotted path. `default` stands in where it is missing."""

    type: Type | None = None
    field_name: str = ""
    path: tuple[str, ...] = ()
    default: Any = None
    has_default: bool = False

    def key(self) -> tuple[Any, ...]:
        return "input", self.type, self.field_name, self.path, _typed(self.default), self.has_default


@dataclass(frozen=True, slots=True)
class RuleStep(Step):
    """A primitive of the registry: `constants` are bound once, `arguments` are read per response.

    A `group` rule is called once for all responses of a sample, with a list for each argument. `model` is set for a
    rule that asks one; `asks` are then the levels of its questions.
    """

    rule: str = ""
    constants: tuple[tuple[str, Any], ...] = ()
    arguments: tuple[tuple[str, Expression], ...] = ()
    optional: frozenset[str] = frozenset()
    group: bool = False
    model: str = ""
    asks: tuple[int, ...] = ()
    on_unscored: Any = None

    def expressions(self) -> tuple[Expression, ...]:
        return tuple(value for _, value in self.arguments)

    def with_expressions(self, expressions: tuple[Expression, ...]) -> Step:
        named = tuple((name, new) for (name, _), new in zip(self.arguments, expressions, strict=True))
        return replace(self, arguments=named)

    def key(self) -> tuple[Any, ...]:
        constants = tuple((name, _typed(value)) for name, value in self.constants)
        return "rule", self.rule, constants, self.arguments, self.kind, self.range, _typed(self.on_unscored)


@dataclass(frozen=True, slots=True)
class JudgeStep(Step):
    """A rubric put to a model; `given` are labels with the steps they show, `varying` those that differ by response,
    `answers` those made of the response itself.

    `settings` are constants by name, `criteria` are (id, text, weight), `verdicts` (label, value or None for an
    abstention), `examples` are fields with their values. `scale` is the declared range of its values, which `range` is
    too but for what `on_unscored` adds.
    """

    settings: tuple[tuple[str, Any], ...] = ()
    given: tuple[tuple[str, Expression], ...] = ()
    varying: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    rubric: str | None = None
    criteria: tuple[tuple[str, str, float], ...] = ()
    criteria_from: Expression | None = None
    verdicts: tuple[tuple[str, float | None], ...] = ()
    examples: tuple[tuple[tuple[str, Any], ...], ...] = ()
    scale: Interval = (0, 1)
    on_unscored: Any = None

    def setting(self, name: str, default: Any = None) -> Any:
        """The value of a setting, or `default` where it is left out."""
        return dict(self.settings).get(name, default)

    def models(self, setting: str = "model") -> tuple[str, ...]:
        """The models that a setting names."""
        named = self.setting(setting, ())
        return named if isinstance(named, tuple) else (named,)

    @property
    def compares(self) -> bool:
        """Whether it looks at all responses of a sample together."""
        return self.setting("mode") in ("pairwise", "listwise")

    def expressions(self) -> tuple[Expression, ...]:
        shown = tuple(value for _, value in self.given)
        return (*shown, self.criteria_from) if self.criteria_from is not None else shown

    def with_expressions(self, expressions: tuple[Expression, ...]) -> Step:
        given = tuple((label, new) for (label, _), new in zip(self.given, expressions, strict=False))
        source = expressions[-1] if self.criteria_from is not None else None
        return replace(self, given=given, criteria_from=source)

    def key(self) -> tuple[Any, ...]:
        settings = tuple((name, _typed(value)) for name, value in self.settings)
        return (
            "judge",
            settings,
            self.given,
            self.varying,
            self.answers,
            self.rubric,
            self.criteria,
            self.criteria_from,
            self.verdicts,
            _typed(list(self.examples)),
            self.kind,
            self.scale,
            _typed(self.on_unscored),
        )


@dataclass(frozen=True, slots=True)
class FormulaStep(Step):
    """A named formula (`let`), or an argument of a composed composition that is not a plain name."""

    value: Expression = None  # type: ignore[assignment]  # always given; a default is needed after those of the base

    def expressions(self) -> tuple[Expression, ...]:
        return (self.value,)

    def with_expressions(self, expressions: tuple[Expression, ...]) -> Step:
        return replace(self, value=expressions[0])

    def key(self) -> tuple[Any, ...]:
        return "formula", self.value, self.kind


@dataclass(frozen=True, slots=True)
class GroupStep(Step):
    """A function over the responses of one sample (`zscore minmax rank best`) of `value`."""

    function: str = ""
    value: Expression = None  # type: ignore[assignment]  # always given; a default is needed after those of the base

    def expressions(self) -> tuple[Expression, ...]:
        return (self.value,)

    def with_expressions(self, expressions: tuple[Expression, ...]) -> Step:
        return replace(self, value=expressions[0])

    def key(self) -> tuple[Any, ...]:
        return "group", self.function, self.value


@dataclass(frozen=True, slots=True)
class ReduceStep(Step):
    """One value of those of the steps of a response: `how` as in `ir/reducing.py`, `by` its threshold or discount.

    `value` is the name of the step (of the plan) that is evaluated once per step (of the response).
    """

    how: str = ""
    by: float = 0
    value: Expression = None  # type: ignore[assignment]  # always given; a default is needed after those of the base

    def expressions(self) -> tuple[Expression, ...]:
        return (self.value,)

    def with_expressions(self, expressions: tuple[Expression, ...]) -> Step:
        return replace(self, value=expressions[0])

    def key(self) -> tuple[Any, ...]:
        return "reduce", self.how, _typed(self.by), self.value, self.kind


@dataclass(frozen=True, slots=True)
class AggregateStep(Step):
    """An aggregate of members in declared order. `weights` are given for weighted ones, `k` for `at_least`."""

    function: str = ""
    members: tuple[Expression, ...] = ()
    weights: tuple[float, ...] = ()
    k: int = 0
    drop: bool = False
    on_unscored: Any = None

    def expressions(self) -> tuple[Expression, ...]:
        return self.members

    def with_expressions(self, expressions: tuple[Expression, ...]) -> Step:
        return replace(self, members=expressions)

    def key(self) -> tuple[Any, ...]:
        weights = tuple(_typed(weight) for weight in self.weights)
        return "aggregate", self.function, self.members, weights, self.k, self.drop, _typed(self.on_unscored)


@dataclass(frozen=True, slots=True)
class PlannedGate:
    """`require condition else otherwise because "…"`."""

    condition: Expression
    otherwise: Expression
    because: str
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ResultStep(Step):
    """What a composition gives: its gates in source order, then its `return`, held to the declared type."""

    gates: tuple[PlannedGate, ...] = ()
    value: Expression = None  # type: ignore[assignment]  # always given; a default is needed after those of the base
    on_unscored: Any = None

    def expressions(self) -> tuple[Expression, ...]:
        return (*(side for gate in self.gates for side in (gate.condition, gate.otherwise)), self.value)

    def with_expressions(self, expressions: tuple[Expression, ...]) -> Step:
        gates = tuple(
            replace(gate, condition=expressions[2 * i], otherwise=expressions[2 * i + 1])
            for i, gate in enumerate(self.gates)
        )
        return replace(self, gates=gates, value=expressions[-1])

    def key(self) -> tuple[Any, ...]:
        return "result", self.gates, self.value, self.kind, self.range, _typed(self.on_unscored)


def _typed(value: Any) -> tuple[str, Any]:
    # 1, 1.0 and true are equal in Python and different questions; lists are made hashable
    return type(value).__name__, repr(value) if isinstance(value, list | dict) else value
