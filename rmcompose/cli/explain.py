"""`rmcompose explain`: a diagnostic code in words, or what happened to each row of a result file."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rmcompose.cli.console import out
from rmcompose.cli.faults import FINE, FileFault, UsageFault


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "what", metavar="CODE|RESULT", help="a code (`RM302`) or its name (`range-exceeded`), or a file of results"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--id", help="only the rows of this sample")
    which.add_argument("--row", type=int, metavar="N", help="only the N-th row, counted from 1")
    which.add_argument("--unscored", action="store_true", help="only rows with a response that is unscored")


def run(args: argparse.Namespace) -> int:
    """Prints the explanation."""
    from rmcompose.diagnostics.catalogue import CATALOGUE, by_code, explain
    from rmcompose.diagnostics.suggest import nearest

    if args.what != "-" and not Path(args.what).exists():
        if by_code(args.what) is not None:
            out(explain(args.what))
            return FINE
        meant = nearest(args.what, [*CATALOGUE, *(entry.name for entry in CATALOGUE.values())])
        advice = f": did you mean `{meant}`?" if meant else ""
        raise UsageFault(f"`{args.what}` is neither a diagnostic code nor a file{advice}")
    return _explain_results(args)


def _explain_results(args: argparse.Namespace) -> int:
    from rmcompose.cli.rows import in_words

    told = False
    for number, row in result_rows(args.what):
        if args.row is not None and number != args.row:
            continue
        if args.id is not None and str(row.get("id")) != args.id:
            continue
        if args.unscored and all(response.get("score") is not None for response in row["responses"]):
            continue
        out(("\n" if told else "") + in_words(number, row))
        told = True
        if number == args.row:
            break
    if not told and (args.row is not None or args.id is not None):
        wanted = f"row {args.row}" if args.row is not None else f"row with the id `{args.id}`"
        raise UsageFault(f"`{args.what}` has no {wanted}")
    return FINE


def result_rows(path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows with their 1-based numbers. Raises FileFault for what is not a result."""
    with nullcontext(sys.stdin) if path == "-" else Path(path).open(encoding="utf-8") as stream:
        number = 0
        try:
            for line in stream:
                if not line.strip():
                    continue
                number += 1
                row = json.loads(line)
                if not _is_result(row):
                    raise FileFault(f"`{path}` row {number} is not a result of `rmcompose run`")
                yield number, row
        except (ValueError, RecursionError):  # neither JSON nor, with UnicodeDecodeError, text
            raise FileFault(f"`{path}` is not JSON lines: row {max(number, 1)} cannot be read") from None


def _is_result(row: object) -> bool:
    """Whether a row has the shape that is told in words: responses, each with nodes by name."""
    if not isinstance(row, dict) or not isinstance(row.get("responses"), list):
        return False
    responses = [one for one in row["responses"] if isinstance(one, dict) and isinstance(one.get("nodes", {}), dict)]
    nodes = [node for one in responses for node in one.get("nodes", {}).values()]
    return len(responses) == len(row["responses"]) and all(isinstance(node, dict) for node in nodes)
