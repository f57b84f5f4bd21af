"""What decides the score: ways told apart, and parts of the variance that are exact and sum to 1."""

import random
import statistics

import pytest

from rmcompose.compiler import Compilation
from rmcompose.ir import Binary, Constant, Name, Unary
from rmcompose.reporting.statistics import Statistics
from rmcompose.reporting.ways import Ways, truth
from tests.reporting.conftest import SPEC, line, node, response


def ways_of(
    body,
    inputs='rule a = word_count()\n  rule b = char_count()\n  rule c: bool = regex_match(pattern = "x")',
    returns="float",
):
    text = f"rmcompose 1\ncomposition main -> {returns} {{\n  {inputs}\n  {body}\n}}\n"
    return Ways(Compilation("main.rm", text).plan(optimize=False))


def told(ways):
    return [(way.name, dict(way.terms), way.rest) for way in ways.ways]


@pytest.mark.parametrize(
    ("body", "terms", "rest"),
    [
        ("return a + 2 * b - 0.5", {"a": 1.0, "b": 2.0}, ()),
        ("return -(a - b) / 4", {"a": -0.25, "b": 0.25}, ()),
        ("return mean(a, b) + a", {"a": 1.5, "b": 0.5}, ()),
        ("return a - a + b", {"b": 1.0}, ()),
        ("return a * b + a", {"a": 1.0}, ("a * b",)),
        ("return 0.5 * max(a, b)", {}, ("0.5 * max(a, b)",)),
        ("let d = a + b\n  return d * 3", {"a": 3.0, "b": 3.0}, ()),
        ("let d = min(a, b)\n  return d * 3", {"d": 3.0}, ()),
        ("aggregate m = weighted_sum { member a weight 2  member b weight 0.5 }\n  return m", {"a": 2.0, "b": 0.5}, ()),
        ("aggregate m = mean { member a  member b }\n  return m + 1", {"a": 0.5, "b": 0.5}, ()),
        ("aggregate m = mean { member a  member b  on_unscored = drop }\n  return m", {"m": 1.0}, ()),
        ("aggregate m = max { member a  member b }\n  return m", {"m": 1.0}, ()),
        ("return 3.0", {}, ()),
    ],
)
def test_the_summands_of_a_result(body, terms, rest):
    (one,) = ways_of(body).ways
    assert (one.name, one.terms, one.rest) == ("returned", pytest.approx(terms), rest)


def test_arms_and_gates_are_ways():
    body = (
        'require b > 0 else 0.0 because "empty"\n'
        "  let inner = if a > 2 then a else b\n"
        "  return route { when c => inner  when a > 9 => 1.0  otherwise => a + b }"
    )
    assert told(ways_of(body)) == [
        ("stopped by b > 0", {}, ()),
        ("when c, then if a > 2", {"a": 1.0}, ()),
        ("when c, then if not (a > 2)", {"b": 1.0}, ()),
        ("when a > 9", {}, ()),
        ("otherwise", {"a": 1.0, "b": 1.0}, ()),
    ]


@pytest.mark.parametrize(
    ("score", "values", "name"),
    [
        (0, {"a": 3, "b": 0, "c": 1.0}, "stopped by b > 0"),
        (3, {"a": 3, "b": 5, "c": 1.0}, "when c, then if a > 2"),
        (5, {"a": 1, "b": 5, "c": 1.0}, "when c, then if not (a > 2)"),
        (1, {"a": 10, "b": 5, "c": 0.0}, "when a > 9"),
        (6, {"a": 1, "b": 5, "c": 0.0}, "otherwise"),
        # `c` was not evaluated, which no arm can do without
        (5, {"a": 1, "b": 5}, "not known from the results"),
        # `a` was not evaluated, so nothing that reads it decided
        (5, {"b": 5, "c": 1.0}, "not known from the results"),
        (1, {"b": 1}, "not known from the results"),
        (4, {"c": 1.0}, "not known from the results"),
    ],
)
def test_the_way_that_was_taken(score, values, name):
    body = (
        'require b > 0 else 0.0 because "empty"\n'
        "  let inner = if a > 2 then a else b\n"
        "  return route { when c => inner  when a > 9 => 1.0  otherwise => a + b }"
    )
    assert ways_of(body).taken(score, values, set("abc") - set(values), set()).name == name


@pytest.mark.parametrize(
    ("score", "values", "name"),
    [
        (0.4, {"a": 0.5, "b": 0.3}, 'when kind == "x"'),
        (0.3, {"a": 0.4, "b": 0.3}, 'when kind == "y"'),
        # the least is settled by a 0, whatever the other is
        (0.0, {"b": 0.0}, 'when kind == "y"'),
        (0.3, {"b": 0.3}, "not known from the results"),
        (0.9, {"a": 0.5, "b": 0.3}, "not known from the results"),
        (1.0, {"a": 1.0, "b": 1.0}, "not known from the results"),
        (1.0, {}, "otherwise"),
    ],
)
def test_ways_that_read_inputs_are_told_by_the_score(score, values, name):
    inputs = "input kind: text\n  rule a = accuracy()\n  rule b = distinct_n()"
    body = 'return route kind { when "x" => mean(a, b)  when "y" => min(a, b)  otherwise => 1.0 }'
    ways = ways_of(body, inputs)
    assert ways.taken(score, values, set("ab") - set(values), set()).name == name


def test_a_gate_is_known_from_what_it_spared():
    ways = ways_of('require b > 0 else 0.0 because "empty"\n  return a')
    assert ways.taken(0.0, {}, {"a", "b"}, {"empty"}).name == "stopped by b > 0"
    assert ways.taken(2.0, {"a": 2, "b": 4}, set(), set()).name == "returned"


def test_truth_needs_no_more_than_it_must():
    a, b = Name(name="a"), Name(name="b")
    both, either = Binary(op="and", left=a, right=b), Binary(op="or", left=a, right=b)
    assert [truth(both, {"b": 0.0}), truth(both, {"b": 1.0}), truth(either, {"b": 1.0})] == [False, None, True]
    assert truth(Unary(op="not", operand=a), {"a": 0.0}) is True
    assert truth(Binary(op="<", left=a, right=Constant(value=2)), {"a": "text"}) is None


def parts_of(ways, rows):
    found = Statistics(ways)
    for score, values in rows:
        found.add(line(response(score, {name: node(value) for name, value in values.items()})))
    return {part.name: part for part in found.contributions.parts()}


def test_a_sum_is_shared_out_by_covariances():
    source = random.Random(3)
    ways = ways_of("return 0.75 * a + 0.25 * b")
    rows = []
    for _ in range(500):
        a = source.gauss(0, 1)
        b = 0.5 * a + source.gauss(0, 2)
        rows.append((0.75 * a + 0.25 * b, {"a": a, "b": b}))
    parts = parts_of(ways, rows)
    scores = [score for score, _ in rows]
    for name, weight in (("a", 0.75), ("b", 0.25)):
        covariance = statistics.covariance([values[name] for _, values in rows], scores)
        assert parts[name].share == pytest.approx(weight * covariance / statistics.variance(scores))
        assert (parts[name].factor, parts[name].responses) == (weight, 500)
    assert set(parts) == {"a", "b"}
    assert sum(part.share for part in parts.values()) == pytest.approx(1.0)


def test_ways_have_the_variance_of_their_means():
    ways = ways_of("return if c then a else 0.0")
    rows = [(4.0, {"c": 1.0, "a": 4}), (6.0, {"c": 1.0, "a": 6}), (0.0, {"c": 0.0}), (0.0, {"c": 0.0})]
    parts = parts_of(ways, rows)
    # the mean is 2.5 and the variance 27 / 4; the means of the ways are 5 and 0, and theirs is 25 / 4
    assert parts["which arm is taken"].share == pytest.approx(25 / 27)
    assert parts["a"].share == pytest.approx(2 / 27)
    assert sum(part.share for part in parts.values()) == pytest.approx(1.0)


def test_what_is_no_node_is_the_rest():
    ways = ways_of("return a + a * b")
    rows = [(a + a * b, {"a": a, "b": b}) for a, b in ((1, 2), (3, 1), (2, 5), (4, 4))]
    parts = parts_of(ways, rows)
    scores = [float(score) for score, _ in rows]
    share = statistics.covariance([1.0, 3.0, 2.0, 4.0], scores) / statistics.variance(scores)
    assert parts["a"].share == pytest.approx(share)
    assert parts["a * b"].share == pytest.approx(1 - share)


def test_a_response_without_a_summand_counts_for_the_rest():
    ways = ways_of("return a + b")
    parts = parts_of(ways, [(3.0, {"a": 1, "b": 2}), (5.0, {"a": 4, "b": 1}), (9.0, {"a": 4})])
    assert parts["a"].responses == 2
    assert sum(part.share for part in parts.values()) == pytest.approx(1.0)
    assert "what no node tells" in parts


@pytest.mark.parametrize("scores", [[], [0.5], [0.5, 0.5]])
def test_scores_that_do_not_vary_have_no_parts(scores):
    assert parts_of(ways_of("return a"), [(score, {"a": score}) for score in scores]) == {}


def test_they_sum_to_one_for_a_real_spec(scored):
    found = Statistics(Ways(Compilation("graded.rm", SPEC).plan(optimize=False)))
    for one in scored:
        found.add(one)
    parts = found.contributions.parts()
    assert sum(part.share for part in parts) == pytest.approx(1.0)
    assert {part.name for part in parts} == {"gates, and which arm is taken", "brief", "warm"}
    taken = {way.name: count for way, count, _ in found.contributions.taken()}
    nodes = [one["nodes"] for row in scored for one in row["responses"]]
    empty = sum(one["chars"]["value"] <= 2 for one in nodes)
    same = sum(one["same"]["value"] == 1.0 for one in nodes if one["chars"]["value"] > 2)
    assert taken == {
        "stopped by chars > 2": empty,
        "if same": same,
        "if not same": len(nodes) - empty - same,
    }
