"""The least and the most model calls that one response can cost, told before anything runs.

Arms of a route exclude each other, gates and operands that settle a result may spare judges: the least follows the
cheapest way through the plan, the most the dearest. Votes count; asking again after a malformed reply, the cache and
identical questions do not. The most is exact for plans with few routes and otherwise an upper bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from rmcompose.ir import Binary, Call, Expression, If, Name, Route
from rmcompose.ir.aggregates import STRICT
from rmcompose.ir.ranges import COMPARISONS
from rmcompose.ir.walk import parts
from rmcompose.plan.passes.order import tier_of
from rmcompose.plan.plan import Plan
from rmcompose.plan.steps import (
    MODEL_CALL,
    RESPONSE,
    STEP,
    AggregateStep,
    GroupStep,
    JudgeStep,
    ReduceStep,
    ResultStep,
    RuleStep,
)

Judges = frozenset[str]
_MOST_WAYS = 64


def call_bounds(plan: Plan, responses: int = 1, steps: float = math.inf) -> tuple[int, float]:
    """(least, most) model calls for a sample with that many responses, each with at most so many steps.

    A comparing judge asks about pairs or lists of them; a judge that sees no response is asked once for the sample. The
    most is infinite where a judge asks for each criterion that comes with the sample, or each step of a response.
    """
    if not plan.asking:
        return 0, 0
    ways = _Ways(plan)
    if not plan.optimized:
        return _cost(plan, frozenset(step.id for step in plan.asking), responses, steps)
    costs = [_cost(plan, way, responses, steps) for way in ways.of_step(plan.result)]
    return min(least for least, _ in costs), max(most for _, most in costs)


def _cost(plan: Plan, judges: Judges, responses: int, steps: float) -> tuple[int, float]:
    least: int = 0
    most: float = 0
    for name in judges:
        step = plan.steps[name]
        assert isinstance(step, JudgeStep | RuleStep)
        fewest, greatest = calls_of(step, responses, steps)
        least, most = least + fewest, most + greatest
    return least, most


def calls_of(judge: JudgeStep | RuleStep, responses: int, steps: float = math.inf) -> tuple[int, float]:
    """(least, most) calls that one judge, or rule, makes for a sample, where every reply can be read.

    What is asked per step is asked about one step of a response at least.
    """
    if isinstance(judge, RuleStep):
        # of the texts that it asks about, each is asked once at its own level
        fixed = sum(1 if level < RESPONSE else responses for level in judge.asks if level < STEP)
        per_step = responses * sum(level == STEP for level in judge.asks)
        return fixed + per_step, fixed + per_step * steps if per_step else fixed
    least, most = _questions(judge, responses)
    votes = int(judge.setting("votes", 1)) * len(judge.models())
    dearer = int(judge.setting("escalate_votes", 1)) * len(judge.models("escalate"))
    seen = 1 if judge.level < RESPONSE else responses
    guard = seen if judge.setting("guard") and most else 0
    floors = guard and judge.setting("on_guard") == "floor"
    each = steps if judge.level == STEP else 1
    return guard + (0 if floors else least * votes), (guard + most * (votes + dearer)) * each


def _questions(judge: JudgeStep, responses: int) -> tuple[int, float]:
    """(least, most) different questions of one vote."""
    mode = judge.setting("mode", "pointwise")
    if mode == "pairwise":
        pairs = responses * (responses - 1) // 2 * (2 if judge.setting("both_orders") else 1)
        return pairs, pairs
    if mode == "listwise":
        lists = _windows(responses, judge.setting("window"))
        return lists, lists
    seen = 1 if judge.level < RESPONSE else responses
    if judge.setting("calls") != "per_criterion":
        return seen, seen
    if judge.criteria_from is not None:
        return seen, math.inf
    return seen * len(judge.criteria), seen * len(judge.criteria)


def _windows(responses: int, window: int | None) -> int:
    """The questions that rank so many responses: one where they fit in, else one for each two blocks of half a window.

    `listwise` in the judging package cuts them.
    """
    if responses < 2:
        return 0
    if window is None or responses <= window:
        return 1
    blocks = -(-responses // (window // 2))
    return blocks * (blocks - 1) // 2


class _Ways:
    """The sets of judges that an evaluation may ask, as alternatives; steps are visited once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.known: dict[str, list[Judges]] = {}
        for step in plan.steps.values():
            # in plan order, so that what a step reads is known and nothing recurses through steps
            self.known[step.id] = self._step(step.id)

    def of_step(self, step_id: str) -> list[Judges]:
        return self.known[step_id]

    def _step(self, step_id: str) -> list[Judges]:
        step = self.plan.steps[step_id]
        if step.tier < MODEL_CALL:
            return [frozenset()]
        if isinstance(step, JudgeStep) or (isinstance(step, RuleStep) and step.asks):
            return _both(self._all(step.expressions()), [frozenset({step_id})])
        if isinstance(step, AggregateStep):
            if step.function in STRICT or step.drop:
                return self._all(step.members)
            return self._settling(step.members)
        if isinstance(step, ResultStep):
            return self._result(step)
        if isinstance(step, GroupStep | ReduceStep):
            return self.of(step.value)
        return self._all(step.expressions())

    def _result(self, step: ResultStep) -> list[Judges]:
        ways: list[Judges] = []
        passed: list[Judges] = [frozenset()]
        for gate in step.gates:
            passed = _both(passed, self.of(gate.condition))
            ways.extend(_both(passed, self.of(gate.otherwise)))
        return _few([*ways, *_both(passed, self.of(step.value))])

    def of(self, expression: Expression) -> list[Judges]:
        """The alternatives of one expression."""
        match expression:
            case Name():
                return self.known[expression.name]
            case If():
                arms = [*self.of(expression.then), *self.of(expression.otherwise)]
                return _both(self.of(expression.condition), _few(arms))
            case Route():
                return self._route(expression)
            case Binary() if expression.op in COMPARISONS or expression.op in ("and", "or", "*", "??"):
                return self._settling([expression.left, expression.right])
            case Call() if expression.function in ("min", "max"):
                return self._settling(expression.arguments)
            case _:
                return self._all(parts(expression))

    def _route(self, expression: Route) -> list[Judges]:
        if expression.subject is not None:
            arms = [way for arm in expression.arms for way in self.of(arm.then)]
            arms.extend(self.of(expression.otherwise) if expression.otherwise is not None else [])
            return _both(self.of(expression.subject), _few(arms))
        ways: list[Judges] = []
        passed: list[Judges] = [frozenset()]
        for arm in expression.arms:
            passed = _both(passed, self.of(arm.when))
            ways.extend(_both(passed, self.of(arm.then)))
        if expression.otherwise is not None:
            ways.extend(_both(passed, self.of(expression.otherwise)))
        return _few(ways)

    def _all(self, expressions: Sequence[Expression]) -> list[Judges]:
        ways: list[Judges] = [frozenset()]
        for one in expressions:
            ways = _both(ways, self.of(one))
        return ways

    def _settling(self, expressions: Sequence[Expression]) -> list[Judges]:
        # cheap before dear, and any prefix may settle it
        ordered = sorted(expressions, key=lambda one: tier_of(one, self.plan.steps))
        ways: list[Judges] = []
        passed: list[Judges] = [frozenset()]
        for one in ordered:
            passed = _both(passed, self.of(one))
            ways.extend(passed)
        return _few(ways)


def _both(left: list[Judges], right: list[Judges]) -> list[Judges]:
    if left == [frozenset()]:
        return right
    if right == [frozenset()]:
        return left
    return _few([a | b for a in left for b in right])


def _few(ways: list[Judges]) -> list[Judges]:
    """The alternatives, each once; where there are too many, the least and the union stand for them all."""
    unique = list(dict.fromkeys(ways))
    if len(unique) <= _MOST_WAYS:
        return unique
    return [min(unique, key=len), frozenset().union(*unique)]
