"""Which saved value stands for which leaf of the new spec, and what has to be had in another way.

A saved value is taken where the leaf asks what it asked then: rules and judges are compared by what they ask, down to
the inputs, whatever they are called now. Where nothing tells how the saved run defined its nodes they are taken by
their names, and `Matching.trusted` names them, so that it can be said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rmcompose.ir.walk import names
from rmcompose.plan.definitions import Definition, Leaf, definitions, leaves
from rmcompose.plan.passes import bounds, fold
from rmcompose.plan.plan import Plan
from rmcompose.plan.steps import STEP, InputStep, JudgeStep


@dataclass(frozen=True, slots=True)
class Match:
    """Where the values of one leaf come from.

    `saved` is the name of the node in the results, None where there is none that asks the same: then `why` tells so.
    `before` is how the saved run defined it, None where that is not known.
    """

    step: Leaf
    saved: str | None
    before: Definition | None = None
    why: str = ""

    @property
    def asks(self) -> bool:
        """Whether it takes a model to evaluate it."""
        return isinstance(self.step, JudgeStep) or bool(self.step.asks)

    @property
    def what(self) -> str:
        """The leaf in words."""
        return f"`{self.step.id}` ({'judge' if isinstance(self.step, JudgeStep) else 'rule'}, {self.why})"

    @property
    def narrowed(self) -> bool:
        """Whether values are accepted in another range than they were."""
        return self.before is not None and self.before.range != self.step.range


@dataclass(frozen=True, slots=True)
class Matching:
    """The leaves of a plan with where their values come from; `trusted` are those that were matched by name alone."""

    matches: tuple[Match, ...]
    trusted: tuple[str, ...]

    @property
    def renamed(self) -> dict[str, str]:
        """Leaves that were called otherwise, with the name they had."""
        found = ((match.step.id, match.saved) for match in self.matches)
        return {name: saved for name, saved in found if saved is not None and saved != name}

    def lacking(self, *, asks: bool) -> list[Match]:
        """Leaves that no saved node stands for: those that ask a model, or those that do not."""
        return [match for match in self.matches if match.saved is None and match.asks is asks]


def by_definition(plan: Plan, old: Mapping[str, Definition]) -> Matching:
    """Leaves matched by what they ask; `plan` is a plan without passes, `old` the definitions of the saved run."""
    saved: dict[tuple[str, str], list[str]] = {}
    for name, one in old.items():
        saved.setdefault((one.question, one.kind), []).append(name)
    new = definitions(plan)
    found = []
    for step_id, step in leaves(plan).items():
        own = new[step_id]
        same = saved.get((own.question, own.kind), [])
        if not same:
            found.append(Match(step, None, None, "changed" if step_id in old else "new"))
            continue
        name = step_id if step_id in same else same[0]
        found.append(Match(step, name, old[name]))
    return Matching(tuple(found), ())


def by_name(plan: Plan, there: frozenset[str]) -> Matching:
    """Leaves matched by their names alone; `there` are the names of the nodes in the results."""
    found = [
        Match(step, step_id) if step_id in there else Match(step, None, None, "not in the results")
        for step_id, step in leaves(plan).items()
    ]
    return Matching(tuple(found), tuple(match.step.id for match in found if match.saved is not None))


@dataclass(frozen=True, slots=True)
class Demand:
    """What the result may need beside saved values: inputs of the sample, rules to run, and judges to ask.

    `steps` says that it looks at steps of responses, which no saved node has.
    """

    inputs: tuple[str, ...]
    rules: tuple[Match, ...]
    judges: tuple[Match, ...]
    steps: bool

    @property
    def data(self) -> list[str]:
        """What only the data can tell, in words."""
        told = [f"input `{name}`" for name in self.inputs] + [match.what for match in self.rules]
        return [*told, "the steps of the responses"] if self.steps and not told else told


def demand(plan: Plan, matching: Matching, *, stepwise: bool) -> Demand:
    """What the result of a plan may need; parts that constants and ranges decide are left out.

    `stepwise` says that some saved node has values per step.
    """
    matches = {match.step.id: match for match in matching.matches}
    folded = bounds(fold(plan)).steps
    inputs: dict[str, None] = {}
    lacking: list[Match] = []
    seen: set[str] = set()
    left = [plan.result]
    per_step = False
    while left:
        step = folded[left.pop()]
        if step.id in seen:
            continue
        seen.add(step.id)
        per_step = per_step or step.level == STEP
        match = matches.get(step.id)
        if match is not None and match.saved is not None:
            continue
        if isinstance(step, InputStep):
            inputs.setdefault(step.field_name or ".".join(step.path))
            continue
        if match is not None:
            lacking.append(match)
            if match.asks:
                continue  # what it is shown is needed only where it is asked
        left.extend(name.name for one in step.expressions() for name in names(one))
    rules = tuple(match for match in lacking if not match.asks)
    judges = tuple(match for match in lacking if match.asks)
    return Demand(tuple(sorted(inputs)), rules, judges, per_step and not stepwise)
