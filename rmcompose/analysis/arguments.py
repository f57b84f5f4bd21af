"""The named arguments of a call, matched with what the callee takes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rmcompose.analysis import wording
from rmcompose.analysis.infer import infer
from rmcompose.analysis.result import Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.ir import Argument

Matched = dict[str, tuple[Argument, Inferred]]


def match_arguments(arguments: Sequence[Argument], takes: Collection[str] | None, callee: str, scope: Scope) -> Matched:
    """Each argument under its name with what is known of its value.

    An argument the callee does not take is RM204, one that is there twice RM202; both are left out. `takes` is None
    where the callee is not known: the values are inferred for their own faults only.
    """
    result: Matched = {}
    for argument in arguments:
        value = infer(argument.value, scope)
        place = argument.name_span or argument.span
        if takes is not None and argument.name not in takes:
            scope.report.error(
                "RM204",
                f"`{callee}` has no argument `{argument.name}`",
                place,
                label="unknown argument",
                help=wording.did_you_mean(argument.name, takes) or _all(callee, takes),
            )
        elif argument.name in result:
            scope.report.error(
                "RM202",
                f"the argument `{argument.name}` is given twice",
                place,
                label="given again",
                labels=((result[argument.name][0].name_span, "first given here"),),
            )
        else:
            result[argument.name] = argument, value
    return result


def _all(callee: str, takes: Collection[str]) -> tuple[str, ...]:
    return (f"`{callee}` takes {wording.listed(takes)}",) if takes else (f"`{callee}` takes no arguments",)
