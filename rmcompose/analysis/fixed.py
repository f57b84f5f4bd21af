"""What must be known before any sample is read: weights, defaults, settings, patterns."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from rmcompose.analysis.result import Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.ir import Expression
from rmcompose.ir.arithmetic import NonFinite
from rmcompose.ir.walk import names


class Fixed(NamedTuple):
    """The value of a constant formula with every param at its default.

    `known` has a value, `varies` depends on the sample, `not_finite` has none, `silent` was already reported.
    `literal` says that no param takes part, so it is this value whatever the params are set to.
    """

    state: Literal["known", "varies", "not_finite", "silent"]
    value: Any = None
    literal: bool = False


def fixed(expression: Expression, inferred: Inferred, scope: Scope) -> Fixed:
    """The value of a formula of literals and params, or why it has none."""
    if inferred.kind == "error":
        return Fixed("silent")
    used = [name.name for name in names(expression)]
    if any(name not in scope.params for name in used):
        return Fixed("varies")
    if any(name not in scope.defaults for name in used):
        return Fixed("silent")  # the default of the param is at fault
    from rmcompose.ir.constants import NotConstant, evaluate

    try:
        return Fixed("known", evaluate(expression, scope.defaults), literal=not used)
    except NotConstant:
        return Fixed("varies")
    except (NonFinite, OverflowError):
        return Fixed("not_finite")
    except (TypeError, ValueError, LookupError, AttributeError):
        return Fixed("silent")  # a part of the wrong kind, which inference has reported
