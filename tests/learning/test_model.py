"""The score as a function of the params: the runtime's numbers, and slopes that are those of differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmcompose.compiler import Compilation
from rmcompose.data import view
from rmcompose.learning.leaves import Evaluated
from rmcompose.learning.model import Model, with_leaves
from rmcompose.learning.moving import Unsuited, variants
from rmcompose.learning.names import fitted_params
from rmcompose.plan.constants import param_values

HEAD = """\
rmcompose 1
composition x -> float {
  input a: float[0, 1]
  input b: float[0, 1]
  input ok: bool
  input kind: enum["m", "n"]
  param u: float[-2, 2] = 0.5
  param v: float[0.1, 2] = 0.75
  param t: float[0, 1] = 0.375
"""

FORMULAS = {
    "sum": "return u * a + v * b",
    "quotient": "return (u * a + b) / (v + a)",
    "weights": "aggregate s = weighted_sum { member a weight u  member b weight v  member a * b weight 1 }\n return s",
    "mean": "aggregate s = weighted_mean { member a weight v  member b weight t  member a weight 0.5 }\n return s",
    "dropped": "aggregate s = weighted_mean { member a weight v  member b weight t  on_unscored = drop }\n return s",
    "dropped sum": "aggregate s = weighted_sum { member a weight u  member b weight t  on_unscored = drop }\n return s",
    "filled": "aggregate s = weighted_sum { member a weight u  member b weight v  on_unscored = 0.25 }\n return s",
    "moving members": "let c = u * a\n aggregate s = weighted_sum { member c weight v  member b weight t }\n return s",
    "moving mean": "let c = clamp(u * a, 0.0, 1.0)\n"
    " aggregate s = weighted_mean { member c weight v  member b weight t }\n return s",
    "clamp": "return clamp(u * a + v, 0.2, 1.0) - b",
    "functions": "return tanh(u * a) + exp(-v * b) + sqrt(v + a) + log(v + b) + abs(u - a) + sigmoid(u * b)",
    "least": "return min(u * a, v * b, t) + max(u, a) + mean(u, a, b) + sum(v, b)",
    "lists": "return min([u * a, v]) + max([a, t])",
    "choice": "return if a > t then u * b else v",
    "conditions": "return if ok and (a > t or b > t) then u else v * b",
    "not": "return if not (a >= t) then u * a else v",
    "route": 'return route kind { when "m" => u * a  otherwise => v * b }',
    "route by condition": "return route { when a < t => u  when b < t => v * b  otherwise => u * v }",
    "gates": 'require a >= t else -1.0 because "low"\n require ok else u\n return v * b',
    "gates beside": "require ok else -1.0\n return u * a + v",
    "coalesce": "return (u * b ?? 0.5) + v",
    "piecewise": "return piecewise(a, 0.0, u, 0.5, v, 1.0, t)",
    "piecewise of what moves": "return piecewise(v * a, 0.0, -1.0, 0.5, 0.0, 2.0, 1.0)",
    "normalised": "let s = clamp(u * a, -2.0, 2.0)\n return normalize(s) * v",
    "product": "aggregate s = product { member v * a  member b }\n return s",
    "middle": "aggregate s = median { member t * a  member b  member clamp(v * b, 0.0, 1.0) }\n return s",
    "middle of two": "aggregate s = median { member v * a  member v * b }\n return s",
    "geometric": "aggregate s = geometric_mean { member v * a  member v * b }\n return s",
    "harmonic": "aggregate s = harmonic_mean { member v * a  member v * b  member v * max(a, b) }\n return s",
    "all": "aggregate s = all { member a > t  member b > t }\n return if s then u else v",
    "any": "aggregate s = any { member a > t  member ok }\n return if s then u else v",
    "at least": "aggregate s = at_least(2) { member a > t  member b > t  member ok }\n return if s then u * a else v",
    "rounded": "return round(u * a, 1) + v",
    "a bool": "aggregate s = weighted_sum { member ok weight u  member a > 0.5 weight v }\n return s",
}


def made(body):
    compilation = Compilation("x.rm", f"{HEAD}  {body}\n}}\n")
    checked = compilation.composition("x")
    params = fitted_params(checked, param_values(checked, {}), [n for n in "uvt" if f" {n}" in f" {_words(body)}"])
    plan_of = lambda values: compilation.plan("x", values, optimize=False)  # noqa: E731
    return params, plan_of, variants(plan_of, params)


def _words(body):
    import re

    return " ".join(re.findall(r"\b[uvt]\b", body))


values = st.sampled_from([0.0, 0.25, 0.5, 1.0, None]) | st.floats(0, 1).map(lambda x: round(x, 3))
responses = st.fixed_dictionaries(
    {
        "content": st.just("r"),
        "a": values,
        "b": values,
        "ok": st.sampled_from([True, False, True, False, None]),
        "kind": st.sampled_from(["m", "n"]),
    }
)


@pytest.mark.parametrize("name", FORMULAS)
@settings(max_examples=15)
@given(data=st.data())
def test_the_model_is_the_runtime_with_its_slopes(name, data):
    params, plan_of, found = made(FORMULAS[name])
    model = Model(found)
    found = with_leaves(found, model.leaves)
    rows = data.draw(st.lists(st.lists(responses, min_size=1, max_size=3), min_size=1, max_size=3))
    views = [view({"prompt": "p", "responses": one}) for one in rows]
    frozen = [step for step in found.start.steps if step not in found.moving]
    evaluated = Evaluated(found.start, list(model.leaves.values()), frozen, views, None)
    # such that start + (value - start) is the value to the bit, which decides at a jump
    at = np.array([data.draw(st.integers(math.ceil(p.low * 64), math.floor(p.high * 64))) / 64 for p in params])
    delta = at - np.array([float(param.start) for param in params])
    theirs = evaluated.scores(plan_of({p.name: float(x) for p, x in zip(params, at, strict=True)}))
    dual = model.scores(delta, evaluated.columns)
    ours = np.broadcast_to(dual.value, theirs.shape)
    known = ~np.isnan(ours)
    assert ours[known] == pytest.approx(theirs[known], abs=1e-9)
    if not any(value is None for one in rows for response in one for value in response.values()):
        assert (np.isnan(ours) == np.isnan(theirs)).all()
    _slopes(model, evaluated, delta, dual, len(theirs))


def _slopes(model, evaluated, delta, dual, size):
    step = 1e-6
    for place in range(len(delta)):
        moved = np.where(np.arange(len(delta)) == place, step, 0.0)
        up, down = (np.broadcast_to(model.scores(delta + s, evaluated.columns).value, (size,)) for s in (moved, -moved))
        here = np.broadcast_to(dual.value, (size,))
        slope = np.zeros(size) if dual.slope is None else np.broadcast_to(dual.slope, (size, len(delta)))[:, place]
        right, left = (up - here) / step, (here - down) / step
        # at a kink any slope between both sides will do, and at a jump there is none
        smooth = ~np.isnan(right) & ~np.isnan(left) & (np.abs(right - left) < 1e-3)
        assert slope[smooth] == pytest.approx((right + left)[smooth] / 2, abs=2e-3)


def test_what_is_more_than_a_formula_is_unsuited():
    for body in (
        "return zscore(u * a)",
        "let w = u * u\n aggregate s = weighted_sum { member a weight u * u }\n return s",
    ):
        with pytest.raises(Unsuited):
            Model(made(body)[2])


def test_leaves_are_the_largest_parts_that_stay():
    model = Model(made("return u * (a + b) + v * max(a, 0.5) + (if ok then b else a)")[2])
    assert list(model.leaves) == ["a + b", "max(a, 0.5)", "if ok then b else a"]


def test_a_threshold_is_found():
    assert [one.param for one in Model(made("return if a > t then u else b")[2]).thresholds] == [1]
    assert Model(made("return if a > 2 * t then u else b")[2]).thresholds == []
