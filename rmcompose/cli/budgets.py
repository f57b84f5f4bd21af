"""`--budget`: what a run may use, and what is told of it at the end."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rmcompose.cli.faults import UsageFault

if TYPE_CHECKING:
    from rmcompose.plan.plan import Plan
    from rmcompose.runtime.client import Budget, Client

FORMS = "`5.00` (money), `calls=N`, `tokens=N` or `seconds=N`"


def add_budget(parser: argparse._ArgumentGroup) -> None:
    """`--budget LIMIT`, once of each kind."""
    parser.add_argument(
        "--budget",
        action="append",
        default=[],
        metavar="LIMIT",
        help="5.00 (money), calls=N, tokens=N or seconds=N: what does not fit is unscored; one of each kind",
    )


def budget_of(options: Sequence[str]) -> Budget | None:
    """What the options allow; None where they say nothing. Raises UsageFault for what is no limit, or said twice."""
    if not options:
        return None
    limits: dict[str, float] = {}
    for option in options:
        kind, equals, text = option.strip().rpartition("=")
        kind = kind.strip() if equals else "money"
        limit = _number(text.strip(), whole=kind in ("calls", "tokens"))
        if kind not in ("money", "calls", "tokens", "seconds") or limit is None:
            raise UsageFault(f"`--budget {option}` is no budget: give {FORMS}")
        if kind in limits:
            raise UsageFault(f"the budget of {kind} is given twice")
        limits[kind] = limit
    from rmcompose.runtime.client import Budget

    return Budget(
        money=limits.get("money"),
        calls=None if "calls" not in limits else int(limits["calls"]),
        tokens=None if "tokens" not in limits else int(limits["tokens"]),
        seconds=limits.get("seconds"),
    )


def begin(client: Client, plan: Plan) -> None:
    """The run begins. Raises ConfigError, before anything is paid, where its budget cannot be kept, or where a model
    that a rule asks is not configured for that.
    """
    from rmcompose.runtime.model_rules import check_models

    if client.budget is not None:
        client.budget.begin()
    check_models(plan, client)
    if client.replays or client.budget is None or "money" not in client.budget.limits:
        return
    for judge in plan.judges:
        for name in (*judge.models(), *judge.models("escalate")):
            client.check_price(name)
    for rule in plan.model_rules:
        client.check_price(rule.model)


def _number(text: str, *, whole: bool) -> float | None:
    # no sign, no exponent, no `nan`, and not more digits than anyone can mean
    if not re.fullmatch(r"[0-9]{1,18}" if whole else r"[0-9]{1,18}(\.[0-9]{1,18})?|\.[0-9]{1,18}", text):
        return None
    return int(text) if whole else float(text)
