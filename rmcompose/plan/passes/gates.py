"""Gates first: which steps are run only once a gate has let the sample through.

A step is guarded by the gates of a composition where every way from it to the result leads through what follows them,
which is dominance in the graph of steps read backwards from the result.
"""

from __future__ import annotations

from dataclasses import replace

from rmcompose.ir.walk import names
from rmcompose.plan.plan import Plan
from rmcompose.plan.steps import ResultStep


def gates(plan: Plan) -> Plan:
    """The plan with `guards`: for a step the ids of the results whose gates all stand before it, outermost first."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_node(plan.result)
    for step in plan.steps.values():
        if isinstance(step, ResultStep) and step.gates:
            body = _body(step.id)
            graph.add_edge(step.id, body)
            graph.add_edges_from((body, name.name) for name in names(step.value))
            for gate in step.gates:
                for side in (gate.condition, gate.otherwise):
                    graph.add_edges_from((step.id, name.name) for name in names(side))
        else:
            graph.add_edges_from((step.id, needed) for needed in step.depends)
    dominators = nx.immediate_dominators(graph, plan.result)
    guards: dict[str, tuple[str, ...]] = {}
    found: dict[str, tuple[str, ...]] = {plan.result: ()}
    for step_id in dominators:
        chain = []
        at = step_id
        while at not in found:
            chain.append(at)
            at = dominators[at]
        for one in reversed(chain):
            above = found[at]
            found[one] = (*above, at.removesuffix(_BODY)) if at.endswith(_BODY) else above
            at = one
        if found[step_id] and step_id in plan.steps:
            guards[step_id] = found[step_id]
    return replace(plan, guards=guards)


_BODY = "\0body"


def _body(step_id: str) -> str:
    # no author can write this id
    return step_id + _BODY
