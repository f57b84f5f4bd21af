"""All figures of a report, from one pass over result lines, in memory that does not grow with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rmcompose.reporting.correlations import Correlations
from rmcompose.reporting.distribution import Distribution
from rmcompose.reporting.interval import ClusterMean

if TYPE_CHECKING:
    from rmcompose.reporting.contributions import Contributions
    from rmcompose.reporting.ways import Ways

MOST_NODES = 500
"""Nodes that are told of; a composition has as many as its author wrote."""
MOST_TEXTS = 500
"""Different texts of a node, of reasons and of specs that are counted."""
SCORE = "score"
"""The column of the score among the correlations; no node can have the name, which is a word of the language."""
_GATE = "a gate failed: "


class Tally:
    """Counts of texts, of which only so many different ones are kept; `other` counts the rest."""

    def __init__(self, most: int = MOST_TEXTS) -> None:
        self.counts: Counter[str] = Counter()
        self.other = 0
        self._most = most

    def add(self, text: str) -> None:
        """Counts a text."""
        if text in self.counts or len(self.counts) < self._most:
            self.counts[text] += 1
        else:
            self.other += 1

    def most(self) -> list[tuple[str, int]]:
        """The texts with their counts, the most frequent first."""
        return sorted(self.counts.items(), key=lambda one: (-one[1], one[0]))


@dataclass(slots=True)
class NodeFigures:
    """What became of one node: of one that is evaluated per step each step counts, and `stepwise` says so.

    `asked` counts the responses for which it put a question to a model, and `cached` those of them for which all that
    it asked was known.
    """

    scored: int = 0
    skipped: int = 0
    unscored: Tally = field(default_factory=Tally)
    values: Distribution = field(default_factory=Distribution)
    texts: Tally = field(default_factory=Tally)
    calls: int = 0
    tokens: int = 0
    cost: float = 0.0
    asked: int = 0
    cached: int = 0
    ms: float = 0.0
    stepwise: bool = False

    def add(self, node: Mapping[str, Any]) -> None:
        """Takes in the node of one response."""
        steps = node.get("steps")
        self.stepwise = self.stepwise or steps is not None
        for one in [node] if steps is None else steps:
            status, value = one["status"], one.get("value")
            if status == "scored":
                self.scored += 1
            elif status == "skipped":
                self.skipped += 1
            else:
                self.unscored.add(kind_of(one.get("reason")))
            number = number_of(value)
            if number is not None:
                self.values.add(number)
            elif isinstance(value, str):
                self.texts.add(value[:200])
        self.calls += node.get("calls") or 0
        self.tokens += node.get("tokens") or 0
        self.cost += node.get("cost") or 0.0
        self.ms += node.get("ms") or 0.0
        self.cached += bool(node.get("cached"))
        self.asked += bool(node.get("cached") or node.get("calls"))


class Statistics:
    """Takes result lines in; `ways` is what the spec says of its result, where it is there."""

    def __init__(self, ways: Ways | None = None, edges: Sequence[tuple[str, str]] = ()) -> None:
        from rmcompose.reporting.contributions import Contributions

        self.ways = ways
        self.rows = self.responses = self.unscored_rows = self.rows_of_many = 0
        self.specs = Tally()
        self.compositions = Tally()
        self.scores = Distribution()
        self.mean = ClusterMean()
        self.nodes: dict[str, NodeFigures] = {}
        self.nodes_left_out: set[str] = set()
        self.unscored: Counter[tuple[str, str]] = Counter()
        self.unscored_other = 0
        self.messages: dict[tuple[str, str], str] = {}
        self.gates = Tally()
        self.stopped: list[Counter[bool | None]] = [Counter() for _ in (ways.gates if ways else ())]
        self.correlations = Correlations()
        self.contributions: Contributions | None = Contributions(ways) if ways is not None else None
        self.edges: Counter[tuple[str, str]] = Counter()
        self._edges = edges
        self.step_scores = Distribution()

    def add(self, line: Mapping[str, Any]) -> None:
        """Takes in one result line, which must be one (`rmcompose.data.results`)."""
        self.rows += 1
        self.specs.add(str(line.get("spec", "")))
        self.compositions.add(str(line.get("composition", "")))
        scores: list[float] = []
        for response in line["responses"]:
            score = response["score"]
            self._response(response, None if score is None else float(score))
            if score is not None:
                scores.append(float(score))
        self.mean.add(scores)
        self.rows_of_many += len(line["responses"]) > 1
        self.unscored_rows += len(scores) < len(line["responses"])

    def _response(self, response: Mapping[str, Any], score: float | None) -> None:
        self.responses += 1
        nodes: Mapping[str, Mapping[str, Any]] = response.get("nodes") or {}
        values: dict[str, Any] = {}
        numbers: dict[str, float] = {}
        failed: set[str] = set()
        absent: set[str] = set()
        for name, node in nodes.items():
            figures = self._figures(name)
            if figures is not None:
                figures.add(node)
            value = node.get("value")
            if node["status"] == "scored" and value is not None:
                values[name] = value
                number = number_of(value)
                if number is not None:
                    numbers[name] = number
                continue
            if "steps" not in node:
                absent.add(name)
            if node["status"] == "skipped":
                reason = node.get("reason")
                if isinstance(reason, str) and reason.startswith(_GATE):
                    failed.add(reason.removeprefix(_GATE))
        for because in failed:
            self.gates.add(because)
        for one in response.get("steps") or ():
            if isinstance(one, dict) and number_of(one.get("score")) is not None:
                self.step_scores.add(float(one["score"]))
        if score is None:
            self._unscored(response.get("reason"))
        else:
            self.scores.add(score)
            numbers[SCORE] = score
        self.correlations.add(numbers)
        if self.ways is not None:
            self._reach(self.ways, values, nodes, failed)
            if score is not None and self.contributions is not None:
                self.contributions.add(score, values, self.ways.taken(score, values, absent, failed))
        for edge in self._edges:
            if edge[0] in values and (edge[1] in values or (not edge[1] and score is not None)):
                self.edges[edge] += 1

    def _figures(self, name: str) -> NodeFigures | None:
        found = self.nodes.get(name)
        if found is None:
            if len(self.nodes) >= MOST_NODES:
                if len(self.nodes_left_out) < MOST_NODES:
                    self.nodes_left_out.add(name)
                return None
            found = self.nodes[name] = NodeFigures()
        return found

    def _unscored(self, reason: object) -> None:
        key = kind_of(reason), str(reason.get("node") or "") if isinstance(reason, Mapping) else ""
        if key not in self.unscored and len(self.unscored) >= MOST_TEXTS:
            self.unscored_other += 1
            return
        self.unscored[key] += 1
        if key not in self.messages and isinstance(reason, Mapping):
            self.messages[key] = str(reason.get("message") or "")[:400]

    def _reach(
        self,
        ways: Ways,
        values: Mapping[str, Any],
        nodes: Mapping[str, Mapping[str, Any]],
        failed: set[str],
    ) -> None:
        for of, gates in ways.by_composition():
            if not ways.reached(of, nodes):
                continue
            for gate in gates:
                passed = ways.passed(gate, values, failed)
                self.stopped[gate][passed] += 1
                if passed is not True:  # the gates behind it were not decisive
                    break


def kind_of(reason: object) -> str:
    """The kind of a reason; prose has none."""
    return str(reason.get("kind", "unscored"))[:200] if isinstance(reason, Mapping) else "unscored"


def number_of(value: object) -> float | None:
    """A value as a finite number; None where it is none."""
    if not isinstance(value, bool | int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if number - number == 0 else None
