"""What compositions give for samples: operators, aggregates, gates, routes, unscored values, each in both modes."""

from __future__ import annotations

import math
from typing import Any

import pytest

from rmcompose.compiler import ParamError, loads
from rmcompose.runtime.composition import RMComposition, Unscored

INPUTS = """
  input response: text
  input a: float[0, 1]
  input b: float[0, 1]
  input n: int
  input x: float
  input flag: bool
  input items: list
  input kind: enum["math", "code"]
"""


def composed(body: str, returns: str = "float", optimize: bool = True) -> RMComposition:
    used = "\n".join(line for line in INPUTS.splitlines() if line.strip())
    return loads(f"rmcompose 1\ncomposition main -> {returns} {{\n{used}\n{body}\n}}\n", optimize=optimize)


def both(body: str, sample: dict[str, Any], returns: str = "float") -> dict[str, Any]:
    """The first response's result, the same with optimisation on and off and through `scores`."""
    sample = {"prompt": "q", "response": "r", **sample}
    lines = [composed(body, returns, optimize).trace(sample) for optimize in (True, False)]
    on, off = (line["responses"][0] for line in lines)
    assert (repr(on["score"]), on["status"]) == (repr(off["score"]), off["status"])
    scores = composed(body, returns).scores([sample])
    assert repr(scores) == repr([[r["score"] for r in lines[0]["responses"]]])
    return on


@pytest.mark.parametrize(
    ("formula", "sample", "expected"),
    [
        ("1 + 2 * 3", {}, 7.0),
        ("-a + 1", {"a": 0.25}, 0.75),
        ("a / 4", {"a": 1}, 0.25),
        ("abs(x)", {"x": -2.5}, 2.5),
        ("round(x)", {"x": 2.5}, 2.0),
        ("round(x, 2)", {"x": 0.125}, 0.12),
        ("sqrt(abs(x))", {"x": -4}, 2.0),
        ("exp(a)", {"a": 0}, 1.0),
        ("log(x)", {"x": 1}, 0.0),
        ("sigmoid(x)", {"x": 0}, 0.5),
        ("sigmoid(x)", {"x": -1e6}, 0.0),
        ("tanh(x)", {"x": 0}, 0.0),
        ("mean(a, b, 1)", {"a": 0, "b": 0.5}, 0.5),
        ("mean([a, b])", {"a": 0, "b": 0.5}, 0.25),
        ("mean(items)", {"items": [1, 2, 6]}, 3.0),
        ("sum(a, b)", {"a": 0.25, "b": 0.5}, 0.75),
        ("min(a, b)", {"a": 0.25, "b": 0.5}, 0.25),
        ("max(a, b, n)", {"a": 0.25, "b": 0.5, "n": 3}, 3.0),
        ("len(response)", {"response": "abc"}, 3.0),
        ("len(items)", {"items": [1, 2]}, 2.0),
        ("clamp(x, 0, 1)", {"x": 7}, 1.0),
        ("piecewise(x, 0, 0, 10, 1)", {"x": 5}, 0.5),
        ("piecewise(x, [0, 0], [10, 1])", {"x": 12}, 1.0),
        ("piecewise(x, [[0, 0], [10, 1]])", {"x": -1}, 0.0),
        ("if flag then 1 else 2", {"flag": True}, 1.0),
        ('if kind == "math" then 1 else 2', {"kind": "code"}, 2.0),
        ('if response in ["r", "s"] then 1 else 2', {}, 1.0),
        ('if "ab" in response then 1 else 2', {"response": "cab"}, 1.0),
        ('if matches(response, r"^\\d+$") then 1 else 2', {"response": "42"}, 1.0),
        ('if contains(lower(response), "yes") then 1 else 2', {"response": "YES"}, 1.0),
        ('route kind { when "math" => 1 when "code" => 2 }', {"kind": "code"}, 2.0),
        ("route { when a > 0.5 => 1 when a > 0.25 => 2 otherwise => 3 }", {"a": 0.3}, 2.0),
        ("flag + 1", {"flag": True}, 2.0),
        ("n - 1", {"n": 3}, 2.0),
        ("if not flag or a > 0.5 and b > 0.5 then 1 else 0", {"flag": True, "a": 1, "b": 0}, 0.0),
        ("x ?? 0.5", {}, 0.5),
        ("x ?? a ?? 1", {}, 1.0),
    ],
)
def test_formulas(formula: str, sample: dict[str, Any], expected: float) -> None:
    assert both(f"  return {formula}", sample)["score"] == expected


@pytest.mark.parametrize(
    ("members", "sample", "expected"),
    [
        ("harmonic_mean { member a member b }", {"a": 0, "b": 1}, 0.0),
        ("geometric_mean { member a member b }", {"a": 0, "b": 1}, 0.0),
        ("geometric_mean { member a member b }", {"a": 0.3, "b": 0.3}, 0.3),
        ("median { member a member b }", {"a": 0.25, "b": 0.75}, 0.5),
        ("product { member a member b }", {"a": 0.5, "b": 0.5}, 0.25),
        ("weighted_sum { member a weight 2 member b weight -1 }", {"a": 1, "b": 0.5}, 1.5),
        ("weighted_mean { member a weight 0 member b weight 1 }", {"b": 0.5}, 0.5),
        ("min { member a member b }", {"b": 0}, 0.0),
        ("max { member a member b }", {"b": 1}, 1.0),
        ("product { member a member b }", {"b": 0}, 0.0),
        ("min { member a member b }", {"b": 1}, None),
        ("mean { on_unscored = drop member a member b }", {"b": 0.25}, 0.25),
        ("mean { on_unscored = drop member a member b }", {}, None),
        ("mean { on_unscored = 0.125 member a member b }", {"a": 1}, 0.125),
        ("weighted_mean { on_unscored = drop member a weight 1 member b weight 3 }", {"a": 0.5}, 0.5),
    ],
)
def test_aggregates(members: str, sample: dict[str, Any], expected: float | None) -> None:
    assert both(f"  aggregate m = {members}\n  return m", sample)["score"] == expected


@pytest.mark.parametrize(
    ("formula", "sample", "kind"),
    [
        ("a", {}, "missing_input"),
        ("a", {"a": None}, "missing_input"),
        ("a", {"a": "0.5"}, "missing_input"),
        ("a", {"a": 1.5}, "off_scale"),
        ("a", {"a": math.nan}, "non_finite"),
        ("x", {"x": math.inf}, "non_finite"),
        ("n", {"n": 0.5}, "missing_input"),
        ("if flag then 1 else 0", {"flag": 1}, "missing_input"),
        ('if kind == "math" then 1 else 0', {"kind": "poetry"}, "off_scale"),
        ("log(x)", {"x": 0}, "non_finite"),
        ("sqrt(x)", {"x": -1}, "non_finite"),
        ("exp(x)", {"x": 1e6}, "non_finite"),
        ("x * x", {"x": 1e200}, "non_finite"),
        ("clamp(x * x, 0, 1)", {"x": 1e200}, "non_finite"),
        ("a + b", {"b": 1}, "missing_input"),
        ("mean(items)", {"items": []}, "non_finite"),
        ("mean(items)", {"items": ["a"]}, "non_finite"),
    ],
)
def test_unscored_has_a_reason(formula: str, sample: dict[str, Any], kind: str) -> None:
    result = both(f"  return {formula}", sample)
    assert result["score"] is None
    assert result["status"] == "unscored"
    assert result["reason"]["kind"] == kind


@pytest.mark.parametrize(
    ("formula", "sample", "expected"),
    [
        ("if a >= 0 then 1 else 0", {}, 1.0),
        ("if 0.6 * flag + 0.3 * a >= 0.5 then 1 else 0", {"flag": True}, 1.0),
        ("if 0.6 * flag + 0.3 * a >= 0.5 then 1 else 0", {"flag": False}, 0.0),
        ("if flag then 0.5 else 0.5", {}, 0.5),
        ("if flag then 0.5 else 0.25", {}, None),
        ("clamp(a + 5, 0, 1)", {}, 1.0),
        ("a * 0", {}, 0.0),
        ("a * b", {"b": 0}, 0.0),
        ("0 / (1 + a)", {}, 0.0),
        ("if flag and a > 2 then 1 else 0", {}, 0.0),
        ("round(0.2 * a)", {}, 0.0),
        ("piecewise(a, [2, 1], [3, 0])", {}, 1.0),
        ("min(a, -1)", {}, -1.0),
        ("a - a", {}, None),
    ],
)
def test_an_unscored_value_stands_for_its_whole_range(
    formula: str, sample: dict[str, Any], expected: float | None
) -> None:
    assert both(f"  return {formula}", sample)["score"] == expected


@pytest.mark.parametrize(
    ("gates", "sample", "expected"),
    [
        ("require flag else 0.0", {"flag": False}, 0.0),
        ("require flag else 0.0", {"flag": True}, 1.0),
        ("require flag else 0.0", {}, None),
        ("require flag else 0.0 require a > 0.5 else 0.0", {"a": 0}, 0.0),
        ("require flag else 0.0 require a > 0.5 else 0.25", {"a": 0}, None),
        ("require a > 0.5 else 0.25 require flag else 0.0", {"a": 0}, 0.25),
    ],
)
def test_gates(gates: str, sample: dict[str, Any], expected: float | None) -> None:
    assert both(f"  {gates}\n  return 1.0", sample)["score"] == expected


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        ("minmax", [1, 3, 5], [0.0, 0.5, 1.0]),
        ("minmax", [2, 2], [0.0, 0.0]),
        ("zscore", [1, 3], [-1.0, 1.0]),
        ("zscore", [7], [0.0]),
        ("rank", [1, 3, 3], [3.0, 1.0, 1.0]),
        ("best", [3, 5, 5], [0.0, 1.0, 0.0]),
    ],
)
def test_group_functions(function: str, values: list[int], expected: list[float]) -> None:
    text = f"rmcompose 1\ncomposition main -> float {{\n  rule w = word_count()\n  return {function}(w)\n}}\n"
    sample = {"prompt": "q", "responses": ["w " * n for n in values]}
    for optimize in (True, False):
        reward = loads(text, optimize=optimize)
        assert [r["score"] for r in reward.trace(sample)["responses"]] == expected
        assert reward.scores([sample]) == [expected]


def test_an_unscored_response_leaves_its_group_open_where_it_could_matter() -> None:
    text = """rmcompose 1
composition main -> float {
  input v: float[0, 10]
  return if best(v) then 1 else 0
}
"""
    sample = {"prompt": "q", "responses": [{"content": "x", "v": 10.0}, {"content": "y"}, {"content": "z", "v": 1.0}]}
    line = loads(text).trace(sample)
    # the first has the highest value there is, and ties go to the first
    assert [r["score"] for r in line["responses"]] == [1.0, 0.0, 0.0]


def test_rounding_past_a_bound_is_the_bound_and_more_is_off_scale() -> None:
    body = "  aggregate s = weighted_sum { member a weight 0.1 member a weight 0.2 member a weight 0.7 }\n  return s"
    assert both(body, {"a": 1.0}, "score[0, 1]")["score"] == 1.0


def test_score_raises_unscored_with_its_reason() -> None:
    reward = composed("  return a")
    assert reward.score(response="r", a=0.5) == 0.5
    with pytest.raises(Unscored) as caught:
        reward.score(response="r")
    assert caught.value.kind == "missing_input"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"w": 11}, "outside its range"),
        ({"w": "3"}, "is a number"),
        ({"w": True}, "is a number"),
        ({"w": math.nan}, "is a number"),
        ({"v": 1}, "no param `v`"),
        ({"m": "c"}, "one of a, b"),
    ],
)
def test_params_are_checked(params: dict[str, Any], message: str) -> None:
    text = """rmcompose 1
composition main -> float {
  param w: float[0, 10] = 3
  param m: enum["a", "b"] = "a"
  return if m == "a" then w else 0.0
}
"""
    assert loads(text, params={"w": 4}).score(response="r") == 4.0
    assert loads(text, params={"m": "b"}).score(response="r") == 0.0
    with pytest.raises(ParamError, match=message):
        loads(text, params=params)


def test_long_chains_need_no_deep_stack() -> None:
    lets = "".join(f"  let n{i} = n{i - 1} * 0.5 + 1\n" for i in range(1, 3000))
    text = f"rmcompose 1\ncomposition main -> float {{\n  rule n0 = word_count()\n{lets}  return n2999\n}}\n"
    sample = {"prompt": "q", "response": "a b"}
    assert loads(text).trace(sample)["responses"][0]["score"] == 2.0
    assert loads(text, optimize=False).scores([sample]) == [[2.0]]
    assert loads(text).scores([sample]) == [[2.0]]


def test_a_rule_may_itself_score_with_a_composition() -> None:
    import asyncio
    from unittest.mock import patch

    from rmcompose.primitives import registry
    from rmcompose.runtime import engine
    from rmcompose.runtime.judging import Answer

    async def ask(spec: Any, shown: Any, criteria: Any, client: Any) -> Answer:
        await asyncio.sleep(0)
        return Answer(0.5)

    judge = 'judge j: score[0, 1] { model = "m"  given = [response]  rubric "Good?" }'
    inner = loads(f"rmcompose 1\ncomposition main -> score[0, 1] {{\n {judge}\n return j\n}}\n", client=object())  # type: ignore[arg-type]  # never used

    @registry.register("scores_within", returns="float", low=0, high=1, arguments={"text": registry.TEXT}, example="")
    def scores_within(text: str) -> float:
        """Scores the text with another composition."""
        return inner.score(response=text)

    try:
        body = f"{judge}\n rule r = scores_within()\n return j * r"
        outer = loads(f"rmcompose 1\ncomposition main -> score[0, 1] {{\n {body}\n}}\n", client=object())  # type: ignore[arg-type]  # never used
        with patch.object(engine, "ask", ask):
            assert outer.score(response="x") == 0.25
    finally:
        registry._rules.pop("scores_within")


def test_a_pattern_that_a_param_holds_is_checked_when_it_is_known() -> None:
    from rmcompose.diagnostics import SpecError

    text = """rmcompose 1
composition main -> score[0, 1] {
  param found: text = "good"
  judge j: score[0, 1] { model = "m"  given = [response]  rubric "?"  extract = found  verdict "good" = 1.0 }
  return j
}
"""
    loads(text)
    with pytest.raises(SpecError) as caught:
        loads(text, params={"found": "(?<=a)good"})
    assert [one.code for one in caught.value.diagnostics] == ["RM506"]


@pytest.mark.parametrize(
    ("formula", "n"),
    [
        (f"clamp({10**200} * {10**200} * n, 0, 1)", 3),
        (f"mean({10**200} * {10**200} * n, 0.5)", 3),
        (f"min({10**200} * n * {10**200}, 0.5)", 3),
        (f"if {10**200} * {10**200} * n > 0.5 then 1 else 0", 3),
        (f"sigmoid({10**200} * {10**200} * n)", 3),
        (f"round(n * {10**200} * n * {10**200})", 3),
        ("n * n", 10**200),
        ("n", 10**400),
        ("clamp(n, 0, 1)", 10**400),
    ],
)
def test_whole_numbers_too_large_for_a_float_are_not_finite(formula: str, n: int) -> None:
    assert both(f"  return {formula}", {"n": n})["reason"]["kind"] == "non_finite"
    assert both(f"  return {formula}", {})["reason"]["kind"] == "missing_input"


def test_what_the_result_does_not_depend_on_says_so():
    rules = "rule words = word_count()\n  rule chars = char_count()\n  let same = chars\n"
    body = rules + "return if a > 0.5 then words else 0"
    nodes = composed(body).trace({"prompt": "q", "response": "r", "a": 0})["responses"][0]["nodes"]
    assert {name: node["reason"] for name, node in nodes.items()} == {
        "words": "its arm was not taken",
        "chars": "the result does not depend on it",
        "same": "the result does not depend on it",
    }
