"""`run --resume`: what an earlier run has left is checked, mended and counted, and what it could not do is done now.

Look first at `go_on`. Rows that are there are kept byte for byte, save those whose reason says that they were left for
later; these are scored again into a file beside OUT, which takes its place when it is whole.
"""

from __future__ import annotations

import argparse
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rmcompose.cli.console import say
from rmcompose.cli.faults import FileFault, UsageFault
from rmcompose.cli.summary import Summary

if TYPE_CHECKING:
    from rmcompose.data import Journal, Record

LEFT = frozenset({"budget_exceeded"})
"""Kinds of reasons of what was left for later."""
FAILED = LEFT | {"provider_error", "timeout"}
"""The same, and kinds that may not arise another time."""

_ANYWAY = "(`--resume-anyway` goes on all the same)"

Score = Callable[[Iterable["Record"]], Iterator[dict[str, Any]]]
"""Result lines of records, in order."""


def arguments(rows: argparse._ArgumentGroup) -> None:
    """What `run` takes for resuming."""
    rows.add_argument(
        "--resume", action="store_true", help="go on after the rows of OUT; rows that a budget left undone are done"
    )
    rows.add_argument(
        "--resume-anyway", action="store_true", help="the same, even if the spec, the data or `--map` have changed"
    )
    rows.add_argument(
        "--retry-unscored",
        action="store_true",
        help="with `--resume`: also score rows anew that ended in provider_error or timeout",
    )


def check(args: argparse.Namespace, output: str) -> None:
    """Raises UsageFault where the options for resuming do not fit together."""
    args.resume = args.resume or args.resume_anyway
    if args.retry_unscored and not args.resume:
        raise UsageFault("`--retry-unscored` is for runs that go on: give `--resume` too")
    if args.resume and output == "-":
        raise UsageFault("`--resume` needs a file of results: give `-o OUT.jsonl`")


@dataclass(frozen=True, slots=True)
class Resuming:
    """How a run goes on: which file, for which spec, and what is scored again, and `--limit`."""

    output: str
    spec_hash: str
    anyway: bool
    kinds: frozenset[str]
    limit: int | None

    def go_on(
        self, journal: Journal, records: Iterator[Record], score: Score, show: Callable[[Summary], None]
    ) -> Summary:
        """Takes the records of the rows that OUT holds, and brings these rows up to date.

        Returns their summary; its `samples` is how many there are. Raises UsageFault where something has changed,
        FileFault and DataError where OUT is not the output of a run.
        """
        from rmcompose.data import Changed, completed, mend

        completed(self.output)
        mend(self.output, _may_change)
        summary, again = self._looked_through()
        if not summary.samples:
            return summary
        limited = self.limit is not None and self.limit < summary.samples
        known = journal.known(records, summary.samples, limited=limited, anyway=self.anyway)
        try:
            if again:
                summary = self._redone(known, score, show)
            else:
                _exhaust(known)
        except Changed as change:
            raise UsageFault(f"cannot resume `{self.output}`: {change} {_ANYWAY}") from None
        if journal.unchecked:
            say(
                f"rmcompose: whether the data of {journal.unchecked:,} rows of `{self.output}` have changed cannot be "
                f"checked: `{journal.path.name}` beside it does not tell"
            )
        return summary

    def _looked_through(self) -> tuple[Summary, int]:
        """The summary of the rows that are there, and how many of them are to be scored again."""
        from rmcompose.data import completed, lines_of

        summary, again = Summary(), 0
        if not completed(self.output).rows:
            return summary, again
        for line in lines_of(self.output):
            row = json.loads(line)
            if row.get("spec") != self.spec_hash and not self.anyway:
                change = "its rows were written by another spec, or with other params"
                raise UsageFault(f"cannot resume `{self.output}`: {change} {_ANYWAY}")
            try:
                summary.add(row)
                again += self._is_left(line)
            except (KeyError, TypeError, AttributeError):
                raise FileFault(f"cannot resume `{self.output}`: row {summary.samples} is not a result") from None
        return summary, again

    def _redone(self, known: Iterator[Record], score: Score, show: Callable[[Summary], None]) -> Summary:
        """Scores again what was left. Everything is read in step, in memory that does not grow with the file."""
        from rmcompose.data import lines_of, rewriting

        summary = Summary()
        with rewriting(self.output) as writer, _interrupted(self.output):
            left = (record for record, line in zip(known, lines_of(self.output), strict=False) if self._is_left(line))
            results = score(left)
            for line in lines_of(self.output):
                # there is no result where `--limit`, or data that became fewer, end before the rows do
                row = next(results, None) if self._is_left(line) else None
                if row is None:
                    writer.copy(line)
                    summary.add(json.loads(line))
                else:
                    writer.write(row)
                    summary.add(row)
                show(summary)
            _exhaust(results)  # the records of the rows that are kept behind the last one
        return summary

    def _is_left(self, line: bytes) -> bool:
        return is_left(line, self.kinds)


def tell_fault(journal: Journal) -> None:
    """Says where no record is kept that should be."""
    if journal.fault is not None:
        say(f"rmcompose: `{journal.path}` cannot be written ({journal.fault}): a resumed run cannot check its data")


def is_left(line: bytes, kinds: frozenset[str]) -> bool:
    """Whether a response of this result line, or a node of one, is unscored for one of these kinds of reasons."""
    if not any(kind.encode() in line for kind in kinds):
        return False
    responses = json.loads(line)["responses"]
    nodes = [node for response in responses for node in response["nodes"].values()]
    told = [*responses, *nodes, *(step for node in nodes for step in node.get("steps", ()))]
    return any(isinstance(one.get("reason"), dict) and one["reason"].get("kind") in kinds for one in told)


def _may_change(line: bytes) -> bool:
    try:
        return is_left(line, FAILED)
    except (KeyError, TypeError, AttributeError):
        return False


@contextmanager
def _interrupted(output: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        done = f"what was scored again for {output} is kept beside it"
        raise KeyboardInterrupt(f"interrupted: {done}; go on with --resume") from None


def _exhaust(items: Iterable[object]) -> None:
    deque(items, maxlen=0)
