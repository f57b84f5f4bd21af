"""Scoring saved lines as straight-line Python, compiled once per composition and per pattern of what is missing.

What `runtime/straight.py` writes for rules is written here for leaves that are read from a result line, and the nodes
of the new line are made in the same breath. The code serves responses whose leaves were scored or skipped; it gives up
on all others, and wherever it would read what is missing, and the full evaluation of `rescorer.py` takes over. So it
never decides what a missing value means, and both give the same line.

    def run(responses, view, start, stop):
        for index in range(start, stop):
            nodes = responses[index]['nodes']
            n0 = dict(nodes['same'])
            v0 = n0['value']
            …
            v3 = (w4 * v0) + (w5 * v1)
            lines.append((v3, {'same': n0, 'mix': {…}}))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rmcompose.data.view import SampleView
from rmcompose.ir import Binary, Call, Expression, Name, Unary
from rmcompose.ir.aggregates import STRICT
from rmcompose.ir.arithmetic import GROUP
from rmcompose.ir.interval import EVERYTHING
from rmcompose.ir.ranges import NORMALIZED, STRICT_FUNCTIONS
from rmcompose.plan.plan import Plan
from rmcompose.plan.steps import (
    STEP,
    AggregateStep,
    FormulaStep,
    GroupStep,
    InputStep,
    ReduceStep,
    ResultStep,
    Step,
)
from rmcompose.rescoring.filling import Filling
from rmcompose.rescoring.lines import Line
from rmcompose.runtime.outcome import plain
from rmcompose.runtime.straight import TooLarge, Writer

MOST_PATTERNS = 64
"""Patterns of missing leaves that code is made for."""

Run = Callable[
    [Sequence[Mapping[str, Any]], "SampleView | None", int, int], "list[tuple[float, dict[str, Any]]] | None"
]


class Straight:
    """The fast way for one plan: `line` gives the new line of a saved one, or None where it does not serve."""

    def __init__(
        self, plan: Plan, fillings: Sequence[Filling], *, reads: bool, why_skipped: Callable[[Step], str]
    ) -> None:
        self.plan = plan
        self._leaves = {filling.step.id: filling for filling in fillings}
        self._reads = reads
        self._why_skipped = why_skipped
        self._names = [filling.name for filling in fillings if filling.name is not None]
        self._grouped = any(isinstance(step, GroupStep) for step in plan.steps.values())
        self._patterns: dict[frozenset[str], Run | None] = {}
        self._whole = self._run(frozenset())

    @property
    def serves(self) -> bool:
        """Whether there is code at all."""
        return self._whole is not None

    def line(self, row: Line, view: SampleView | None = None) -> Line | None:
        """The line that the full evaluation would give, or None."""
        responses: list[dict[str, Any]] = row["responses"]
        found = None
        if self._whole is not None:
            try:
                found = self._whole(responses, view, 0, len(responses))
            except Exception:  # noqa: BLE001  # told with its reason by the full evaluation
                found = None
        if found is None:
            found = self._one_by_one(responses, view)
            if found is None:
                return None
        told = []
        best: int | None = None
        highest = 0.0
        for index, (score, nodes) in enumerate(found):
            if best is None or score > highest:
                best, highest = index, score
            told.append(
                {"index": index, "score": score, "status": "scored", "reason": None, "nodes": nodes},
            )
        name, digest = self.plan.name, self.plan.digest
        return {"id": row["id"], "composition": name, "spec": digest, "best": best, "responses": told}

    def _one_by_one(
        self, responses: Sequence[dict[str, Any]], view: SampleView | None
    ) -> list[tuple[float, dict[str, Any]]] | None:
        """Each response by the code for what it lacks."""
        if self._grouped:
            return None
        found: list[tuple[float, dict[str, Any]]] = []
        for index, response in enumerate(responses):
            missing = self._missing(response["nodes"])
            run = None if missing is None else self._run(missing)
            try:
                one = None if run is None else run(responses, view, index, index + 1)
            except Exception:  # noqa: BLE001  # as above
                one = None
            if one is None:
                return None
            found += one
        return found

    def _missing(self, nodes: Mapping[str, Any]) -> frozenset[str] | None:
        """The saved nodes that were skipped; None where one is unscored, or something is odd."""
        missing = []
        for name in self._names:
            node = nodes.get(name)
            status = node.get("status") if node is not None else None
            if status == "skipped":
                missing.append(name)
            elif status != "scored":
                return None
        return frozenset(missing)

    def _run(self, missing: frozenset[str]) -> Run | None:
        if missing not in self._patterns:
            if len(self._patterns) >= MOST_PATTERNS:
                return None
            self._patterns[missing] = self._compiled(missing)
        return self._patterns[missing]

    def _compiled(self, missing: frozenset[str]) -> Run | None:
        if any(_beyond(step, self._leaves) for step in self.plan.steps.values()):
            return None
        try:
            writer = _SavedWriter(self.plan, self._leaves, missing, self._why_skipped, reads=self._reads)
            source, names = writer.written()
        except TooLarge:
            return None
        exec(compile(source, f"<{self.plan.name} saved>", "exec"), names)  # noqa: S102  # our own code; texts are in `names`
        run: Run = names["run"]
        return run


def _beyond(step: Step, leaves: Mapping[str, Filling]) -> bool:
    if step.level == STEP or isinstance(step, ReduceStep):
        return True
    filling = leaves.get(step.id)
    return filling is not None and filling.run and filling.name is None  # a rule that must be run


@dataclass(frozen=True, slots=True)
class _SavedStep(Step):
    """A leaf that is read from the result line."""

    def key(self) -> tuple[Any, ...]:
        return "saved", self.id


class _SavedWriter(Writer):
    """Writes `run`. `absent` are leaves and inputs that must not be read, `unknown` steps that surely hang on them."""

    def __init__(
        self,
        plan: Plan,
        leaves: Mapping[str, Filling],
        missing: frozenset[str],
        why_skipped: Callable[[Step], str],
        *,
        reads: bool,
    ) -> None:
        steps = [_saved(step) if step.id in leaves else step for step in plan.steps.values()]
        super().__init__(plan.with_steps(steps))
        self.leaves = leaves
        self.why_skipped = why_skipped
        self.absent = {id_ for id_, one in leaves.items() if one.name is None or one.name in missing}
        if not reads:
            self.absent |= {step.id for step in steps if isinstance(step, InputStep)}
        self.unknown = _surely_unknown(self.plan, self.absent)
        self.grouped = [step for step in self.plan.steps.values() if isinstance(step, GroupStep)]

    def written(self) -> tuple[str, dict[str, Any]]:
        """The source of `run` and the names it uses."""
        named = list(dict.fromkeys(self.plan.nodes.values()))
        self.emit("nodes = responses[index]['nodes']")
        for step_id in self.leaves:
            if step_id not in self.absent:
                self.leaf(step_id)
        for group in self.grouped:
            self.need([group.value])
            self.stage(group)
        self.need([Name(name=id_) for id_ in named if id_ not in self.unknown])
        final = self.plan.final
        self.need([Name(name=final.id)])
        told = ", ".join(f"{name!r}: {self.told(step_id)}" for name, step_id in self.plan.nodes.items())
        self.emit(f"append((float(v{self.places[final.id]}) + 0.0, {{{told}}}))")
        head = [
            "def run(responses, view, start, stop):",
            "    lines = []",
            "    append = lines.append",
            *(f"    g{place} = []; stage{place} = []" for place in (self.places[group.id] for group in self.grouped)),
            f"    kept = [None] * {self.kept}",
            "    for index in range(start, stop):",
        ]
        return "\n".join([*head, *self.lines, "    return lines"]), self.names

    def leaf(self, step_id: str) -> None:
        """Reads one leaf."""
        filling, place = self.leaves[step_id], self.places[step_id]
        self.emit(f"n{place} = dict(nodes[{filling.name!r}])")
        self.emit(f"if n{place}['status'] != 'scored' or n{place}['reason'].__class__ is dict: return None")
        self.emit(f"v{place} = n{place}['value']")
        if filling.old_fallback is not None:
            self.emit(f"if v{place} == {self.name(filling.old_fallback, 'old')}: return None")
        match filling.step.kind:
            case "bool":
                self.emit(f"if v{place} != 0.0 and v{place} != 1.0: return None")
                self.emit(f"v{place} = v{place} == 1.0")
            case "text":
                self.emit(f"if type(v{place}) is not str: return None")
            case kind:
                wanted = "int" if kind == "int" else "float"
                bounds = self.bounds(filling.step.range or EVERYTHING)
                self.emit(
                    f"if type(v{place}) is not {wanted} or not {bounds}[0] <= v{place} <= {bounds}[1]: return None"
                )
        self.emit(f"if n{place}['calls']: n{place}['calls'] = n{place}['tokens'] = 0; n{place}['cached'] = True")
        self.emit(f"n{place}['ms'] = 0.0")
        self.emit(f"if 'cost' in n{place}: del n{place}['cost']")
        self.known[-1].add(step_id)

    def stage(self, group: GroupStep) -> None:
        """Ends the loop, so that a function over all responses can be computed, and begins the next."""
        place = self.places[group.id]
        self.emit(f"g{place}.append({self.expression(group.value)})")
        nodes = [f"n{self.places[id_]}" for id_ in self.leaves if id_ in self.known[0]]
        values = [f"v{self.places[id_]}" for id_ in sorted(self.known[0], key=self.places.__getitem__)]
        held = "".join(f"{one}, " for one in (*nodes, *values))
        self.emit(f"stage{place}.append(({held}))" if held else f"stage{place}.append(())")
        self.lines.append(f"    g{place} = {self.name(GROUP[group.function], 'group')}(g{place})")
        self.lines.append("    for index in range(start, stop):")
        if held:
            self.emit(f"{held}= stage{place}[index - start]")
        self.emit(f"v{place} = g{place}[index - start]")
        self.known[0].add(group.id)

    def told(self, step_id: str) -> str:
        """The code of what is told of a node."""
        place, step = self.places[step_id], self.plan.steps[step_id]
        if step_id in self.unknown:
            return f"{{'value': None, 'status': 'skipped', 'reason': {self.why_skipped(step)!r}, {_COSTS}}}"
        if step_id in self.leaves:
            return f"n{place}"
        value = f"v{place}"
        if step.kind in ("float", "bool"):
            value = f"float({value}) + 0.0"
        elif step.kind != "text":
            value = f"{self.name(_plain, 'plain')}({value})"
        return f"{{'value': {value}, 'status': 'scored', 'reason': None, {_COSTS}}}"

    def step(self, step: Step) -> None:
        """As for rules; what is unknown must not be read, and other leaves have been."""
        if step.id in self.unknown:
            self.emit("return None")
        else:
            super().step(step)


_COSTS = "'ms': 0.0, 'calls': 0, 'tokens': 0, 'cached': False"


def _plain(value: Any) -> Any:
    return plain(value, as_float=False)


def _saved(step: Step) -> _SavedStep:
    return _SavedStep(step.id, step.kind, step.range, step.level, step.rank, cost=step.cost, tier=step.tier)


def _surely_unknown(plan: Plan, absent: set[str]) -> set[str]:
    """The steps that cannot be known without one of the absent ones, these included."""
    found = set(absent)
    for step in plan.steps.values():
        reach = step.range
        if reach is not None and reach[0] == reach[1]:
            continue
        if isinstance(step, FormulaStep):
            needed = [step.value]
        elif isinstance(step, AggregateStep) and step.function in STRICT and not step.drop:
            weights = step.weights or [1] * len(step.members)
            needed = [member for member, weight in zip(step.members, weights, strict=True) if weight != 0]
        elif isinstance(step, ResultStep) and not step.gates:
            needed = [step.value]
        else:
            continue
        if any(name in found for one in needed for name in _strictly(one)):
            found.add(step.id)
    return found


def _strictly(expression: Expression) -> list[str]:
    """The names without whose values the value of an expression is never known."""
    match expression:
        case Name():
            return [expression.name]
        case Unary():
            return _strictly(expression.operand)
        case Binary() if expression.op in ("+", "-"):
            return [*_strictly(expression.left), *_strictly(expression.right)]
        case Call() if expression.function in STRICT_FUNCTIONS or expression.function == NORMALIZED:
            return _strictly(expression.arguments[0])
        case _:
            return []
