"""A card: what there is to know of a spec of the library before it is run.

Its author writes a few fields at the end of the composition's doc, each on lines of its own:

    ## Scenario: what rows it is for
    ## RM-Gallery: the registered names that it stands for, where there are any
    ## Sources: what its rubric or formula follows; one source after the other, with `;` between them
    ## Notes: what else a user should know

Everything else is taken from the checked composition and its plan, so that it cannot be out of date.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rmcompose.ir import Composition
    from rmcompose.plan.plan import Plan
    from rmcompose.plan.steps import JudgeStep

FIELDS = ("Scenario", "RM-Gallery", "Sources", "Notes")
COUNTS = (1, 2, 4, 8)
"""The numbers of responses that a card tells the calls for."""
_FIELD = re.compile(rf"({'|'.join(FIELDS)}): *(.*)")


@dataclass(frozen=True, slots=True)
class CardInput:
    """What is read from a sample: `source` is where, `level` how often (`sample` or `response`)."""

    name: str
    type: str
    source: str
    level: str
    required: bool
    default: Any
    doc: str


@dataclass(frozen=True, slots=True)
class CardParam:
    """What `--set` may set."""

    name: str
    type: str
    default: Any
    doc: str


@dataclass(frozen=True, slots=True)
class CardJudge:
    """A judge, with those of composed specs; `criteria` is None where they come with the sample."""

    name: str
    mode: str
    style: str
    low: float
    high: float
    given: tuple[str, ...]
    criteria: int | None


@dataclass(frozen=True, slots=True)
class CardModel:
    """A rule that asks a model to measure (a reward model, a classifier); `model` is its name by default."""

    name: str
    rule: str
    model: str


@dataclass(frozen=True, slots=True)
class Card:
    """What there is to know of a spec.

    `doc` is its doc without the fields above, and `title` the first line of it. `shape` is `rules` for a spec that
    asks no model, `models` for one that asks models that measure and no judge, `pairwise` or `listwise` for one
    that compares the responses of a sample, and else `pointwise`. Every value lies in [`low`, `high`]. `calls`
    holds the least and the most model calls for 1, 2, 4 and 8 responses, with the default params; the most is None
    where it depends on the sample. `needs` are libraries that some rule wants.
    """

    name: str
    path: Path
    twin: Path | None
    composition: str
    title: str
    doc: str
    scenario: str
    rm_gallery: tuple[str, ...]
    sources: tuple[str, ...]
    notes: str
    shape: str
    returns: str
    low: float
    high: float
    inputs: tuple[CardInput, ...]
    params: tuple[CardParam, ...]
    judges: tuple[CardJudge, ...]
    models: tuple[CardModel, ...]
    rules: tuple[str, ...]
    needs: tuple[str, ...]
    calls: Mapping[int, tuple[int, int | None]]
    tests: tuple[str, ...]

    @property
    def range(self) -> str:
        """The values, as people write them: `bool`, `[0, 1]`."""
        return "bool" if self.returns == "bool" else f"[{self.low:g}, {self.high:g}]"

    @property
    def cost(self) -> str:
        """What a sample costs, in words."""
        if not self.judges and not self.models:
            return "no calls"
        one, four, eight = (self.calls[count] for count in (1, 4, 8))
        if four == eight and four[1] is not None:
            return f"{_calls(four)} a sample"
        if eight == (8 * one[0], None if one[1] is None else 8 * one[1]):
            return f"{_calls(one)} a response"
        return f"{_calls(four)} for 4 responses, {_span(eight)} for 8"

    def to_dict(self) -> dict[str, Any]:
        """The card as JSON values, with `range` and `cost` in words."""
        plain = asdict(self)
        plain["path"] = str(self.path)
        plain["twin"] = str(self.twin) if self.twin is not None else None
        plain["calls"] = {str(count): {"least": least, "most": most} for count, (least, most) in self.calls.items()}
        return plain | {"range": self.range, "cost": self.cost}


def read_card(name: str, path: Path) -> Card:
    """The card of a spec file of the library. Raises SpecError where it has errors."""
    from rmcompose.compiler import Compilation
    from rmcompose.plan.show import shown, type_text

    compilation = Compilation(path)
    composition = compilation.composition().composition
    plan = compilation.plan()
    prose, fields = read_fields(composition.doc)
    returns = composition.returns
    low, high = (0.0, 1.0) if returns.kind == "bool" else returns.bounds
    twin = path.with_name(path.name.removesuffix(".yaml") if path.suffix == ".yaml" else f"{path.name}.yaml")
    rules, needs = _rules(plan)
    return Card(
        name=name,
        path=path,
        twin=twin if twin.is_file() else None,
        composition=composition.name,
        title=prose.partition("\n")[0],
        doc=prose,
        scenario=fields.get("Scenario", ""),
        rm_gallery=_listed(fields.get("RM-Gallery", ""), ","),
        sources=_listed(fields.get("Sources", ""), ";"),
        notes=fields.get("Notes", ""),
        shape=_shape(plan),
        returns=type_text(returns),
        low=low,
        high=high,
        inputs=_inputs(plan, composition),
        params=tuple(
            CardParam(one.name, type_text(one.type), plan.params[one.name], one.doc) for one in composition.params
        ),
        judges=tuple(map(_judge, plan.judges)),
        models=tuple(CardModel(shown(step.id), step.rule, step.model) for step in plan.model_rules),
        rules=rules,
        needs=needs,
        calls=_calls_of(plan),
        tests=tuple(test.name for test in composition.tests),
    )


def read_fields(doc: str) -> tuple[str, dict[str, str]]:
    """The prose of a doc, and the fields at its end; a field goes on over lines that begin with white space."""
    prose: list[str] = []
    fields: dict[str, str] = {}
    last = ""
    for line in doc.splitlines():
        begins = _FIELD.fullmatch(line)
        if begins:
            last = begins[1]
            fields[last] = begins[2].strip()
        elif last and line.startswith(" "):
            fields[last] += f" {line.strip()}"
        else:
            last = ""
            prose.append(line)
    return "\n".join(prose).strip("\n"), fields


def _listed(text: str, separator: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(separator) if part.strip())


def _inputs(plan: Plan, composition: Composition) -> tuple[CardInput, ...]:
    from rmcompose.plan.show import LEVELS, binding_text, shown, type_text
    from rmcompose.plan.steps import InputStep

    docs = {one.name: one.doc for one in composition.inputs}
    return tuple(
        CardInput(
            name=shown(step.id),
            type=type_text(step.type) if step.type is not None else "any",
            source=binding_text(step),
            level=LEVELS[step.level],
            required=not step.has_default,
            default=step.default if step.has_default else None,
            doc=docs.get(step.id, ""),
        )
        for step in plan.steps.values()
        if isinstance(step, InputStep)
    )


def _judge(step: JudgeStep) -> CardJudge:
    return CardJudge(
        name=step.id,
        mode=str(step.setting("mode", "pointwise")),
        style=str(step.setting("style", "scale")),
        low=step.scale[0],
        high=step.scale[1],
        given=tuple(label for label, _ in step.given),
        criteria=len(step.criteria) if step.criteria_from is None else None,
    )


def _shape(plan: Plan) -> str:
    if not plan.judges:
        return "models" if plan.asking else "rules"
    return next((str(judge.setting("mode")) for judge in plan.judges if judge.compares), "pointwise")


def _rules(plan: Plan) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The registered rules that a plan runs, and the libraries they need as it runs them, by name."""
    from rmcompose.plan.steps import RuleStep
    from rmcompose.primitives.registry import signature

    steps = [step for step in plan.steps.values() if isinstance(step, RuleStep)]
    needs: set[str] = set()
    for step in steps:
        known = signature(step.rule)
        needs |= set(known.needs_with(dict(step.constants))) if known is not None and not step.asks else set()
    return tuple(sorted({step.rule for step in steps})), tuple(sorted(needs))


def _calls_of(plan: Plan) -> dict[int, tuple[int, int | None]]:
    from rmcompose.plan.calls import call_bounds

    bounds = {count: call_bounds(plan, count) for count in COUNTS}
    return {count: (least, int(most) if math.isfinite(most) else None) for count, (least, most) in bounds.items()}


def _span(bounds: tuple[int, int | None]) -> str:
    least, most = bounds
    if most is None:
        return f"{least} or more"
    return str(least) if least == most else f"{least} to {most}"


def _calls(bounds: tuple[int, int | None]) -> str:
    return f"{_span(bounds)} {'call' if bounds == (1, 1) else 'calls'}"
