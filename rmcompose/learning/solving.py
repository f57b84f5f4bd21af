"""From examples to values of the params, for one strength: the optimum, then numbers fit to be written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rmcompose.ir.types import Number
from rmcompose.learning.dual import Array
from rmcompose.learning.errors import FitError
from rmcompose.learning.names import Fitted
from rmcompose.learning.objective import Ints, Objective

DIGITS = 4
"""Digits that weights are written with, counted from the largest of them."""
DIGITS_OF_OTHERS = 6
MOST_ROUNDS = 500


@dataclass(frozen=True, slots=True)
class Shape:
    """What holds between the params: weights on a simplex, or each at least the one before it."""

    simplex: bool = False
    increasing: bool = False


@dataclass(frozen=True, slots=True)
class Solution:
    """Where the objective is smallest: how far each param is from its start, κ, and the value there."""

    delta: Array
    scale: float
    value: float
    converged: bool


def solve(objective: Objective, params: Sequence[Fitted], shape: Shape, begin: Array | None = None) -> Solution:
    """The optimum, by L-BFGS-B within the bounds, or SLSQP where the params are tied together.

    `begin` is an x to begin at, as `position` gives it.
    """
    from scipy.optimize import minimize

    free = [params[place] for place in objective.free]
    bounds = [_steps(param, shape) for param in free]
    start = np.array([min(max(0.0, low), high) for low, high in bounds]) if begin is None else begin[: len(free)]
    if shape.simplex:
        start = _on_simplex(start, free, bounds)
    if objective.scaled:
        unit = _unit(objective, start)
        bounds.append((-math.log(unit) - 9.0, -math.log(unit) + 9.0))
        start = np.append(
            start, -math.log(unit) if begin is None else min(max(begin[-1], bounds[-1][0]), bounds[-1][1])
        )
    if not len(start):
        return Solution(objective.delta(start), objective.scale(start), objective(start)[0], converged=True)
    tied = _constraints(free, shape, len(start))
    method = "SLSQP" if tied else "L-BFGS-B"
    options = {"maxiter": MOST_ROUNDS, "ftol": 1e-12} | ({} if tied else {"gtol": 1e-8, "maxcor": 20})
    done = minimize(objective, start, jac=True, method=method, bounds=bounds, constraints=tied, options=options)
    x = np.clip(done.x, [low for low, _ in bounds], [high for _, high in bounds])
    value = objective(x)[0]
    return Solution(objective.delta(x), objective.scale(x), value, bool(done.success) or done.status == 2)


def position(objective: Objective, solution: Solution) -> Array:
    """A solution as a place to begin at."""
    steps = solution.delta[objective.free] / objective.widths[objective.free]
    return np.append(steps, math.log(solution.scale)) if objective.scaled else np.asarray(steps)


def _steps(param: Fitted, shape: Shape) -> tuple[float, float]:
    low, high = param.low, param.high
    if shape.simplex and param.is_weight:
        low, high = max(low, 0.0), min(high, 1.0)
    return (low - float(param.start)) / param.width, (high - float(param.start)) / param.width


def _unit(objective: Objective, start: Array) -> float:
    """The root mean square of the margins at the start, or of the members where all margins are 0: what κ undoes."""
    scores = objective.scores(objective.delta(start)).value
    size = int(max(objective.units.better.max(), objective.units.worse.max())) + 1
    margins = objective.units.margins(np.broadcast_to(scores, (size,)) if scores.ndim == 0 else scores)
    margins = margins[~np.isnan(margins)]
    found = math.sqrt(float((margins**2).mean())) if len(margins) else 0.0
    if found < 1e-9:
        squares = [float((spread.differs**2).mean()) for spread in objective.spreads]
        found = math.sqrt(sum(squares)) if squares else 0.0
    return found if found >= 1e-9 else 1.0


def _on_simplex(start: Array, free: Sequence[Fitted], bounds: Sequence[tuple[float, float]]) -> Array:
    """The start with its weights moved to sum to 1, as far as bounds let them. Raises FitError where they do not."""
    which = [place for place, param in enumerate(free) if param.is_weight]
    low = np.array([float(free[p].start) + bounds[p][0] * free[p].width for p in which])
    high = np.array([float(free[p].start) + bounds[p][1] * free[p].width for p in which])
    if low.sum() > 1 + 1e-12 or high.sum() < 1 - 1e-12:
        raise FitError(
            f"`--simplex`: within their bounds the weights sum to {low.sum():g} to {high.sum():g}, never to 1"
        )
    share = 0.0 if high.sum() == low.sum() else (1 - low.sum()) / (high.sum() - low.sum())
    values = low + share * (high - low)
    moved = start.copy()
    for place, value in zip(which, values, strict=True):
        moved[place] = (value - float(free[place].start)) / free[place].width
    return moved


def _constraints(free: Sequence[Fitted], shape: Shape, size: int) -> list[dict[str, object]]:
    tied: list[dict[str, object]] = []
    widths = np.zeros(size)
    if shape.simplex:
        weights = [place for place, param in enumerate(free) if param.is_weight]
        widths[weights] = [free[place].width for place in weights]
        begun = sum(float(free[place].start) for place in weights)
        tied.append({"type": "eq", "fun": lambda x: begun + widths @ x - 1, "jac": lambda _: widths})
    if shape.increasing:
        rises = np.zeros((len(free) - 1, size))
        begun_at = np.array([float(param.start) for param in free])
        for place in range(len(free) - 1):
            rises[place, place] = -free[place].width
            rises[place, place + 1] = free[place + 1].width
        tied.append({"type": "ineq", "fun": lambda x: np.diff(begun_at) + rises @ x, "jac": lambda _: rises})
    return tied


# ---- numbers to be written -------------------------------------------------------------------------------------------


def finished(
    objective: Objective, params: Sequence[Fitted], solution: Solution, shape: Shape, free: Ints
) -> dict[str, Number]:
    """The values of all params as they are to be written: rescaled where that changes nothing, and rounded."""
    delta = solution.delta if shape.simplex or not objective.scaled else _rescaled(objective, params, solution, free)
    values = [float(param.start) + move for param, move in zip(params, delta, strict=True)]
    moved = set(free.tolist())
    weights = [abs(values[place]) for place in moved if params[place].is_weight]
    decimals = _decimals(max(weights, default=0.0))
    found: dict[str, Number] = {}
    for place, (param, value) in enumerate(zip(params, values, strict=True)):
        if place not in moved:
            found[param.name] = param.start
        elif param.whole:
            found[param.name] = round(param.held(round(float(value))))
        else:
            digits = decimals if param.is_weight else DIGITS_OF_OTHERS - _magnitude(value)
            found[param.name] = _tidy(param, value, digits)
    if shape.simplex:
        _sum_to_one(found, params, decimals)
    if shape.increasing:
        _rise(found, [params[place] for place in sorted(moved)])
    if any(params[place].whole for place in moved):
        _improve_whole(objective, params, found, free)
    return found


def moves(params: Sequence[Fitted], values: Mapping[str, Number]) -> Array:
    """How far values are from the start."""
    return np.array([float(values[param.name]) - float(param.start) for param in params])


def _rescaled(objective: Objective, params: Sequence[Fitted], solution: Solution, free: Ints) -> Array:
    """The params with their weights multiplied so that they are together as large as they were.

    Only the ratios of weights say which response is better, and κ takes the rest; the size is kept for those who read
    the score, and so that it stays in its range. Nothing is done where the objective is not the same afterwards.
    """
    weights = [place for place in free if params[place].is_weight]
    values = np.array([float(params[place].start) + solution.delta[place] for place in weights])
    size = float(np.abs(values).sum())
    before = float(sum(abs(float(params[place].start)) for place in weights))
    if not weights or size < 1e-12:
        return solution.delta
    factor = (before if before > 0 else 1.0) / size
    if any(params[place].whole for place in weights):
        # whole numbers lose least where they are large
        tops = [_room(params[place], value) for place, value in zip(weights, values, strict=True)]
        factor = min([top for top in tops if top < math.inf], default=factor)
    for place, value in zip(weights, values, strict=True):
        factor = min(factor, _room(params[place], value))
    delta = solution.delta.copy()
    delta[weights] = values * factor - np.array([float(params[place].start) for place in weights])
    if any(not p.low <= float(p.start) + d <= p.high for p, d in zip(params, delta, strict=True)):
        return solution.delta
    for scale in (solution.scale, solution.scale / factor):
        x = position(objective, Solution(delta, scale, 0.0, converged=True))
        if math.isclose(objective(x)[0], solution.value, rel_tol=1e-9, abs_tol=1e-12):
            return delta
    return solution.delta


def _room(param: Fitted, value: float) -> float:
    """By how much a weight can be multiplied within its bounds."""
    end = param.high if value > 0 else param.low
    return math.inf if abs(value) < 1e-12 else end / value


def _magnitude(value: float) -> int:
    return math.floor(math.log10(abs(value))) + 1 if value else 0


def _decimals(largest: float) -> int:
    return min(max(DIGITS - _magnitude(largest), 0), 12)


def _tidy(param: Fitted, value: float, digits: int) -> float:
    """The value with few digits, within its bounds; -0 is 0."""
    rounded = round(float(param.held(value)), min(max(digits, 0), 12))
    return float(param.held(rounded)) + 0.0


def _sum_to_one(found: dict[str, Number], params: Sequence[Fitted], decimals: int) -> None:
    """Gives what rounding lost to the largest weight that has room."""
    weights = [param for param in params if param.is_weight]
    for param in sorted(weights, key=lambda one: -found[one.name]):
        rest = sum(found[one.name] for one in weights if one is not param)
        value = round(float(1.0 - rest), decimals)
        if max(param.low, 0.0) <= value <= min(param.high, 1.0):
            found[param.name] = value
            return


def _rise(found: dict[str, Number], params: Sequence[Fitted]) -> None:
    for one, other in pairwise(params):
        if found[other.name] < found[one.name]:
            found[other.name] = other.held(float(found[one.name]))


def _improve_whole(objective: Objective, params: Sequence[Fitted], found: dict[str, Number], free: Ints) -> None:
    """Moves whole params by one as long as that makes the objective smaller: rounding each alone may not be best."""
    best = _best_value(objective, moves(params, found))
    for _ in range(20):
        better = False
        for place in free:
            param = params[place]
            for step in (-1, 1):
                value = found[param.name] + step
                if not param.whole or not param.low <= value <= param.high:
                    continue
                tried = {**found, param.name: round(value)}
                reached = _best_value(objective, moves(params, tried))
                if reached < best - 1e-12:
                    best, better = reached, True
                    found[param.name] = round(value)
        if not better:
            return


def _best_value(objective: Objective, delta: Array) -> float:
    scale = best_scale(objective, delta)
    return objective(position(objective, Solution(delta, scale, 0.0, converged=True)))[0]


def best_scale(objective: Objective, delta: Array) -> float:
    """κ for given params: what makes their loss and penalty smallest."""
    if not objective.scaled:
        return 1.0
    from scipy.optimize import minimize_scalar

    steps = delta[objective.free] / objective.widths[objective.free]
    unit = _unit(objective, steps)
    centre = -math.log(unit)
    done = minimize_scalar(
        lambda log: objective(np.append(steps, log))[0],
        bounds=(centre - 9, centre + 9),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return float(np.exp(done.x))
