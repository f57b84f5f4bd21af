"""What the plan is built from: order, bindings, levels, ranges and targets."""

from __future__ import annotations

import math

import pytest

from rmcompose.analysis import CONSTANT, RESPONSE, SAMPLE, infer, normalized_range, scope_of
from rmcompose.ir import Call
from tests.analysis.spec import check, checked, main, places


def _main(body: str, returns: str = "score[0, 1]"):
    return checked(main(body, returns)).compositions["main"]


def test_nodes_come_after_those_they_use():
    found = _main("let a = b * c\nlet b = c\nlet c = 0.5\nreturn a")
    assert found.order == ("c", "b", "a")


def test_ten_thousand_nodes_in_a_chain_in_any_order():
    count = 10_000
    forward = [f"let n{i} = 0.5 * n{i + 1}" for i in range(count)]
    for lines in (forward, forward[::-1]):
        found = _main("\n".join([*lines, f"rule n{count} = accuracy()", "return n0"]))
        assert found.order[0] == f"n{count}"
        assert found.order[-1] == "n0"
        assert found.nodes["n0"].range == (0, 0)  # 0.5 ** 10_000 is below the smallest float


def test_bindings_prefer_declared_inputs():
    found = _main("input response: text from answer.text\nrule x = accuracy()\nreturn x")
    assert found.bindings == {"x": {"text": "response", "reference": "field:reference"}}


def test_a_given_argument_is_not_bound():
    found = _main('input response: text\nrule x: bool = contains(text = response, value = "a")\nreturn x')
    assert found.bindings["x"] == {}


@pytest.mark.parametrize(
    ("body", "level"),
    [
        ("let x = 0.5", CONSTANT),
        ("param p: float[0, 1] = 0.5\nlet x = p", CONSTANT),
        ("input prompt: text\nrule x = word_count(text = prompt)", SAMPLE),
        ("input a: float[0, 1] from metadata.difficulty\nlet x = a", SAMPLE),
        ("input a: float[0, 1]\nlet x = a", RESPONSE),
        ("rule x = word_count()", RESPONSE),
        ('judge x: score[0, 1] { model = "m"  given = [prompt]  rubric "?" }', SAMPLE),
        ('judge x: score[0, 1] { model = "m"  given = [prompt, response]  rubric "?" }', RESPONSE),
        ("input prompt: text\ninput a: float[0, 1]\nlet x = if len(prompt) > 3 then a else 0.0", RESPONSE),
        ("input prompt: text\nlet x = if len(prompt) > 3 then 1.0 else 0.0", SAMPLE),
        (
            'input task_category: enum["a", "b"]\nlet x = route task_category { when "a" => 1.0  otherwise => 0 }',
            SAMPLE,
        ),
        ("rule w = word_count()\nlet x = minmax(w)", RESPONSE),
    ],
)
def test_levels(body, level):
    assert _main(f"{body}\nreturn clamp(x, 0, 1)").nodes["x"].level == level


@pytest.mark.parametrize(
    ("formula", "kind", "bounds"),
    [
        ("a + b", "float", (1, 6)),
        ("n * n", "int", (0, 9)),
        ("n / 2", "float", (0, 1.5)),
        ("-flag", "int", (-1, 0)),
        ("min(n, flag)", "int", (0, 1)),
        ("mean(n, 1)", "float", (0.5, 2)),
        ("a > 2", "bool", (0, 0)),
        ("b >= 1", "bool", (1, 1)),
        ("not flag", "bool", (0, 1)),
        ("len(t)", "int", (0, math.inf)),
        ("round(b)", "int", (1, 5)),
        ("round(b, 1)", "float", (1, 5)),
        ("normalize(b)", "float", (0, 1)),
        ("piecewise(b, [1, 0], [3, 2], [5, 1])", "float", (0, 2)),
        ("piecewise(b, 1, 0, 5, 1)", "float", (0, 1)),
        ("piecewise(b, [[1, 0], [5, 1]])", "float", (0, 1)),
        ("zscore(b)", "float", (-math.inf, math.inf)),
        ("rank(b)", "int", (1, math.inf)),
        ("best(b)", "bool", (0, 1)),
        ('t == "x" or flag', "bool", (0, 1)),
        ('k in ["u", "v"]', "bool", (1, 1)),
        ('k == "u"', "bool", (0, 1)),
        ("flag ?? 0.5", "float", (0, 1)),
        ("if flag then b else -a", "float", (-1, 5)),
        # the condition says more of the name than its declaration
        ("if b > 3 then b else 3", "float", (3, 5)),
        ("if n != 0 then n else 1", "int", (1, 3)),
        # but normalize keeps the range of the whole
        ("if b > 3 then normalize(b) else 0", "float", (0, 1)),
    ],
)
def test_ranges(formula, kind, bounds):
    found = _main(
        "input a: float[0, 1]\ninput b: score[1, 5]\ninput n: int[0, 3]\ninput t: text\n"
        'input flag: bool\ninput k: enum["u", "v"]\nlet x = ' + formula + "\nreturn clamp(x, 0, 1)"
    )
    assert found.nodes["x"].kind == kind
    assert found.nodes["x"].range == pytest.approx(bounds)


@pytest.mark.parametrize(
    ("aggregate", "bounds"),
    [
        ("mean { member a  member c }", (0, 1)),
        ("weighted_mean { member a weight 3  member c weight 1 }", (0, 1)),
        ("weighted_sum { member a weight 2  member c weight -1 }", (-1, 2)),
        ("weighted_sum { member a weight w  member c weight -1 }", (-1, 10)),
        ("weighted_mean { member a weight w  member c weight 1 }", (0, 1)),
        ("product { member b  member b }", (1, 25)),
        ("product { on_unscored = drop  member d  member d }", (0.25, 1)),
        ("weighted_sum { on_unscored = drop  member b  member b }", (0, 10)),
        ("geometric_mean { member b }", (1, 5)),
        ("all { member f  member f }", (0, 1)),
        ("at_least(0) { member f }", (1, 1)),
        ("any { member true  member f }", (1, 1)),
        ("any { on_unscored = drop  member true  member f }", (0, 1)),
    ],
)
def test_ranges_of_aggregates(aggregate, bounds):
    found = _main(
        "input a: float[0, 1]\ninput c: float[0, 1]\ninput b: score[1, 5]\ninput d: float[0.5, 0.5]\ninput f: bool\n"
        f"param w: float[0, 10] = 1\naggregate x = {aggregate}\nreturn clamp(x, 0, 1)"
    )
    assert found.nodes["x"].range == pytest.approx(bounds)


def test_a_declared_rule_of_unknown_range_is_taken_at_its_word():
    text = main("rule x: score[0, 1] = word_count()\nreturn x")
    assert [place[0] for place in places(check(text).diagnostics)] == ["RM302"]


def test_targets_and_inner_nodes():
    found = checked(
        "rmcompose 1\ncomposition a -> score[0, 1] { compose x = b(p = 0.2)  return x * x.inner }\n"
        "composition b -> score[0, 1] { param p: float[0, 1] = 1  rule inner = accuracy()  return inner * p }"
    ).compositions
    assert list(found) == ["a", "b"]
    assert found["a"].targets == {"x": found["b"]}
    assert found["a"].nodes["x"].range == (0, 1)
    assert found["a"].nodes["x"].level == RESPONSE


def test_the_level_of_a_compose_node_is_that_of_its_arguments():
    found = checked(
        "rmcompose 1\ncomposition a -> score[0, 1] { input response: text  compose x = b()\n"
        " compose y = b(prompt = response)  return x * y }\n"
        "composition b -> score[0, 1] { input prompt: text  return if len(prompt) > 3 then 1.0 else 0.0 }"
    ).compositions["a"]
    assert (found.nodes["x"].level, found.nodes["y"].level) == (SAMPLE, RESPONSE)


def test_the_level_of_an_inner_node_is_that_of_the_arguments():
    found = checked(
        "rmcompose 1\ncomposition a -> score[0, 1] { input response: text  compose y = b(prompt = response)\n"
        " let z = minmax(y.long)  return z }\n"
        "composition b -> score[0, 1] { input prompt: text  let long = len(prompt) > 3\n"
        " return if long then 1.0 else 0.0 }"
    ).compositions["a"]
    assert found.nodes["z"].level == RESPONSE


def test_the_level_of_a_composition_is_that_of_its_gates_too():
    found = checked(
        "rmcompose 1\ncomposition a -> score[0, 1] { compose x = b()  compose y = c()  return x * y }\n"
        "composition b -> score[0, 1] { rule w = word_count()  require w > 3 else 0.0  return 1.0 }\n"
        "composition c -> score[0, 1] { input prompt: text  require len(prompt) > 3 else 0.0  return 1.0 }"
    ).compositions["a"]
    assert (found.nodes["x"].level, found.nodes["y"].level) == (RESPONSE, SAMPLE)


def test_nothing_is_known_of_what_fits_no_float():
    big = "9" * 300
    found = _main(f"let x = -{big} * {big}\nlet y = {big} * {big}\nreturn clamp(x + y, 0, 1)")
    assert found.nodes["x"].range == (-math.inf, math.inf)
    assert found.nodes["y"].range == (-math.inf, math.inf)


def test_formulas_can_be_inferred_again():
    found = _main("input b: score[1, 5]\nparam p: float[0, 1] = 0.5\nlet x = normalize(b)\nreturn x * p")
    scope = scope_of(found)
    value = next(node for node in found.composition.nodes if node.name == "x").value
    assert infer(value, scope).range == (0, 1)
    assert isinstance(value, Call)
    assert normalized_range(infer(value.arguments[0], scope)) == (1, 5)
    assert infer(found.composition.result, scope) == found.result


def test_a_faulty_composition_is_not_there_but_its_neighbour_is():
    found = check(
        "rmcompose 1\ncomposition a -> bool { return missing }\ncomposition b -> bool { return true }\n"
        "composition c -> bool { compose x = a()  return x }"
    )
    assert list(found.compositions) == ["b"]
    assert found.names == ("a", "b", "c")


def test_a_composition_with_an_unread_statement_is_not_there():
    found = check(
        "rmcompose 1\ncomposition a -> bool { let x = 0.5 *  return true }\ncomposition b -> bool { return true }"
    )
    assert list(found.compositions) == ["b"]
