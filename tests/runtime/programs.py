"""Random compositions that pass the analysis, with samples and judges that may fail: what the laws are tested on."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from rmcompose.runtime.judging import Answer, JudgeSpec

JUDGES = ("j0", "j1", "j2")
STEP_JUDGES = ("s0", "s1")
UNIT_INPUTS = ("a", "b", "c")
FAILURES = ("refused", "malformed_reply", "timeout", "abstained")


@dataclass
class World:
    """What judges say: a value, or None with a failure, by judge and response. Counts what is asked."""

    answers: dict[tuple[str, str], float | str]
    turns: dict[tuple[str, str], int] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def ask(self, spec: JudgeSpec, shown: Sequence[object], criteria: Any, client: Any) -> Answer:
        """Stands in for `judging.ask`: answers after some turns of the loop, so that orders differ."""
        key = (spec.name.split(".")[-1], str(shown[0]))
        self.asked.append(key)
        for _ in range(self.turns.get(key, 0)):
            await asyncio.sleep(0)
        answer = self.answers[key]
        if isinstance(answer, str):
            return Answer(None, kind=answer, message="scripted", calls=1)
        return Answer(answer, calls=1)


UNIT = st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0, 1 / 3]), st.floats(0, 1, allow_nan=False).map(lambda x: x + 0.0))


@st.composite
def worlds(draw: st.DrawFn, responses: Sequence[str]) -> World:
    """Judges' answers to these responses, with failures, in any order of arrival."""
    answer = st.one_of(UNIT, UNIT, st.sampled_from(FAILURES))
    keys = [(judge, response) for judge in JUDGES for response in responses]
    keys += [(judge, step) for judge in STEP_JUDGES for response in responses for step in steps_of(response)]
    return World({key: draw(answer) for key in keys}, {key: draw(st.integers(0, 5)) for key in keys})


MOST_STEPS = 3


def steps_of(response: str) -> list[str]:
    """The steps that a response may have; no two steps of a sample read the same."""
    return [f"{response} {word} {number}" for number, word in enumerate(("yes", "no", "yes yes")[:MOST_STEPS])]


@st.composite
def samples(draw: st.DrawFn) -> dict[str, Any]:
    """A sample whose unit inputs may be missing, out of range, not finite or of the wrong type."""
    responses = draw(st.lists(st.sampled_from(["yes a", "no b", "yes c d", ""]), min_size=1, max_size=3, unique=True))
    sample: dict[str, Any] = {"prompt": "q", "responses": responses}
    odd = st.sampled_from([None, 2.0, math.nan, math.inf, "text"])
    for name in UNIT_INPUTS:
        if draw(st.integers(0, 3)):
            sample[name] = draw(UNIT)
        elif draw(st.booleans()):
            sample[name] = draw(odd)
    if draw(st.integers(0, 5)):
        sample["steps"] = [draw(_steps(response)) for response in responses]
    if draw(st.booleans()):
        sample["kind"] = draw(st.sampled_from(["math", "chat", "other"]))
    return sample


def _steps(response: str) -> st.SearchStrategy[list[str | None]]:
    """Some of the steps, in order, among them one that cannot be read; or none."""
    whole = st.integers(0, MOST_STEPS).map(lambda count: list(steps_of(response)[:count]))
    holed = st.integers(0, MOST_STEPS - 1).map(
        lambda hole: [None if place == hole else step for place, step in enumerate(steps_of(response))]
    )
    return st.one_of(whole, whole, whole, holed)


@dataclass
class _Scope:
    units: list[str]
    bools: list[str]


REDUCERS = ("min", "max", "mean", "product", "last", "first_error", "discounted")


@st.composite
def _reduced(draw: st.DrawFn, steps: _Scope) -> str:
    """A `reduce` whose range lies within [0, 1]."""
    how = draw(st.sampled_from(REDUCERS))
    third = {
        "first_error": f", {draw(st.sampled_from(['0.5', '0.25', '1.0', '0.0']))}",
        "discounted": f", {draw(st.sampled_from(['0.5', '0.9', '1.0']))}",
    }.get(how, "")
    if draw(st.integers(0, 9)) == 0:
        return f'clamp(reduce({draw(_per_step(steps))}, "sum"), 0.0, 1.0)'
    return f'reduce({draw(_per_step(steps))}, "{how}"{third})'


def _per_step(steps: _Scope) -> st.SearchStrategy[str]:
    """Formulas in [0, 1] that surely differ by step."""
    leaf = st.sampled_from([one for one in steps.units if one in ("early", *STEP_JUDGES)])
    inner = _unit(steps, 1)
    pair = st.tuples(leaf, inner)
    return st.one_of(
        leaf,
        leaf,
        pair.map(lambda p: f"min({p[0]}, {p[1]})"),
        pair.map(lambda p: f"mean({p[0]}, {p[1]})"),
        pair.map(lambda p: f"({p[0]} * {p[1]})"),
        st.tuples(_condition(steps, 0), leaf, inner).map(lambda p: f"(if {p[0]} then {p[1]} else {p[2]})"),
    )


def _unit(scope: _Scope, depth: int) -> st.SearchStrategy[str]:
    """Formulas whose range lies within [0, 1]."""
    leaf = st.one_of(st.sampled_from(scope.units), st.sampled_from(["0.0", "0.5", "1.0", "0.25"]))
    if depth == 0:
        return leaf
    inner = _unit(scope, depth - 1)
    pair = st.tuples(inner, inner)
    condition = _condition(scope, depth - 1)
    return st.one_of(
        leaf,
        pair.map(lambda p: f"min({p[0]}, {p[1]})"),
        pair.map(lambda p: f"max({p[0]}, {p[1]})"),
        pair.map(lambda p: f"({p[0]} * {p[1]})"),
        pair.map(lambda p: f"mean({p[0]}, {p[1]})"),
        pair.map(lambda p: f"(0.5 * {p[0]} + 0.5 * {p[1]})"),
        pair.map(lambda p: f"clamp({p[0]} + {p[1]}, 0.0, 1.0)"),
        pair.map(lambda p: f"clamp({p[0]} - 0.5 * {p[1]}, 0.0, 1.0)"),
        pair.map(lambda p: f"({p[0]} / (1.0 + {p[1]}))"),
        pair.map(lambda p: f"({p[0]} ?? {p[1]})"),
        inner.map(lambda one: f"(1.0 - {one})"),
        inner.map(lambda one: f"sqrt({one})"),
        inner.map(lambda one: f"round({one})"),
        inner.map(lambda one: f"abs({one})"),
        inner.map(lambda one: f"piecewise({one}, [0.25, 0.0], [0.75, 1.0])"),
        inner.map(lambda one: f"clamp(sigmoid({one}), 0.0, 1.0)"),
        st.tuples(condition, inner, inner).map(lambda p: f"(if {p[0]} then {p[1]} else {p[2]})"),
        st.tuples(condition, inner, inner).map(lambda p: f"(route {{ when {p[0]} => {p[1]} otherwise => {p[2]} }})"),
        st.tuples(inner, inner, inner).map(
            lambda p: f'(route kind {{ when "math" => {p[0]} when "chat" => {p[1]} otherwise => {p[2]} }})'
        ),
    )


def _condition(scope: _Scope, depth: int) -> st.SearchStrategy[str]:
    leaf = st.one_of(
        st.sampled_from(scope.bools),
        st.tuples(st.sampled_from(scope.units), st.sampled_from([">=", "<", "<=", ">"]), UNIT.map(repr)).map(
            lambda p: f"({p[0]} {p[1]} {p[2]})"
        ),
    )
    if depth == 0:
        return leaf
    inner = _condition(scope, depth - 1)
    units = _unit(scope, depth - 1)
    return st.one_of(
        leaf,
        st.tuples(inner, inner).map(lambda p: f"({p[0]} and {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} or {p[1]})"),
        inner.map(lambda one: f"(not {one})"),
        st.tuples(units, st.sampled_from([">=", "<", "==", "!="]), units).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.just('(kind == "math")'),
    )


@st.composite
def _step_nodes(draw: st.DrawFn, scope: _Scope, steps: _Scope, judged: bool) -> list[str]:
    """Lines of nodes that are evaluated once per step, over what is there once per response too."""
    lines = [
        "  input step: text",
        "  input step_index: int",
        "  input previous_steps: list",
        '  rule sure: bool = contains(text = step, value = "yes")',
        "  let first = step_index == 0",
        "  let early = 1.0 / (1.0 + max(step_index, 0))",
        "  let fresh = not (step in previous_steps)",
    ]
    steps.units += [*scope.units, "early"]
    steps.bools += [*scope.bools, "sure", "first", "fresh"]
    if judged:
        for judge in STEP_JUDGES:
            policy = draw(st.sampled_from(["", "", "", "  on_unscored = 0.5"]))
            body = f'model = "m"  given = [step]  rubric "Good?"{policy}  temperature = 0.{judge[1]}'
            lines.append(f"  judge {judge}: score[0, 1] {{ {body} }}")
            steps.units += [judge] * 3
    for number in range(draw(st.integers(0, 2))):
        name = f"p{number}"
        if draw(st.booleans()):
            lines.append(f"  let {name} = {draw(_per_step(steps))}")
        else:
            function = draw(st.sampled_from([one for one in AGGREGATES if "weighted" not in one]))
            # members of a mean share one range
            members = draw(
                st.lists(st.sampled_from([u for u in steps.units if u[0] in "abcjs"]), min_size=1, max_size=3)
            )
            drop = draw(st.sampled_from(["", "", " on_unscored = drop", " on_unscored = 0.25"]))
            lines.append(f"  aggregate {name} = {function} {{{drop} {' '.join(f'member {one}' for one in members)} }}")
        steps.units.append(name)
    return lines


AGGREGATES = (
    "mean",
    "min",
    "max",
    "median",
    "product",
    "geometric_mean",
    "harmonic_mean",
    "weighted_mean",
    "weighted_sum",
)


@st.composite
def specs(draw: st.DrawFn, judged: bool = True, grouped: bool = True, stepped: bool = True) -> str:
    """The text of a composition `main` over unit inputs, rules, judges, formulas, aggregates, gates and routes.

    With `stepped` it may also look at the steps of the responses.
    """
    lines = [
        "rmcompose 1",
        "composition main -> float {",
        "  input response: text",
        '  input kind: enum["math", "chat", "other"]',
        "  input a: float[0, 1]",
        "  input b: float[0, 1]",
        "  input c: float[0, 1] = 0.5",
        '  rule hit: bool = contains(value = "yes")',
        "  rule words = word_count()",
        '  rule same: bool = exact_match(text = response, reference = "no b")',
    ]
    scope = _Scope(["a", "b", "c"], ["hit", "same"])
    if judged:
        policies = st.sampled_from(["", "", "", "  on_unscored = 0.5"])
        for judge in JUDGES:
            body = f'model = "m"  given = [response]  rubric "Good?"{draw(policies)}'
            lines.append(f"  judge {judge}: score[0, 1] {{ {body}  temperature = 0.{judge[1]} }}")
            scope.units.append(judge)
    steps = _Scope([], [])
    if stepped and draw(st.booleans()):
        lines += draw(_step_nodes(scope, steps, judged))
    for number in range(draw(st.integers(0, 4))):
        name = f"n{number}"
        kind = draw(
            st.sampled_from(
                ["let", "let", "aggregate", "count"] + ["group"] * grouped + ["reduce", "reduce"] * bool(steps.units)
            )
        )
        if kind == "let":
            lines.append(f"  let {name} = {draw(_unit(scope, 2))}")
            scope.units.append(name)
        elif kind == "reduce":
            lines.append(f"  let {name} = {draw(_reduced(steps))}")
            scope.units.append(name)
        elif kind == "group":
            lines.append(f"  let {name} = minmax(words + {draw(_unit(scope, 1))})")
            scope.units.append(name)
        elif kind == "count":
            function = draw(st.sampled_from(["all", "any", "at_least(2)"]))
            members = draw(st.lists(_condition(scope, 1), min_size=2, max_size=3))
            lines.append(f"  aggregate {name} = {function} {{ {' '.join(f'member {one}' for one in members)} }}")
            scope.bools.append(name)
        else:
            function = draw(st.sampled_from(AGGREGATES))
            # members of a mean share one range, so they are names or clamped
            members = draw(
                st.lists(st.sampled_from([u for u in scope.units if u[0] not in "nu"]), min_size=1, max_size=3)
            )
            drop = draw(st.sampled_from(["", "", " on_unscored = drop", " on_unscored = 0.25"]))
            weights = [
                f" weight {draw(st.sampled_from([0.5, 1, 2]))}" if "weighted" in function else "" for _ in members
            ]
            inner = " ".join(f"member {one}{weight}" for one, weight in zip(members, weights, strict=True))
            lines.append(f"  aggregate {name} = {function} {{{drop} {inner} }}")
            lines.append(f"  let u{number} = clamp({name}, 0.0, 1.0)")
            scope.units.append(f"u{number}")
    gates = st.tuples(_condition(scope, 1), st.sampled_from(["0.0", "0.0", "-1.0"]))
    lines.extend(f"  require {condition} else {value}" for condition, value in draw(st.lists(gates, max_size=3)))
    result = draw(_unit(scope, 3))
    lines.append(f"  return {result}" if not steps.units else f"  return min({result}, {draw(_reduced(steps))})")
    lines.append("}")
    return "\n".join(lines) + "\n"
