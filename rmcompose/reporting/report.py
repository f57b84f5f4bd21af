"""`rm.report`: a page about results, and its figures as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rmcompose.data import Mapping as FieldMapping
    from rmcompose.data import Record
    from rmcompose.plan.plan import Plan
    from rmcompose.reporting.keeping import Kept
    from rmcompose.reporting.matching import Matched

ROWS = 200
"""Responses that a page shows in full, where nobody says how many."""


@dataclass(slots=True)
class Report:
    """All that a page tells: its `figures`, the responses that are shown, and what must be said beside them."""

    title: str
    results: str
    figures: dict[str, Any]
    kept: list[Kept]
    plan: Plan | None = None
    data: str | None = None
    matched: Matched | None = None
    drawing: str = ""
    notes: list[str] = field(default_factory=list)


def report(
    results: str | Path | Iterable[Mapping[str, Any]],
    output: str | Path | None = None,
    spec: str | Path | None = None,
    data: str | Path | Iterable[Mapping[str, Any]] | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    mapping: Mapping[str, str] | None = None,
    rows: int = ROWS,
) -> dict[str, Any]:
    """Writes a page about results to `output` (None: nowhere) and returns its figures as plain data.

    `results` is a file that `run` wrote, JSONL or Parquet, or result lines as `trace` gives them. `spec` (as for
    `load`, with `params`) draws the graph and tells what decides the scores; `data`, a file or rows, with `mapping` as
    for `--map`, shows prompts and responses. Of the responses at most `rows` are shown in full; all are counted, in
    memory that does not grow with them.

    Raises DataError where a file cannot be read or holds no results, SpecError, TargetError or ParamError for the spec,
    and OSError where the page cannot be written.
    """
    from rmcompose.data import parse_mapping
    from rmcompose.reporting.page import page

    plan = None
    if spec is not None:
        from rmcompose.compiler import Compilation, split_target
        from rmcompose.library.places import resolve

        path, name = split_target(spec)
        plan = Compilation(resolve(path)).plan(name, params, optimize=False)
    fields = parse_mapping([f"{name}={path}" for name, path in (mapping or {}).items()])
    made = make(results, plan=plan, data=data, mapping=fields, rows=rows)
    if output is not None:
        Path(output).write_text(page(made), encoding="utf-8")
    return made.figures


def make(
    results: str | Path | Iterable[Mapping[str, Any]],
    *,
    plan: Plan | None = None,
    data: str | Path | Iterable[Mapping[str, Any]] | None = None,
    data_format: Any = None,
    mapping: FieldMapping | None = None,
    rows: int = ROWS,
) -> Report:
    """What a page tells of results, in one pass over them and one over the data. `plan` is the one not optimised."""
    from rmcompose.reporting import graph
    from rmcompose.reporting.figures import figures_of
    from rmcompose.reporting.keeping import Keeper
    from rmcompose.reporting.matching import match
    from rmcompose.reporting.statistics import Statistics
    from rmcompose.reporting.ways import Ways

    if rows < 0:
        raise ValueError(f"`rows` is a number from 0, not {rows}")
    found = Statistics(Ways(plan), graph.edges_of(plan)) if plan is not None else Statistics()
    keeper = Keeper(rows)
    for number, line in _lines(results):
        found.add(line)
        keeper.add(number, line)
    figures = figures_of(found, plan)
    kept = keeper.kept()
    made = Report(
        title=f"Report: {figures['composition'] or (plan.name if plan else 'no results')}",
        results=str(results) if isinstance(results, str | Path) else "result lines",
        figures=figures,
        kept=kept,
        plan=plan,
        drawing=graph.draw(plan, found) if plan is not None else "",
    )
    if data is not None:
        made.data = str(data) if isinstance(data, str | Path) else "rows"
        made.matched = match(kept, _records(data, data_format), mapping)
    figures["samples"] = {
        "shown": len(kept),
        "of": found.responses,
        **{why: sum(one.why == why for one in kept) for why in ("lowest", "highest", "unscored", "drawn")},
    }
    made.notes = list(_notes(made))
    figures["notes"] = made.notes
    return made


def _lines(results: str | Path | Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    from rmcompose.data import DataError
    from rmcompose.data.results import fault_of, read_results

    if isinstance(results, str | Path):
        for one in read_results(results):
            yield one.number, one.line
        return
    for number, line in enumerate(results, start=1):
        fault = fault_of(line)
        if fault is not None:
            raise DataError(f"result {number} is none of `rmcompose`: {fault}")
        yield number, line


def _records(data: str | Path | Iterable[Mapping[str, Any]], format_: Any) -> Iterable[Record]:
    from rmcompose.data import Record, read

    if isinstance(data, str | Path):
        return read(data, format=format_)
    return (Record(dict(row), "rows", number) for number, row in enumerate(data, start=1))


def _notes(made: Report) -> Iterator[str]:
    """What a reader must know before trusting the page."""
    figures = made.figures
    if not figures["rows"]:
        yield f"`{made.results}` holds no results: there is nothing to tell"
    specs: Sequence[Sequence[Any]] = figures["specs"]
    if len(specs) > 1:
        listed = ", ".join(f"{name[:19]}… ({count:,} rows)" for name, count in specs[:4])
        yield f"the results come from {len(specs)} specs or sets of params: {listed}"
    if made.plan is not None and specs and [name for name, _ in specs] != [made.plan.digest]:
        other = sum(count for name, count in specs if name != made.plan.digest)
        yield (
            f"{other:,} of {figures['rows']:,} rows were written by another spec, or with other params, than the one "
            "given: gates, ranges and weights here are those of the one given"
        )
    if figures["nodes_left_out"]:
        yield f"{figures['nodes_left_out']} or more nodes are left out: a report tells of {len(figures['nodes'])}"
    if made.matched is not None and made.matched.lost:
        yield f"{made.matched.lost:,} of the {made.matched.wanted:,} samples shown have no row in `{made.data}`"
