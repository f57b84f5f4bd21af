"""What differs between two specs, two results, or what two specs make of the same data: the Python call.

`Difference` holds what was found; `as_dict` is its plain data, `chart.py` draws it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmcompose.calibration.bootstrap import Resampling
from rmcompose.compiler import Compilation, split_target
from rmcompose.data import read
from rmcompose.library.places import resolve
from rmcompose.rescoring.errors import NeedsError
from rmcompose.rescoring.lines import Line, result_lines
from rmcompose.rescoring.movement import Family, Movement
from rmcompose.rescoring.pairing import Pairing
from rmcompose.rescoring.structure import Change, changes

if TYPE_CHECKING:
    from rmcompose.data.mapping import Mapping as FieldMapping
    from rmcompose.runtime.client import Client

RESULT_SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".parquet", ".pq")


@dataclass
class Difference:
    """What two specs or two results differ in.

    `changes` are those of the specs, None where results were compared. `movement` is that of the scores, None where
    only specs were: with `figures` by family (shift, order, ranks, winner), and `only_old` and `only_new`, the numbers
    of samples that one side alone has.
    """

    old: str
    new: str
    changes: list[Change] | None = None
    movement: Movement | None = None
    figures: dict[str, Family] = field(default_factory=dict)
    only_old: int = 0
    only_new: int = 0
    resampling: Resampling = field(default_factory=Resampling)

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        told: dict[str, Any] = {"old": self.old, "new": self.new}
        if self.changes is not None:
            told["changes"] = [change.as_dict() for change in self.changes]
        moved = self.movement
        if moved is None:
            return told
        told |= {
            "samples": {"both": moved.samples, "only_old": self.only_old, "only_new": self.only_new},
            "responses": {
                "all": moved.responses,
                "scored": moved.scored,
                "became_scored": moved.became_scored,
                "became_unscored": moved.became_unscored,
                "unscored": moved.unscored,
                "reasons": dict(sorted(moved.reasons.items())),
            },
            "figures": {
                family: {name: figure.as_dict() for name, figure in figures.items()}
                for family, figures in self.figures.items()
            },
            "quantiles": moved.quantiles(),
            "overall": {
                name: {"value": None if isinstance(value, str) else value, "reason": _reason(value)}
                for name, value in moved.overall().items()
            },
            "winners": {
                "compared": len(moved.winners),
                "changed": sum(old != new for old, new in moved.winners),
                "found": moved.winners_found,
                "lost": moved.winners_lost,
                "samples": [upset.as_dict() for upset in moved.upsets],
            },
            "moves": [move.as_dict() for move in moved.moves],
            "nodes": {name: node.as_dict() for name, node in moved.nodes.items()},
            "nodes_only_old": list(moved.old_only),
            "nodes_only_new": list(moved.new_only),
            "resamples": self.resampling.resamples,
            "seed": self.resampling.seed,
        }
        return told

    def page(self) -> str:
        """All of it as one page of HTML that needs nothing else."""
        from rmcompose.rescoring.page import page

        return page(self)

    def plot(self) -> str:
        """Old against new scores as SVG that needs nothing else. Raises NeedsError where no scores were compared."""
        from rmcompose.rescoring.chart import chart

        if self.movement is None:
            raise NeedsError("there are no scores to draw: compare results, or give data (`--data DATA`)")
        return chart(self.movement)


def _reason(value: float | str) -> str | None:
    return value if isinstance(value, str) else None


def is_results(name: str | Path) -> bool:
    """Whether a name is that of a file of results, and not of a spec."""
    return str(name).endswith(RESULT_SUFFIXES)


def of_lines(difference: Difference, old: Iterable[Line], new: Iterable[Line], *, top: int) -> Difference:
    """The difference with the movement from the old lines to the new."""
    pairing = Pairing(old, new)
    movement = Movement(top=top)
    for one, other in pairing:
        movement.add(one, other)
    difference.movement = movement
    difference.figures = movement.figures(difference.resampling)
    difference.only_old, difference.only_new = pairing.only_old, pairing.only_new
    return difference


def of_specs(
    old: Compilation,
    old_name: str | None,
    old_params: Mapping[str, Any] | None,
    new: Compilation,
    new_name: str | None,
    new_params: Mapping[str, Any] | None,
) -> list[Change]:
    """The changes from one spec to another."""
    return changes(
        old.composition(old_name),
        old.plan(old_name, old_params, optimize=False),
        new.composition(new_name),
        new.plan(new_name, new_params, optimize=False),
    )


def diff(
    old: str | Path,
    new: str | Path,
    *,
    data: str | Path | None = None,
    mapping: FieldMapping | None = None,
    old_params: Mapping[str, Any] | None = None,
    new_params: Mapping[str, Any] | None = None,
    client: Client | None = None,
    top: int = 10,
    resamples: int = 1000,
    seed: int = 0,
) -> Difference:
    """What changed from `old` to `new`: two files of results, or two specs.

    Of specs it tells which statements and nodes changed; with `data` both score it, and how scores, ranks and winners
    move is told too, as for results.

    Args:
        old: results (`.jsonl`, `.parquet`) or a spec: `FILE`, `FILE::composition`, or a name of the library.
        new: the same kind of thing.
        data: rows that both specs score.
        mapping: fields read from elsewhere in the row.
        old_params: values for params of the old spec.
        new_params: values for params of the new one.
        client: what judges are asked through; one for both, so that a question is asked once.
        top: how many moves and winners are named.
        resamples: draws of the bootstrap.
        seed: the seed of the draws.

    Raises:
        NeedsError: one is a spec and the other results, or data were given with results.
        ResultsError: results cannot be read, or a sample has other responses in one than in the other.
    """
    difference = Difference(str(old), str(new), resampling=Resampling(resamples, seed))
    check_kinds(old, new, data)
    if is_results(old):
        return of_lines(difference, result_lines(old), result_lines(new), top=top)
    (old_file, old_name), (new_file, new_name) = split_target(old), split_target(new)
    before, after = Compilation(resolve(old_file)), Compilation(resolve(new_file))
    difference.changes = of_specs(before, old_name, old_params, after, new_name, new_params)
    if data is None:
        return difference
    first = before.reward(old_name, old_params, client=client)
    second = after.reward(new_name, new_params, client=client)
    lines = [one.stream(read(data), mapping=mapping) for one in (first, second)]
    return of_lines(difference, *lines, top=top)


def check_kinds(old: str | Path, new: str | Path, data: str | Path | None) -> None:
    """Raises NeedsError where the two cannot be compared."""
    if is_results(old) is not is_results(new):
        results, spec = (old, new) if is_results(old) else (new, old)
        raise NeedsError(
            f"`{results}` is results and `{spec}` a spec: compare two of a kind, or score the results with the spec "
            f"(`rmcompose rescore {results} --spec {spec}`)"
        )
    if is_results(old) and data is not None:
        raise NeedsError("results are compared as they are: `--data` is for two specs")
