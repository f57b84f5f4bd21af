"""Results scored anew with another spec: the Python call, and what the command line is made of.

`prepare` reads the first line, settles what stands for what, and refuses before anything is written what cannot be
done; `Rescoring` then gives line by line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmcompose.compiler import Compilation, split_target
from rmcompose.data import Recorded, digest, open_writer, read, view
from rmcompose.data.errors import RowError
from rmcompose.library.places import resolve
from rmcompose.plan.definitions import Definition, definitions, of_text
from rmcompose.plan.plan import Plan
from rmcompose.rescoring.errors import NeedsError, ResultsError
from rmcompose.rescoring.lines import Line, Results, opened
from rmcompose.rescoring.matching import Demand, Matching, by_definition, by_name, demand
from rmcompose.rescoring.rescorer import Rescorer, step_count, unreadable

if TYPE_CHECKING:
    from rmcompose.data.mapping import Mapping as FieldMapping
    from rmcompose.data.readers import Format, Record
    from rmcompose.data.view import SampleView
    from rmcompose.runtime.client import Client

UNDER_WAY = 512
"""Samples that are under way at a time where models are asked."""


@dataclass(frozen=True, slots=True)
class Data:
    """The rows that were scored: a file, the mapping of its fields, and its format."""

    path: str | Path
    mapping: FieldMapping | None = None
    format: Format | None = None


@dataclass
class Rescoring:
    """Lines of the new spec, made as they are asked for, once.

    `matching` tells what stands for what, `demand` what the new spec needs beside it, `checked` whether it is known
    that nodes still ask what they asked. Of lines that have been made, `undone` counts the responses that are unscored
    because something was not in the results, by its name. `client` is set where models may be asked.
    """

    results: Results
    plan: Plan
    matching: Matching
    demand: Demand
    checked: bool
    _first: Line | None
    _lines: Iterator[Line]
    _known: _Known
    _data: Data | None = None
    client: Client | None = None
    max_workers: int = UNDER_WAY
    undone: Counter[str] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[Line]:
        if self._first is None:
            return iter(())
        return self._asked() if self.client is not None else self._told()

    @property
    def notes(self) -> list[str]:
        """What the user must know before they believe the lines, each in one line."""
        told = []
        if self.matching.trusted:
            told.append(
                f"nothing tells how the saved run defined {_listed(self.matching.trusted)}: taken to be unchanged "
                "(`--old SPEC` compares)"
            )
        if self.matching.renamed:
            pairs = ", ".join(f"`{name}` from `{saved}`" for name, saved in self.matching.renamed.items())
            told.append(f"nodes that ask the same under another name: {pairs}")
        if self.demand.judges and self.client is None:
            listed = ", ".join(match.what for match in self.demand.judges)
            told.append(f"not in the results, and not asked: {listed}; what hangs on it is unscored (`--ask` asks)")
        return told

    def write(self, path: str | Path) -> int:
        """Writes all lines to a file (JSONL or Parquet), and gives their number."""
        count = 0
        with open_writer(path) as writer:
            for line in self:
                writer.write(line)
                count += 1
        return count

    @cached_property
    def rescorer(self) -> Rescorer:
        """What scores a line."""
        one = Rescorer(self.plan, self.matching, runs=self._data is not None, client=self.client)
        self.undone = one.undone
        return one

    def _told(self) -> Iterator[Line]:
        rescorer, known = self.rescorer, self._known
        if self._data is None:
            for number, row in enumerate(self._lines, start=1):
                known.check(row, number)
                yield rescorer.line(row)
            return
        for number, (row, seen) in enumerate(self._paired(self._data), start=1):
            known.check(row, number)
            yield rescorer.line(row, seen)

    def _asked(self) -> Iterator[Line]:
        from rmcompose.runtime.loop import ordered
        from rmcompose.runtime.model_rules import check_models

        assert self._data is not None
        assert self.client is not None
        rescorer = self.rescorer
        check_models(self.plan, self.client)

        def pairs() -> Iterator[tuple[Line, SampleView | None]]:
            assert self._data is not None
            for number, (row, seen) in enumerate(self._paired(self._data), start=1):
                self._known.check(row, number)
                yield row, seen

        yield from ordered(pairs(), lambda pair: rescorer.asked(*pair), max(1, self.max_workers))

    def _paired(self, data: Data) -> Iterator[tuple[Line, SampleView | None]]:
        """Each line with its sample; None for a row that could not be read then either."""
        rows = read(data.path, format=data.format)
        with ExitStack() as stack:
            digests: Iterator[bytes | None] = iter(lambda: None, 0)
            if isinstance(self.results, str | Path):
                digests = stack.enter_context(Recorded(self.results)).digests()
            for number, row in enumerate(self._lines, start=1):
                record = next(rows, None)
                if record is None:
                    raise ResultsError(f"`{data.path}` has {number - 1:,} rows, and the results are of more")
                before = next(digests)
                if before is not None and before != digest(record):
                    raise ResultsError(f"row {number} of `{data.path}` is not the row that was scored")
                yield row, _seen(record, row, data)


def _seen(record: Record, row: Line, data: Data) -> SampleView | None:
    try:
        seen = None if record.data is None else view(record.data, data.mapping)
    except RowError:
        seen = None
    if (seen is None) is not unreadable(row):
        was, now = ("could not", "can") if seen is not None else ("could", "cannot")
        raise ResultsError(f"{record.path}:{record.line} {was} be read when it was scored, and now {now}")
    own = None if seen is None else seen.id
    if own is not None and own != row["id"]:
        raise ResultsError(f"{record.path}:{record.line} is the sample `{own}`, and its result is of `{row['id']}`")
    return seen


class _Known:
    """Which spec the lines were written by, and what it is known to have been."""

    def __init__(self, spec: str | None, new: str, told: str) -> None:
        self.spec, self.new, self.told = spec, new, told

    def check(self, row: Line, number: int) -> None:
        """Raises ResultsError where a line was written by another spec than the nodes were compared with."""
        if self.spec is not None and row["spec"] != self.spec:
            raise ResultsError(f"line {number} of the results was written by another spec{self.told}")


def prepare(
    results: Results,
    compilation: Compilation,
    name: str | None = None,
    params: Mapping[str, Any] | None = None,
    *,
    old: Plan | None = None,
    data: Data | None = None,
    client: Client | None = None,
) -> Rescoring:
    """What gives the lines. `old` is the plan, without passes, of the spec that wrote the results.

    Raises ResultsError where the results are not of `run` or not of `old`, NeedsError where the new spec needs data,
    and what `Compilation.plan` raises.
    """
    plan = compilation.plan(name, params, optimize=False)
    lines, first = opened(results)
    before, known = _before(results, first, plan, old)
    nodes = {} if first is None else first["responses"][0]["nodes"]
    matching = by_name(plan, frozenset(nodes)) if before is None else by_definition(plan, before)
    stepwise = first is not None and any(step_count(response) is not None for response in first["responses"])
    needed = demand(plan, matching, stepwise=stepwise)
    if data is None:
        if client is not None:
            raise NeedsError("to ask models takes what they are shown: give the data that were scored (`--data DATA`)")
        if needed.data and first is not None:
            raise NeedsError(
                f"the results do not hold {_joined(needed.data)}: give the data that were scored (`--data DATA`)"
            )
    else:
        _require_packages(needed)
    return Rescoring(results, plan, matching, needed, before is not None, first, lines, known, data, client)


def rescore(
    results: Results,
    spec: str | Path,
    *,
    params: Mapping[str, Any] | None = None,
    old: str | Path | None = None,
    old_params: Mapping[str, Any] | None = None,
    data: str | Path | None = None,
    mapping: FieldMapping | None = None,
    client: Client | None = None,
) -> Rescoring:
    """Saved results scored anew with another spec, without a model: an iterable of result lines.

    What rules and judges gave is taken from the results; aggregates, formulas, gates and routes are evaluated. A
    response that needs what the results do not hold is unscored, with the reason. By `old` it is seen which nodes have
    changed; it is not needed where `run` has left its record beside the results. `data` are for inputs that formulas
    read and rules that are new. With a `client`, which needs `data`, judges that are new or were skipped are asked.

    Args:
        results: a file (JSONL or Parquet), or result lines.
        spec: `FILE`, `FILE::composition`, or a name of the library.
        params: values for its params.
        old: the spec that wrote the results.
        old_params: values for its params.
        data: the file of the rows that were scored.
        mapping: fields read from elsewhere in the row, as they were then.
        client: what judges are asked through.

    Raises:
        ResultsError: the results cannot be read, or do not belong to `old` or `data`.
        NeedsError: the spec reads what only the data hold.
    """
    path, name = split_target(spec)
    before = None
    if old is not None:
        file, composition = split_target(old)
        before = Compilation(resolve(file)).plan(composition, old_params, optimize=False)
    rows = None if data is None else Data(data, mapping)
    return prepare(results, Compilation(resolve(path)), name, params, old=before, data=rows, client=client)


def _before(
    results: Results, first: Line | None, plan: Plan, old: Plan | None
) -> tuple[Mapping[str, Definition] | None, _Known]:
    """How the saved run defined its leaves, None where nothing tells; and what lines are held to."""
    spec = None if first is None else first["spec"]
    if old is not None:
        if spec is not None and spec != old.digest:
            raise ResultsError(
                f"the results were written by another spec than `{old.path}`, or with other params: they say {spec}, "
                f"and it is {old.digest}"
            )
        return definitions(old), _Known(old.digest, plan.digest, f" than `{old.path}`")
    if spec == plan.digest:
        return definitions(plan), _Known(spec, plan.digest, " than those before it")
    if isinstance(results, str | Path):
        with Recorded(results) as record:
            facts = record.facts
        known = of_text(facts.get("nodes", "")) if facts.get("spec") == spec and spec is not None else None
        if known is not None:
            return known, _Known(spec, plan.digest, " than the record beside it tells")
    return None, _Known(spec, plan.digest, " than those before it")


def _require_packages(needed: Demand) -> None:
    """Raises MissingPackage where a rule that is to be run needs what is not installed."""
    from rmcompose.primitives.packages import require
    from rmcompose.primitives.registry import signature

    for match in needed.rules:
        known = signature(getattr(match.step, "rule", ""))
        if known is not None:
            require(known.name, known.needs)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
