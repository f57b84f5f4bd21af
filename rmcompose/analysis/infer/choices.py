"""Ranges of `if` and `route`, and the faults of routes: arms that are never taken and cases that are missed."""

from __future__ import annotations

from collections.abc import Sequence

from rmcompose.analysis import wording
from rmcompose.analysis.infer.demands import as_condition
from rmcompose.analysis.report import Report
from rmcompose.analysis.result import Inferred
from rmcompose.analysis.values import ERROR, join
from rmcompose.diagnostics.source import Span
from rmcompose.ir import Arm, Constant, Expression, If, Route, Unary

Literal = bool | int | float | str


def conditional(expression: If, parts: Sequence[Inferred], report: Report) -> Inferred:
    """`if c then a else b`, with what is known of the three."""
    condition, then, otherwise = parts
    checked = as_condition(expression.condition, condition, report, "`if`")
    sides = ((expression.then, then), (expression.otherwise, otherwise))
    return _raised(_joined(sides, report, "`if`"), checked.level)


def _raised(value: Inferred, level: int) -> Inferred:
    """The value at the level of the condition that chooses it."""
    if value.kind == "error" or value.level >= level:
        return value
    return Inferred(value.kind, value.low, value.high, value.choices, level)


def _joined(sides: Sequence[tuple[Expression, Inferred]], report: Report, user: str) -> Inferred:
    """The hull of all sides; RM301 at the first of another kind than those before it."""
    if not sides:
        return ERROR
    first, result = sides[0]
    for expression, value in sides[1:]:
        joined = join(result, value)
        if joined is None:
            report.error(
                "RM301",
                f"{user} gives {wording.kind_of(result)} or {wording.kind_of(value)}",
                expression.span,
                label=wording.kind_of(value),
                labels=((first.span, wording.kind_of(result)),),
            )
            return ERROR
        result = joined
    return result


def route(
    expression: Route, subject: Inferred | None, whens: Sequence[Inferred], sides: Sequence[Inferred], report: Report
) -> Inferred:
    """A route: `whens` are the inferred tests of the arms, `sides` what the arms and the `otherwise` give."""
    if subject is None:
        level = _conditions(expression, whens, report)
    else:
        level = subject.level
        _cases(expression, subject, report)
    thens = [arm.then for arm in expression.arms]
    if expression.otherwise is not None:
        thens.append(expression.otherwise)
    return _raised(_joined(list(zip(thens, sides, strict=True)), report, "the route"), level)


def _conditions(expression: Route, whens: Sequence[Inferred], report: Report) -> int:
    """Checks arms that are conditions; the level of all of them."""
    level = 0
    settled: Span | None = None
    exhaustive = expression.otherwise is not None
    faulty = False
    for arm, when in zip(expression.arms, whens, strict=True):
        value = as_condition(arm.when, when, report, "`when`")
        level = max(level, value.level)
        faulty = faulty or value.kind == "error"
        if settled is not None:
            report.warn(
                "RM402",
                "this arm is never reached",
                arm.when.span,
                label="never asked",
                labels=((settled, "always true"),),
            )
        elif value.kind == "bool" and value.high == 0:
            report.warn("RM402", "this arm is never taken", arm.when.span, label="always false")
        elif value.kind == "bool" and value.low == 1:
            settled, exhaustive = arm.when.span, True
    if not exhaustive and not faulty:
        _misses(expression, "a route of conditions needs `otherwise`", (), report)
    return level


def _cases(expression: Route, subject: Inferred, report: Report) -> None:
    """Checks arms that are literals: each must fit the subject, be new, and together they must cover it."""
    seen: dict[tuple[bool, Literal], Arm] = {}
    faulty = subject.kind in ("error", "any")
    if subject.kind == "list":
        report.error(
            "RM301", "a route cannot branch on a list", expression.subject.span if expression.subject else None
        )
        return
    for arm in expression.arms:
        value = _literal(arm.when)
        if value is None:
            report.error(
                "RM301",
                "an arm of a route with a subject is a literal",
                arm.when.span,
                label="not a literal",
                help=("leave out the subject to write conditions",),
            )
            faulty = True
            continue
        if not _possible(arm, value, subject, report):
            faulty = True
            continue
        key = isinstance(value, str), value
        if key in seen:
            report.error(
                "RM402",
                f"this arm is never taken: {wording.formula(arm.when)} is there before",
                arm.when.span,
                label="there again",
                labels=((seen[key].when.span, "taken by this arm"),),
            )
            continue
        seen[key] = arm
    if faulty or expression.otherwise is not None:
        return
    taken = {value for _, value in seen}
    if subject.kind == "bool":
        missed = [name for name, value in (("true", True), ("false", False)) if value not in taken]
    elif subject.choices:
        missed = [f'"{choice}"' for choice in subject.choices if choice not in taken]
    else:
        _misses(expression, f"a route over {wording.kind_of(subject)} needs `otherwise`", (), report)
        return
    if missed:
        _misses(expression, f"the route misses {wording.listed(missed)}", missed, report)


def _misses(expression: Route, message: str, missed: Sequence[str], report: Report) -> None:
    proposal = f"add `when {missed[0]} => …` or `otherwise => …`" if missed else "add `otherwise => …`"
    report.error("RM403", message, expression.span, label="not every case is covered", help=(proposal,))


def _literal(expression: Expression) -> Literal | None:
    if isinstance(expression, Constant):
        return expression.value
    if isinstance(expression, Unary) and expression.op == "-" and isinstance(expression.operand, Constant):
        value = expression.operand.value
        return None if isinstance(value, str | bool) else -value
    return None


def _possible(arm: Arm, value: Literal, subject: Inferred, report: Report) -> bool:
    """Whether the subject can be this literal; RM301 for another kind, RM402 for one it never is."""
    if subject.kind in ("error", "any"):
        return True
    if isinstance(value, bool):
        same = subject.kind == "bool"
    elif isinstance(value, str):
        same = subject.kind in ("text", "enum")
    else:
        same = subject.is_number
    if not same:
        report.error(
            "RM301",
            f"the route branches on {wording.kind_of(subject)}, and {wording.formula(arm.when)} is none",
            arm.when.span,
            label=f"not {wording.kind_of(subject)}",
        )
        return False
    if isinstance(value, str):
        if not subject.choices or value in subject.choices:
            return True
        report.error(
            "RM402",
            f'this arm is never taken: "{value}" is not among the choices',
            arm.when.span,
            label=f"the choices are {wording.listed(subject.choices)}",
            help=wording.did_you_mean(value, subject.choices),
        )
        return False
    if subject.low <= value <= subject.high:
        return True
    report.error(
        "RM402",
        f"this arm is never taken: the value lies in {wording.interval(subject.range)}",
        arm.when.span,
        label="never equal to this",
    )
    return False
