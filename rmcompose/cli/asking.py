"""Options on asking models, and the client that they mean: shared by all commands that may ask."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from typing import TYPE_CHECKING

from rmcompose.cli.budgets import add_budget, begin, budget_of
from rmcompose.cli.options import positive

if TYPE_CHECKING:
    from rmcompose.plan.plan import Plan
    from rmcompose.runtime.client import Client

_UNDER_WAY = 512
"""Samples that are evaluated at the same time where judges are asked: twice as many as calls can be, because one that
takes long must not keep those after it from being asked."""


def add_models(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """`--concurrency`, `--budget`, `--record`, `--replay`, `--no-cache`; returns the group."""
    models = parser.add_argument_group("models")
    models.add_argument("--concurrency", type=positive, metavar="N", help="model calls at the same time, at most")
    add_budget(models)
    cassette = models.add_mutually_exclusive_group()
    cassette.add_argument("--record", metavar="FILE", help="write every reply to a cassette")
    cassette.add_argument("--replay", metavar="FILE", help="answer from a cassette, and call no model")
    models.add_argument("--no-cache", action="store_true", help="do not use replies of earlier runs, and keep none")
    return models


def client_of(args: argparse.Namespace, plan: Plan, stack: ExitStack, *more: Plan) -> Client | None:
    """The client that all plans ask models through; None where nothing is asked and nothing is to be recorded."""
    plans = (plan, *more)
    if not any(one.asking for one in plans) and args.record is None and args.replay is None:
        return None
    from rmcompose.runtime.client import Client

    options = {"record": args.record, "replay": args.replay, "concurrency": args.concurrency}
    client = stack.enter_context(Client(cache=not args.no_cache, budget=budget_of(args.budget), **options))
    for one in plans:
        begin(client, one)
    return client


def under_way(args: argparse.Namespace) -> int:
    """How many samples are evaluated at the same time."""
    return max(_UNDER_WAY, 2 * (args.concurrency or 0))
