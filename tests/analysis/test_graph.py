"""Order and cycles against NetworkX, and chains far longer than the stack."""

from __future__ import annotations

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.analysis.graph import components, cycle

NAMES = [f"n{i}" for i in range(7)]
graphs = st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from([*NAMES, "elsewhere"]), max_size=4))


@given(graphs)
def test_components_are_those_of_networkx_in_order(edges):
    graph = nx.DiGraph()
    graph.add_nodes_from(NAMES)
    graph.add_edges_from((a, b) for a, targets in edges.items() for b in targets if b in NAMES)
    found = components(NAMES, edges)
    assert {frozenset(one) for one in found} == {frozenset(one) for one in nx.strongly_connected_components(graph)}
    place = {name: i for i, component in enumerate(found) for name in component}
    for a, b in graph.edges:
        assert place[b] <= place[a]
    for component in found:
        way = cycle(component, edges)
        cyclic = len(component) > 1 or graph.has_edge(component[0], component[0])
        assert bool(way) == cyclic
        if way:
            assert way[0] == component[0] == min(component, key=NAMES.index)
            assert all(graph.has_edge(a, b) for a, b in zip(way, [*way[1:], way[0]], strict=True))
            assert len(set(way)) == len(way)


def test_a_chain_of_any_length():
    names = [str(i) for i in range(50_000)]
    edges = {name: [str(int(name) + 1)] for name in names}
    assert components(names, edges) == [[name] for name in reversed(names)]


def test_a_cycle_of_any_length():
    names = [str(i) for i in range(50_000)]
    edges = {name: [str((int(name) + 1) % len(names))] for name in names}
    assert components(names, edges) == [names]
    assert cycle(names, edges) == names
