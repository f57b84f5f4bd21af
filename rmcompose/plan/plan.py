"""A plan: the steps of one composition with everything it composes, as a graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rmcompose.ir import Expression, Type
from rmcompose.ir.ranges import rename
from rmcompose.ir.walk import names
from rmcompose.plan.steps import JudgeStep, ReduceStep, ResultStep, RuleStep, Step

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True)
class Plan:
    """The steps in an order in which each comes after those it reads; `result` is the id of the last one.

    `nodes` maps what the author named (`correct`, `solved.quality`) to the step that evaluates it; after sharing,
    several names may have one step. `composed` holds the names that are composed compositions. `optimized` says whether
    the passes ran, and so whether evaluation is by demand. `guards` maps a step to the gates it is run behind.
    `steps_from` is the path to the steps of a response, None where none are read.
    """

    name: str
    path: str
    doc: str
    returns: Type
    steps: dict[str, Step]
    result: str
    nodes: dict[str, str]
    composed: frozenset[str] = frozenset()
    params: dict[str, Any] = field(default_factory=dict)
    optimized: bool = False
    guards: dict[str, tuple[str, ...]] = field(default_factory=dict)
    digest: str = ""
    steps_from: tuple[str, ...] | None = None

    @cached_property
    def graph(self) -> nx.DiGraph[str]:
        """The steps as a NetworkX graph, an edge from each step to those that read it."""
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        for step in self.steps.values():
            graph.add_node(step.id, step=step)
            graph.add_edges_from((needed, step.id) for needed in step.depends)
        return graph

    @property
    def final(self) -> ResultStep:
        """The step that gives the composition's result."""
        step = self.steps[self.result]
        assert isinstance(step, ResultStep)
        return step

    @cached_property
    def step_value(self) -> str | None:
        """The id of what the result reduces over the steps of a response: their score. None for several things.

        What gates reduce does not count.
        """
        found: set[str] = set()
        seen: set[str] = set()
        left = [self.result]
        while left:
            step = self.steps[left.pop()]
            if step.id in seen:
                continue
            seen.add(step.id)
            if isinstance(step, ReduceStep):
                found.update(step.depends)
            elif isinstance(step, ResultStep):
                left.extend(name.name for name in names(step.value))
            else:
                left.extend(step.depends)
        return found.pop() if len(found) == 1 else None

    @property
    def asking(self) -> list[JudgeStep | RuleStep]:
        """The steps that ask a model."""
        return [*self.judges, *self.model_rules]

    @property
    def judges(self) -> list[JudgeStep]:
        """The judges, in declared order."""
        return [step for step in self.steps.values() if isinstance(step, JudgeStep)]

    @property
    def model_rules(self) -> list[RuleStep]:
        """The rules that ask a model, in declared order."""
        return [step for step in self.steps.values() if isinstance(step, RuleStep) and step.asks]

    def with_steps(self, steps: Iterable[Step]) -> Plan:
        """The plan with other steps under the same ids; steps nothing needs any more are kept for the trace."""
        return replace(self, steps={step.id: step for step in steps})

    def substitute(self, names: dict[str, Expression]) -> Plan:
        """The plan with names in expressions replaced."""
        return self.with_steps(rewrite(step, names) for step in self.steps.values())


def rewrite(step: Step, names: dict[str, Expression]) -> Step:
    """The step with names in its expressions replaced."""
    expressions = step.expressions()
    if not expressions:
        return step
    return step.with_expressions(tuple(rename(one, names) for one in expressions))
