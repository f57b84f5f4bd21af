"""A saved result line scored anew: the leaves take what was saved, everything above them is evaluated.

The walk is that of `run`, over frames whose leaves are filled. What the saved run did not evaluate stays open: where
the result hangs on it the response is unscored, with the reason that says so; nothing stands in for it.
Nodes that the result did not need are told too where all they read is known, as `run --no-optimize` tells them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from rmcompose.data.content import Absent
from rmcompose.data.results import fault_of
from rmcompose.data.view import SampleView
from rmcompose.plan.plan import Plan
from rmcompose.plan.steps import InputStep, JudgeStep, RuleStep, Step
from rmcompose.rescoring.errors import ResultsError
from rmcompose.rescoring.filling import LEFT_FOR_LATER, Filling, absent_inputs
from rmcompose.rescoring.lines import Line
from rmcompose.rescoring.matching import Matching
from rmcompose.rescoring.straight import Straight
from rmcompose.runtime.frame import EMPTY, Frame
from rmcompose.runtime.outcome import Reporter
from rmcompose.runtime.program import Program
from rmcompose.runtime.unknown import WHOLE_GROUP, Cause, Unknown

if TYPE_CHECKING:
    from rmcompose.runtime.client import Client


class Rescorer:
    """Scores lines anew with one plan, which no pass has changed but `order`.

    With `runs` rules that no saved value stands for are run, which needs the sample; with a `client` judges are asked.
    `undone` counts the responses left unscored for want of a value, by the leaf or input they wait for.
    """

    def __init__(self, plan: Plan, matching: Matching, *, runs: bool = False, client: Client | None = None) -> None:
        self.plan = plan
        self.client = client
        self.program = Program(plan)
        self.undone: Counter[str] = Counter()
        self._reporter = _Reporter(self.program, plan.digest)
        places = self.program.places
        self.fillings = [
            Filling(match, self.program, run=client is not None or (runs and not match.asks))
            for match in matching.matches
        ]
        leaves = {filling.place for filling in self.fillings}
        named = dict.fromkeys(place for name, place in self._reporter.nodes)
        if plan.step_value is not None:
            named.setdefault(places[plan.step_value])
        self._above = [place for place in named if place not in leaves]
        self._leaves = sorted(leaves)
        inputs = [] if runs else [step.id for step in plan.steps.values() if isinstance(step, InputStep)]
        self._absent = [places[step_id] for step_id in inputs]
        self._fast = Straight(plan, self.fillings, reads=runs, why_skipped=self._reporter.why_settled)

    def line(self, row: Line, view: SampleView | None = None) -> Line:
        """The line of the new spec; `view` is the sample, where it is given."""
        if view is None or view.count == len(row["responses"]):
            found = self._fast.line(row, view)
            if found is not None:
                return found
        return self.full(row, view)

    def full(self, row: Line, view: SampleView | None = None) -> Line:
        """As `line`, by the full evaluation alone."""
        if unreadable(row):
            return self._copied(row)
        _check(row)
        frame, why = self._filled(row, view)
        open_: dict[tuple[int, int], Unknown] = {}
        for index in range(frame.count):
            self.program.walk(frame, self.program.result, index)
            open_ |= frame.open
        return self._told(row, frame, why, open_)

    async def asked(self, row: Line, view: SampleView | None) -> Line:
        """As `line`, and models are asked for what is missing and matters."""
        from rmcompose.runtime.engine import solve

        if unreadable(row):
            return self._copied(row)
        found = self._fast.line(row, view) if view is not None and view.count == len(row["responses"]) else None
        if found is not None:
            return found
        _check(row)
        frame, why = self._filled(row, view)
        await solve(self.program, frame, self.client, [(self.program.result, index) for index in range(frame.count)])
        return self._told(row, frame, why, {})

    # frames

    def _filled(self, row: Line, view: SampleView | None) -> tuple[Frame, dict[tuple[int, int], str]]:
        responses = row["responses"]
        if view is None:
            view = cast("SampleView", _NoSample(responses))
        elif view.count != len(responses):
            raise ResultsError(
                f"the sample `{row['id']}` has {view.count} responses, and its result {len(responses)}: "
                "the data are not those that were scored"
            )
        frame = self.program.frame(view, defers=self.client is not None)
        if self.plan.steps_from is not None:
            _check_steps(row, frame)
        why: dict[tuple[int, int], str] = {}
        for filling in self.fillings:
            filling.fill(frame, responses, why)
        if self._absent:
            absent_inputs(self.program, frame, self._absent)
        return frame, why

    def _told(
        self, row: Line, frame: Frame, why: dict[tuple[int, int], str], open_: dict[tuple[int, int], Unknown]
    ) -> Line:
        program, slots = self.program, frame.slots
        # what nothing needed so far is run by nobody: what is told beside the result costs nothing
        for place in self._leaves:
            for at, value in enumerate(slots[place]):
                if value is EMPTY and (place, at) in why:
                    slots[place][at] = Unknown(program.steps[place].range, None, ((place, at),))
        for place in self._above:
            for index in program.indexes(frame, place):
                if slots[place][index] is EMPTY and (place, index) not in open_:
                    program.walk(frame, place, index)
        frame.open.clear()
        lost: dict[tuple[int, int], Unknown] = {}
        self._reporter.because = because = {}
        for key, value in open_.items():
            cause = value.cause or self._cause(value, why)
            lost[key] = Unknown(value.range, cause)
            if key[0] == program.result and value.cause is None:
                self.undone[cause.node] += 1
                # not unscored: another spec that needs it must find it missing, and not take it for a failure
                because[value.wants[0]] = cause.message
        for place in (*self._leaves, *self._absent):
            for at, value in enumerate(slots[place]):
                if type(value) is Unknown and value.wants:
                    slots[place][at] = EMPTY
        for (place, at), value in lost.items():
            slots[place][at] = value
        return self._reporter.sample_result(frame, row["id"])

    def _cause(self, value: Unknown, why: Mapping[tuple[int, int], str]) -> Cause:
        """Why what waits for something is unscored: what it waits for first, and why that is not there."""
        place, at = value.wants[0]
        step = self.program.steps[place]
        reason = why.get((place, max(at, 0)), "") if at != WHOLE_GROUP or (place, 0) in why else ""
        because = f" ({reason})" if reason else ""
        rank = (step.tier, *step.rank)
        if isinstance(step, JudgeStep) or (isinstance(step, RuleStep) and step.asks):
            told = f"no saved value{because}, and no model was asked"
            return Cause(rank, LEFT_FOR_LATER, step.id, told, at)
        if isinstance(step, RuleStep):
            return Cause(rank, "missing_input", step.id, f"no saved value{because}, and no data to run it on", at)
        name = getattr(step, "field_name", "") or ".".join(getattr(step, "path", ())) or step.id
        return Cause(rank, "missing_input", name, "the results do not hold it, and no data was given", at)

    def _copied(self, row: Line) -> Line:
        """The line of a row that could not be read: it is the same whatever the spec says."""
        return {**row, "composition": self.plan.name, "spec": self.plan.digest}


class _Reporter(Reporter):
    """Tells of leaves that the result waits for why they are not there: `because` by step and index."""

    def __init__(self, program: Program, digest: str) -> None:
        super().__init__(program, digest)
        self.because: dict[tuple[int, int], str] = {}

    def why_skipped(self, frame: Frame, step: Step, index: int, *, unscored: bool) -> str:
        place = self.program.places[step.id]
        told = self.because.get((place, 0 if self.program.once[place] else index))
        return told if told is not None else super().why_skipped(frame, step, index, unscored=unscored)


class _NoSample:
    """Stands in for the sample where only its result is there: it knows how many responses and steps there are."""

    def __init__(self, responses: Sequence[Mapping[str, Any]]) -> None:
        self.count = len(responses)
        self._responses = responses

    def steps(self, index: int, path: tuple[str, ...]) -> _Counted | Absent:  # noqa: ARG002  # as a sample's
        response = self._responses[index]
        size = step_count(response)
        return _Counted(size) if size else Absent(_why_no_steps(response))


class _Counted:
    """Steps of which nothing is known but how many there are."""

    def __init__(self, size: int) -> None:
        self.texts = [""] * size
        self.held = self.texts


def step_count(response: Mapping[str, Any]) -> int | None:
    """How many steps a response had; None where no node was evaluated per step."""
    return next((len(node["steps"]) for node in response["nodes"].values() if "steps" in node), None)


def _why_no_steps(response: Mapping[str, Any]) -> str:
    told: Iterable[Any] = (one.get("reason") for one in (response, *response["nodes"].values()))
    for reason in told:
        if isinstance(reason, Mapping) and reason.get("node") == "steps" and reason.get("kind") == "missing_input":
            return str(reason.get("message", ""))
    return "the response has no steps"


def _check_steps(row: Line, frame: Frame) -> None:
    for response, span in zip(row["responses"], frame.spans, strict=True):
        size = step_count(response)
        if size is not None and size != len(span):
            raise ResultsError(
                f"a response of `{row['id']}` has {len(span)} steps, and its result {size}: "
                "the data are not those that were scored"
            )


def _check(row: Line) -> None:
    """Raises ResultsError where a line is not what a run writes; straight code gives up on such lines by itself."""
    fault = fault_of(row)
    if fault is not None:
        raise ResultsError(f"the line of `{row.get('id')}` is not a result of `rmcompose run`: {fault}")


def unreadable(row: Line) -> bool:
    """Whether the line is of a row of data that could not be read."""
    first = row["responses"][0]
    reason = first.get("reason")
    return (
        len(row["responses"]) == 1
        and first["score"] is None
        and not first["nodes"]
        and isinstance(reason, dict)
        and reason.get("node") == ""
    )
