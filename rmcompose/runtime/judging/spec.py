"""What the engine hands to a judge, and what it gets back.

A `JudgeSpec` is made once per composition, with every parameter resolved; an `Answer` is what the judge says of one
response (or of one sample, where the judge sees no response).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

Style = Literal["scale", "checklist"]
Mode = Literal["pointwise", "pairwise", "listwise"]
RankBy = Literal["win_rate", "borda", "copeland", "elo", "bradley_terry", "dgr"]
VoteBy = Literal["median", "mean", "majority"]
Calls = Literal["one", "per_criterion"]
OnGuard = Literal["floor", "flag"]


@dataclass(frozen=True, slots=True)
class CriterionSpec:
    """One criterion. `weight` is finite; it is negative only in a checklist.

    Weights are never shown to a pointwise judge, so that a changed weight scores saved replies anew.
    """

    id: str
    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ExampleSpec:
    """One example: the fields that were given, by label, and what was answered, by the field of the reply."""

    given: tuple[tuple[str, Any], ...]
    answers: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class JudgeSpec:
    """A judge with all its parameters resolved.

    `low`..`high` is the closed range of its values; `whole` says that they are whole numbers. `given` are the labels of
    the fields it sees, in order, `varying` those of them that may differ between the responses of a sample, and
    `answers` those that are made of the response itself. `model` is a name that the user's configuration maps to an
    endpoint; `panel` are several, which are then all asked. `criteria_from` says that the criteria come with each
    question. `verdicts` pairs the labels that `extract` finds with their values, None for an abstention. `escalate` are
    dearer models. `temperature`, `top_p`, `max_tokens` and `seed` are sent as they are where they are not None.
    `retries` counts how often an unreadable reply is asked again; `timeout` is seconds per call. `window` is the most
    responses that a listwise question shows.
    """

    name: str
    low: float
    high: float
    model: str
    given: tuple[str, ...]
    rubric: str | None = None
    system: str | None = None
    criteria: tuple[CriterionSpec, ...] = ()
    criteria_from: bool = False
    verdicts: tuple[tuple[str, float | None], ...] = ()
    extract: str | None = None
    style: Style = "scale"
    mode: Mode = "pointwise"
    rank_by: RankBy = "win_rate"
    shuffle: bool = True
    both_orders: bool = True
    window: int | None = None
    whole: bool = False
    varying: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    panel: tuple[str, ...] = ()
    examples: tuple[ExampleSpec, ...] = ()
    calls: Calls = "one"
    expected: bool = False
    abstain: bool = False
    guard: bool = False
    on_guard: OnGuard = "floor"
    escalate: tuple[str, ...] = ()
    escalate_votes: int = 1
    escalate_below: float = 1.0
    escalate_near: float | None = None
    escalate_margin: float = 0.0
    votes: int = 1
    vote_by: VoteBy = "median"
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    retries: int = 2
    timeout: float = 120.0

    def __post_init__(self) -> None:
        if self.criteria and all(criterion.weight == 0 for criterion in self.criteria):
            raise ValueError(f"the weights of judge `{self.name}` are all 0")
        if self.style == "scale" and any(criterion.weight < 0 for criterion in self.criteria):
            raise ValueError(f"a weight of judge `{self.name}` is negative")

    @property
    def models(self) -> tuple[str, ...]:
        """All models that are asked, in order."""
        return self.panel or (self.model,)

    def dearer(self) -> JudgeSpec:
        """The same judge put to the models of `escalate`, which escalate no further."""
        first, *others = self.escalate
        return replace(self, model=first, panel=self.escalate if others else (), votes=self.escalate_votes, escalate=())

    def on_scale(self, share: float) -> float:
        """Where a share in [0, 1] lies in the declared range; 0 and 1 are exactly its ends."""
        if share <= 0.0:
            return self.low
        if share >= 1.0:
            return self.high
        return min(max(self.low + share * (self.high - self.low), self.low), self.high)


@dataclass(slots=True)
class Answer:
    """What a judge says of one response.

    `value` is a number in the judge's range, or None where it is unscored; then `kind` is the reason's kind
    (`abstained refused malformed_reply off_scale provider_error timeout missing_input budget_exceeded`) and `message`
    says why. Otherwise `message` is the judge's own reason. `calls` counts the requests that a model answered for this
    answer, `tokens` what they used and `cost` what they cost; all are 0 where `cached`: nothing was asked that was not
    known. `ms` is wall time.
    `detail` holds JSON values: verdicts by criterion, votes and their agreement, comparisons.
    """

    value: float | None
    kind: str | None = None
    message: str = ""
    calls: int = 0
    tokens: int = 0
    cached: bool = False
    ms: float = 0.0
    detail: dict[str, Any] = field(default_factory=dict)
    cost: float = 0.0
