"""Runs a benchmark: cases through a composition, scores to outcomes, outcomes to one object of figures.

Look first at `bench`, which is `rmcompose.bench`, then at `judged` and `report`.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmcompose.benchmarking.benchmark import BenchError, Benchmark, Case, Outcome, Parts, Scores
from rmcompose.benchmarking.catalogue import named
from rmcompose.benchmarking.figures import differences_of, figures_of, interval, nested
from rmcompose.benchmarking.files import Data, Overview, Rows
from rmcompose.calibration.agreement import mcnemar
from rmcompose.calibration.bootstrap import FEWEST, NO_SPREAD, Figure, Resampling
from rmcompose.data import Format, Record
from rmcompose.plan.steps import GroupStep, JudgeStep, RuleStep
from rmcompose.runtime.composition import RMComposition

if TYPE_CHECKING:
    from rmcompose.plan.plan import Plan
    from rmcompose.runtime.client import Client

Line = dict[str, Any]
COIN = 0.5
"""What a tie is worth to the length baseline: responses of one length are told apart by a coin."""


@dataclass(slots=True)
class Judged:
    """What a composition did on a benchmark: for each unit what it adds to the figures, for each case its verdict.

    `counts` has `n`, `ties` and `unscored` of each group, `baseline` the units as the longer-wins baseline judges them,
    `right` whether each case is right.
    """

    units: list[Parts] = field(default_factory=list)
    baseline: list[Parts] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    verdicts: Counter[str] = field(default_factory=Counter)
    unscored_samples: int = 0


def bench(
    name: str,
    spec: str | Path | RMComposition,
    data: Data,
    *,
    compare: str | Path | RMComposition | None = None,
    params: Mapping[str, Any] | None = None,
    compare_params: Mapping[str, Any] | None = None,
    source: str | None = None,
    limit: int | None = None,
    format: Format | None = None,  # noqa: A002  # the word users know
    output: str | Path | None = None,
    resamples: int = 1000,
    seed: int = 0,
    max_workers: int = 64,
    client: Client | None = None,
) -> dict[str, Any]:
    """The figures of a composition on a published benchmark, as `rmcompose bench --summary json` prints them.

    Args:
        name: `preference`, `rewardbench`, `rewardbench2`, `rm-bench`, `rmb`, `judgebench`, `llmbar` or `conflicts`.
        spec: `FILE`, `FILE::composition`, a name of the library, or a composition that is loaded.
        data: a file, several, folders, or rows as dicts, in the benchmark's published format or the native one.
        compare: a second composition, for a paired test on the same cases.
        params: those of `spec`, where it is named and not loaded.
        compare_params: those of `compare`.
        source: the format of the rows, by default recognised by their columns.
        limit: the first rows only.
        format: what files hold (`jsonl`, `json`, `csv`, `parquet`), by default by the suffix.
        output: where the results go, one line a sample as `run` writes them, each with the verdict of its case.
        resamples: draws of the bootstrap.
        seed: the seed of the draws.
        max_workers: samples under way at a time; it changes no number.
        client: what models are asked through, by both compositions.

    Raises:
        BenchError: there is no such benchmark or source.
        DataError: a file cannot be read, has no rows, or has rows that are not of the format.
    """
    kind = named(name)
    rows = Rows(data, source=source, limit=limit, files_as=format, pattern=kind.files)
    with ExitStack() as stack:
        first = _loaded(spec, params, client, stack)
        if client is None and first.plan.asking:
            client = first.client  # what the first has asked the second knows
        second = None if compare is None else _loaded(compare, compare_params, client, stack)
        judge = kind(comparing=compares(first.plan))
        overview = rows.overview(judge)
        write = _writer(output, stack)
        one = judged(judge, first, rows, max_workers=max_workers, each=write)
        other = None if second is None else _second(kind, second, rows, max_workers=max_workers)
    resampling = Resampling(resamples, seed)
    found = report(judge, first, one, overview, rows.name, resampling)
    if second is not None and other is not None:
        found["compare"] = comparison(judge, first, second, one, other, overview, rows.name, resampling)
    return found


def compares(plan: Plan) -> bool:
    """Whether a response's score depends on which others it is shown with."""
    return any(
        isinstance(step, GroupStep)
        or (isinstance(step, JudgeStep) and step.compares)
        or (isinstance(step, RuleStep) and step.group)
        for step in plan.steps.values()
    )


def judged(
    benchmark: Benchmark,
    reward: RMComposition,
    rows: Rows,
    *,
    max_workers: int = 64,
    each: Callable[[Line], None] | None = None,
) -> Judged:
    """Scores all cases, and tells what they are worth. `each` takes result lines with the verdicts of their cases."""
    found = Judged()
    units: dict[Any, tuple[list[Outcome], list[Outcome]]] = {}
    for case, lines in _scored(reward, rows.cases(benchmark), max_workers):
        scores = [[response["score"] for response in line["responses"]] for line in lines]
        outcome = benchmark.outcome(case, _whole(case, scores))
        lengths = [[float(length) for length in one] for one in case.lengths]
        plain, longer = units.setdefault(case.unit, ([], []))
        plain.append(outcome)
        longer.append(benchmark.outcome(case, lengths, COIN))
        _count(found, benchmark, case, outcome)
        found.unscored_samples += sum(None in one for one in scores)
        for number, line in enumerate(lines):
            if each is not None:
                each({**line, "bench": _told(benchmark, case, outcome, number)})
    for plain, longer in units.values():
        found.units.append(benchmark.joined(plain))
        found.baseline.append(benchmark.joined(longer))
    return found


def report(
    benchmark: Benchmark,
    reward: RMComposition,
    found: Judged,
    overview: Overview,
    data: str,
    resampling: Resampling,
) -> dict[str, Any]:
    """The figures as one object: see docs/bench.md for its keys."""
    figures = figures_of(found.units, benchmark.combined, resampling)
    baseline = figures_of(found.baseline, benchmark.combined, Resampling(0, 0))
    shaped = nested(figures, baseline, found.counts, benchmark.headline)
    notes = [*overview.notes(benchmark), *_about(found, figures, benchmark), *_about_orders(benchmark, reward.plan)]
    return {
        "benchmark": benchmark.name,
        "composition": reward.name,
        "spec": reward.spec_hash,
        "data": data,
        "unit": benchmark.unit,
        **shaped,
        "verdicts": {kind: found.verdicts[kind] for kind in ("right", "wrong", "tie", "unscored")},
        "above_length": _above(benchmark, found, resampling),
        "bootstrap": {"resamples": resampling.resamples, "seed": resampling.seed, "level": 0.95},
        "notes": notes,
    }


def comparison(
    benchmark: Benchmark,
    first: RMComposition,
    second: RMComposition,
    one: Judged,
    other: Judged,
    overview: Overview,
    data: str,
    resampling: Resampling,
) -> dict[str, Any]:
    """The second composition's figures, and what the first is above it, over the same units."""
    theirs = report(benchmark, second, other, overview, data, resampling)
    differences = differences_of(one.units, other.units, benchmark.combined, resampling)
    headline = _headline(benchmark, differences)
    only_first = sum(a and not b for a, b in zip(one.right, other.right, strict=True))
    only_second = sum(b and not a for a, b in zip(one.right, other.right, strict=True))
    test = None
    if benchmark.single:
        test = {"only_first": only_first, "only_second": only_second, "p": mcnemar(only_first, only_second)}
    return {
        "first": first.name,
        "second": second.name,
        "figures": {name: value for name, value in theirs.items() if name not in ("benchmark", "data", "bootstrap")},
        "difference": differences[headline].value if headline else None,
        "ci95": interval(differences[headline]) if headline else None,
        "differences": {
            name: {"value": figure.value, "ci95": interval(figure)} for name, figure in differences.items()
        },
        "mcnemar": test,
    }


def _second(kind: type[Benchmark], reward: RMComposition, rows: Rows, *, max_workers: int) -> Judged:
    return judged(kind(comparing=compares(reward.plan)), reward, rows, max_workers=max_workers)


def _loaded(
    spec: str | Path | RMComposition, params: Mapping[str, Any] | None, client: Client | None, stack: ExitStack
) -> RMComposition:
    """The composition; one that is loaded here, with a client of its own, is closed at the end."""
    if isinstance(spec, RMComposition):
        if params:
            raise BenchError("params belong to a spec that is named: a composition that is loaded has its own")
        return spec
    from rmcompose.compiler import load

    reward = load(spec, params=params, client=client)
    if client is None:
        stack.callback(reward.close)
    return reward


def _writer(output: str | Path | None, stack: ExitStack) -> Callable[[Line], None] | None:
    if output is None:
        return None
    from rmcompose.data import open_writer

    return stack.enter_context(open_writer(output)).write


def _scored(reward: RMComposition, cases: Iterable[Case], max_workers: int) -> Iterator[tuple[Case, list[Line]]]:
    """Each case with the result lines of its samples, as they come: samples of several cases are under way at once."""
    waiting: deque[Case] = deque()

    def records() -> Iterator[Record]:
        for case in cases:
            waiting.append(case)
            path, _, line = case.where.rpartition(":")
            for sample in case.samples:
                yield Record(sample, path or case.where, int(line) if line.isdecimal() else 0)

    lines = reward.stream(records(), max_workers=max_workers)
    held: list[Line] = []
    for line in lines:
        held.append(line)
        if len(held) == len(waiting[0].samples):
            yield waiting.popleft(), held
            held = []


def _whole(case: Case, scores: list[list[float | None]]) -> Scores:
    """The scores, as many as responses are shown: a sample that the runtime could not read has none."""
    return [
        one if len(one) == len(shown) else [None] * len(shown) for one, shown in zip(scores, case.order, strict=True)
    ]


def _count(found: Judged, benchmark: Benchmark, case: Case, outcome: Outcome) -> None:
    found.verdicts[outcome.verdict] += 1
    found.right.append(outcome.verdict == "right")
    for group in ("", *case.groups):
        counts = found.counts.setdefault(group, Counter(n=0, ties=0, unscored=0))
        counts["n"] += benchmark.size(case)
        counts["ties"] += outcome.ties
        counts["unscored"] += outcome.unscored


def _told(benchmark: Benchmark, case: Case, outcome: Outcome, number: int) -> dict[str, Any]:
    """What a result line says of its case; response `k` of the line is response `order[k]` of the published row."""
    return {
        "benchmark": benchmark.name,
        "case": case.id,
        "where": case.where,
        "sample": number + 1,
        "samples": len(case.samples),
        "groups": list(case.groups),
        "order": list(case.order[number]),
        "chosen": list(case.chosen),
        "rejected": list(case.rejected),
        "verdict": outcome.verdict,
        **outcome.told,
    }


def _above(benchmark: Benchmark, found: Judged, resampling: Resampling) -> dict[str, Any] | None:
    """What the headline is above the longer-wins baseline on the same units, which is what it is worth."""
    if not benchmark.ranked:
        return None
    differences = differences_of(found.units, found.baseline, benchmark.combined, resampling)
    headline = _headline(benchmark, differences)
    if headline is None:
        return None
    return {"figure": headline, "value": differences[headline].value, "ci95": interval(differences[headline])}


def _headline(benchmark: Benchmark, figures: Mapping[str, Figure]) -> str | None:
    plain = [name for name in figures if "/" not in name]
    return benchmark.headline if benchmark.headline in plain else next(iter(plain), None)


def _about_orders(benchmark: Benchmark, plan: Plan) -> list[str]:
    """That a judge which asks both orders itself cannot be seen to be inconsistent."""
    if not benchmark.reorders:
        return []
    asking = [
        step.id
        for step in plan.judges
        if step.setting("mode") == "pairwise" and step.setting("both_orders") is not False
    ]
    return [
        f"`{name}` asks both orders itself and is consistent by construction; `both_orders = false` lets "
        f"{benchmark.name} see it in each"
        for name in asking
    ]


def _about(found: Judged, figures: Mapping[str, Figure], benchmark: Benchmark) -> list[str]:
    """What the figures themselves ask to be said."""
    told = []
    if found.verdicts["unscored"] == found.verdicts.total():
        told.append("no case could be judged: some score is missing in every one")
    headline = _headline(benchmark, figures)
    figure = figures.get(headline or "")
    if figure is not None and figure.reason is not None:
        why = "the same in every resample, so that its interval is a point" if figure.reason == NO_SPREAD else None
        told.append(f"{headline}: {why or figure.reason}")
    if figure is not None and 0 < figure.resamples < FEWEST:
        told.append(f"{headline}: {figure.resamples} resamples are too few for an interval")
    return told
