"""Conflicts between preferences: cycles of known size, broken chains, and a judge that plays rock, paper, scissors."""

import json
import re
from itertools import permutations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.benchmarking.conflicts import Conflicts, components, intransitive
from tests.benchmarking.conftest import native
from tests.judging.conftest import KEY

JUDGE = """\
rmcompose 1

composition compared -> score[0, 1] {
  judge better: score[0, 1] {
    model = "m"
    given = [prompt, response]
    mode = pairwise
    rubric "Which is better?"
  }
  return better
}
"""
BEATS = {("rock", "scissors"), ("scissors", "paper"), ("paper", "rock")}
GRAPHS = st.integers(1, 7).flatmap(
    lambda n: st.lists(st.sets(st.integers(0, n - 1)), min_size=n, max_size=n).map(
        lambda edges: [sorted(one - {node}) for node, one in enumerate(edges)]
    )
)


@given(GRAPHS)
def test_components_are_those_of_networkx(graph):
    theirs = nx.DiGraph((node, other) for node, edges in enumerate(graph) for other in edges)
    theirs.add_nodes_from(range(len(graph)))
    assert sorted(map(sorted, components(graph))) == sorted(map(sorted, nx.strongly_connected_components(theirs)))


@given(GRAPHS)
def test_chains_are_counted_one_by_one(graph):
    every = [(i, k) for i, j, k in permutations(range(len(graph)), 3) if j in graph[i] and k in graph[j]]
    assert intransitive(graph) == (len(every), sum(k not in graph[i] for i, k in every))


def outcome_of(row, sides):
    """The outcome where of each two published responses the one that `sides` names is preferred."""
    case = Conflicts(comparing=True).case(row, "f:1")
    scores = []
    for shown in case.order:
        side = sides[min(shown), max(shown)]
        worth = {min(shown): None, max(shown): 0.0} if side is None else {min(shown): side, max(shown): -side}
        scores.append([worth[place] for place in shown])
    return Conflicts(comparing=True).outcome(case, scores)


def figures_of(outcome):
    return {name: (reached, total) for name, reached, total in outcome.parts if "/" not in name}


def test_a_cycle_of_three_among_four():
    row = native([0], [0, 0, 0])
    # 1 > 2 > 3 > 1, and 0 better than all
    sides = {(0, 1): 1, (0, 2): 1, (0, 3): 1, (1, 2): 1, (2, 3): 1, (1, 3): -1}
    outcome = outcome_of(row, sides)
    assert (outcome.verdict, outcome.told["conflicts"]) == ("wrong", [[1, 2, 3]])
    found = figures_of(outcome)
    assert found["conflict_rate"] == (1.0, 1.0)
    assert (found["cycles"], found["severity"], found["density"]) == ((1.0, 1.0), (3.0, 1.0), (3.0, 1.0))
    assert found["per_comparison"] == (3.0, 6.0)
    # three chains within the cycle break, three from 0 hold
    assert found["intransitive"] == (3.0, 6.0)
    assert (found["accuracy"], found["dominance"]) == ((3.0, 3.0), (1.0, 1.0))


def test_ties_break_chains_and_make_no_cycle():
    outcome = outcome_of(native([0], [0, 0]), {(0, 1): 1, (1, 2): 1, (0, 2): 0})
    found = figures_of(outcome)
    assert (outcome.verdict, outcome.ties, found["conflict_rate"]) == ("right", 1, (0.0, 1.0))
    assert found["intransitive"] == (1.0, 1.0)
    # 0 and 1 win once each
    assert (found["accuracy"], found["dominance"]) == ((1.0, 2.0), (0.0, 1.0))


def test_a_comparison_without_a_verdict_has_no_edge_and_is_lost():
    outcome = outcome_of(native([0], [0, 0]), {(0, 1): None, (1, 2): 1, (0, 2): 1})
    found = figures_of(outcome)
    assert (outcome.verdict, outcome.unscored) == ("unscored", 1)
    assert found["accuracy"] == (1.0, 2.0)


def test_scores_of_single_responses_cannot_conflict(bench):
    _, found = bench("conflicts", "told", [native([3], [1, 2, 2]), native([0], [1, 1, 4])])
    assert (found["conflict_rate"], found["cycles"], found["severity"], found["intransitive"]) == (0, 0, None, 0)
    assert (found["accuracy"], found["dominance"], found["ties"]) == (0.5, 0.5, 2)


def test_ties_of_rewardbench_2_have_no_order(bench):
    _, found = bench("conflicts", "oracle")
    assert (found["n"], found["accuracy"]) == (6, 1.0)
    assert found["notes"][0] == "4 rows are with nothing to judge left out"


@pytest.fixture
def players(specs, serve, monkeypatch):
    """A model that compares hands of rock, paper, scissors."""

    def answer(text):
        hands = re.findall(r"^(rock|paper|scissors)$", text, re.MULTILINE)
        first, second = hands[-2:]
        winner = "A" if (first, second) in BEATS else "B" if (second, first) in BEATS else "tie"
        return {"reply": {"reason": "", "winner": winner}}

    server = serve({"by": answer})
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    (specs / "judge.rm").write_text(JUDGE, encoding="utf-8")
    return server


def test_a_judge_that_runs_in_circles(players, bench, specs):
    rows = [
        {"prompt": "play", "responses": ["rock", "paper", "scissors"]},
        {"prompt": "play", "responses": ["rock", "scissors"]},
    ]
    code, found = bench("conflicts", "judge.rm", rows, "-o", "out.jsonl")
    assert code == 0
    assert (found["conflict_rate"], found["cycles"], found["severity"], found["intransitive"]) == (0.5, 0.5, 3, 1)
    assert "accuracy" not in found
    # each two in both orders, and those of the second row are known
    assert (len(players.requests), found["usage"]["calls"]) == (6, 6)
    lines = [json.loads(line) for line in (specs / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [len(line["responses"]) for line in lines] == [2, 2, 2, 2]
    assert [line["id"] for line in lines] == [
        "rows.jsonl:1#1",
        "rows.jsonl:1#2",
        "rows.jsonl:1#3",
        "rows.jsonl:2",
    ]
    assert [line["bench"]["verdict"] for line in lines] == ["wrong", "wrong", "wrong", "right"]
    assert lines[0]["bench"]["conflicts"] == [[0, 1, 2]]
