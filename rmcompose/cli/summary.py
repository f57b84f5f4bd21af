"""The summary of a run: one pass over result rows, in memory that does not grow with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rmcompose.calibration.moments import Moments


@dataclass(slots=True)
class NodeSummary:
    """What became of one node over all responses: counts by status, its values, and what it cost.

    `cached` counts the responses for which it asked nothing that was not known.
    """

    scored: int = 0
    skipped: int = 0
    unscored: Counter[str] = field(default_factory=Counter)
    values: Moments = field(default_factory=Moments)
    calls: int = 0
    tokens: int = 0
    cost: float = 0.0
    cached: int = 0

    def add(self, node: Mapping[str, Any]) -> None:
        """Takes in a node of a response; of one that is evaluated per step each step counts."""
        for one in node.get("steps") or [node]:
            if one["status"] == "scored":
                self.scored += 1
            elif one["status"] == "skipped":
                self.skipped += 1
            else:
                self.unscored[_kind(one.get("reason"))] += 1
            value = one.get("value")
            if isinstance(value, bool | int | float):
                self.values.add(float(value))
        self.calls += node.get("calls", 0)
        self.tokens += node.get("tokens", 0)
        self.cost += node.get("cost", 0.0)
        self.cached += bool(node.get("cached"))


@dataclass(slots=True)
class Summary:
    """What is told at the end of a run. `unscored` counts responses by the kind of their reason."""

    samples: int = 0
    responses: int = 0
    unscored_samples: int = 0
    unscored: Counter[str] = field(default_factory=Counter)
    scores: Moments = field(default_factory=Moments)
    nodes: dict[str, NodeSummary] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any]) -> None:
        """Takes in one row of a result file."""
        self.samples += 1
        complete = True
        for response in row["responses"]:
            self.responses += 1
            if response["score"] is None:
                complete = False
                self.unscored[_kind(response.get("reason"))] += 1
            else:
                self.scores.add(float(response["score"]))
            for name, node in response["nodes"].items():
                self.nodes.setdefault(name, NodeSummary()).add(node)
        self.unscored_samples += not complete

    def as_dict(self) -> dict[str, Any]:
        """The summary as plain data, for `--summary json`."""
        return {
            "samples": self.samples,
            "responses": self.responses,
            "scored": self.scores.count,
            "unscored": dict(sorted(self.unscored.items())),
            "unscored_samples": self.unscored_samples,
            "score": self.scores.as_dict(),
            "nodes": {
                name: {
                    "scored": node.scored,
                    "skipped": node.skipped,
                    "unscored": dict(sorted(node.unscored.items())),
                    **node.values.as_dict(),
                    "calls": node.calls,
                    "tokens": node.tokens,
                    "cost": node.cost,
                    "cached": node.cached,
                }
                for name, node in self.nodes.items()
            },
        }


def _kind(reason: object) -> str:
    """The kind of a reason; a node's reason may be prose, which has none."""
    return str(reason.get("kind", "unscored")) if isinstance(reason, Mapping) else "unscored"
