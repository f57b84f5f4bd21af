"""Reading a judge's reply. Each reader takes the text of one reply and never raises.

Nothing is guessed: a number in prose, a text for a number, a missing or repeated verdict are malformed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rmcompose.primitives.patterns import compile_pattern
from rmcompose.runtime.judging import criteria as combining
from rmcompose.runtime.judging.fencing import number_text
from rmcompose.runtime.judging.reading import PREVIEW, Reader, Reading, malformed
from rmcompose.runtime.judging.scan import last_object
from rmcompose.runtime.judging.spec import CriterionSpec, JudgeSpec

WINNERS: tuple[tuple[str, float | None], ...] = (("A", 1.0), ("B", 0.0), ("tie", 0.5))
"""What the winner of a comparison is worth as the first answer's share of the win."""
Ranking = tuple[tuple[int, ...], ...]
"""Groups of 0-based numbers of the answers as they were shown, best first."""


def score_reader(spec: JudgeSpec) -> Reader[float]:
    """Reads `{"reason", "score"}`."""

    def read(text: str) -> Reading[float]:
        found = last_object(text, frozenset({"score"}))
        if found is None:
            return malformed("the reply has no JSON object with `score`", text)
        return _score(spec, found, "the reply's `score`", "score", text)

    return read


def scale_reader(spec: JudgeSpec, criteria: Sequence[CriterionSpec]) -> Reader[float]:
    """Reads `{"verdicts": [{"id", "reason", "score"}]}` and combines the scores by weight."""

    def read(text: str) -> Reading[float]:
        verdicts = _verdicts(text, criteria, "score")
        if isinstance(verdicts, str):
            return malformed(verdicts, text)
        scores: list[Reading[float]] = []
        for criterion, verdict in zip(criteria, verdicts, strict=True):
            name = f"`{criterion.id}`"
            score = _score(spec, verdict, f"the `score` of {name}", f"score of {name}", text)
            if score.kind == "malformed_reply":
                return score
            scores.append(score)
        return combining.on_scale(criteria, scores, _told(criteria, verdicts, "score"))

    return read


def checklist_reader(spec: JudgeSpec, criteria: Sequence[CriterionSpec]) -> Reader[float]:
    """Reads `{"verdicts": [{"id", "reason", "met"}]}`; the checklist's share in [0, 1] is moved to the judge's range.

    An item that cannot be assessed (`null`) leaves the judge `abstained`, unless either answer gives the same value.
    """

    def read(text: str) -> Reading[float]:
        verdicts = _verdicts(text, criteria, "met")
        if isinstance(verdicts, str):
            return malformed(verdicts, text)
        answers: list[Reading[bool]] = []
        for criterion, verdict in zip(criteria, verdicts, strict=True):
            answer = _met(verdict, criterion, f"the `met` of `{criterion.id}`", text)
            if answer.kind == "malformed_reply":
                return malformed(answer.message, text)
            answers.append(answer)
        return combining.as_checklist(spec, criteria, answers, _told(criteria, verdicts, "met"))

    return read


def criterion_score_reader(spec: JudgeSpec, criterion: CriterionSpec) -> Reader[float]:
    """Reads the reply to a question about one criterion: `{"reason", "score"}`, or a list of one verdict."""

    def read(text: str) -> Reading[float]:
        found = _only_verdict(text, criterion, "score")
        if isinstance(found, str):
            return malformed(found, text)
        return _score(spec, found, "the reply's `score`", f"score of `{criterion.id}`", text)

    return read


def criterion_met_reader(criterion: CriterionSpec) -> Reader[bool]:
    """Reads the reply to a question about one item of a checklist: `{"reason", "met"}`, or a list of one verdict."""

    def read(text: str) -> Reading[bool]:
        found = _only_verdict(text, criterion, "met")
        if isinstance(found, str):
            return malformed(found, text)
        return _met(found, criterion, "the reply's `met`", text)

    return read


def guard_reader() -> Reader[bool]:
    """Reads `{"reason", "addresses_judge"}`."""

    def read(text: str) -> Reading[bool]:
        found = last_object(text, frozenset({"addresses_judge"}))
        if found is None:
            return malformed("the reply has no JSON object with `addresses_judge`", text)
        yes = found["addresses_judge"]
        if not isinstance(yes, bool):
            return malformed("the reply's `addresses_judge` is neither true nor false", text)
        return Reading(yes, None, _text(found.get("reason")))

    return read


def winner_reader(spec: JudgeSpec) -> Reader[float]:
    """Reads `{"reason", "winner"}` as the first answer's share of the win."""
    worth = dict(WINNERS)

    def read(text: str) -> Reading[float]:
        found = last_object(text, frozenset({"winner"}))
        if found is None:
            return malformed("the reply has no JSON object with `winner`", text)
        winner, reason = found["winner"], _text(found.get("reason"))
        if winner is None and spec.abstain:
            return _abstained(reason)
        if not isinstance(winner, str) or winner not in worth:
            return malformed("the reply's `winner` is neither `A`, `B` nor `tie`", text)
        return Reading(worth[winner], None, reason)

    return read


def ranking_reader(spec: JudgeSpec, count: int) -> Reader[Ranking]:
    """Reads `{"reason", "ranking": [[2], [1, 3]]}` over `count` answers, each of which must occur exactly once."""

    def read(text: str) -> Reading[Ranking]:
        found = last_object(text, frozenset({"ranking"}))
        if found is None:
            return malformed("the reply has no JSON object with `ranking`", text)
        ranking, reason = found["ranking"], _text(found.get("reason"))
        if ranking is None and spec.abstain:
            return _abstained(reason)
        if not isinstance(ranking, list):
            return malformed("the reply's `ranking` is not a list", text)
        groups = [group if isinstance(group, list) else [group] for group in ranking]
        numbers = [number for group in groups for number in group]
        if any(type(number) is not int for number in numbers) or sorted(numbers) != list(range(1, count + 1)):
            return malformed(f"the reply's `ranking` does not name each of 1 to {count} exactly once", text)
        ranked = tuple(tuple(number - 1 for number in group) for group in groups if group)
        return Reading(ranked, None, reason)

    return read


def label_reader(spec: JudgeSpec) -> Reader[float]:
    """Reads a house format: the last match of `extract` holds a label, whose verdict says what it is worth.

    The label is the first group that took part in the match, or the whole match where the pattern has no group.
    Without verdicts a pairwise judge's labels are `A`, `B` and `tie`, and another judge's label is the number itself.
    A verdict without a value is an abstention.
    """
    find = compile_pattern(spec.extract or "").findall_last
    low, high = (0.0, 1.0) if spec.mode == "pairwise" else (spec.low, spec.high)
    worth = dict(spec.verdicts or (WINNERS if spec.mode == "pairwise" else ()))

    def read(text: str) -> Reading[float]:
        label = find(text)
        if label is None:
            return malformed("the reply has no match of `extract`", text)
        if worth.get(label, 0.0) is None:
            return Reading(None, "abstained", f"the judge says `{label}`", {"label": label})
        value = worth.get(label) if worth else _written_number(label)
        if value is None:
            return malformed(f"the reply's label `{label[:80]}` has no verdict", text)
        if not low <= value <= high:
            return Reading(None, "off_scale", _outside("verdict", value, low, high), {"label": label})
        return Reading(value, None, text.strip()[:PREVIEW], {"label": label})

    return read


def _verdicts(text: str, criteria: Sequence[CriterionSpec], key: str) -> list[Mapping[str, Any]] | str:
    """The verdicts in the order of the criteria, or what is wrong with them."""
    found = last_object(text, frozenset({"verdicts"}))
    if found is None:
        return "the reply has no JSON object with `verdicts`"
    if not isinstance(found["verdicts"], list):
        return "the reply's `verdicts` is not a list"
    known = {criterion.id for criterion in criteria}
    by_id: dict[str, Mapping[str, Any]] = {}
    for verdict in found["verdicts"]:
        if not isinstance(verdict, Mapping) or "id" not in verdict or key not in verdict:
            return f"a verdict of the reply lacks `id` or `{key}`"
        name = verdict["id"]
        if type(name) is int:
            name = str(name)
        if not isinstance(name, str) or name not in known:
            return f"the reply has a verdict on `{str(name)[:80]}`, which is no criterion"
        if name in by_id:
            return f"the reply has two verdicts on `{name}`"
        by_id[name] = verdict
    missing = next((criterion.id for criterion in criteria if criterion.id not in by_id), None)
    if missing is not None:
        return f"the reply has no verdict on `{missing}`"
    return [by_id[criterion.id] for criterion in criteria]


def _only_verdict(text: str, criterion: CriterionSpec, key: str) -> Mapping[str, Any] | str:
    found = last_object(text, frozenset({key}))
    if found is not None:
        return found
    if last_object(text, frozenset({"verdicts"})) is None:
        return f"the reply has no JSON object with `{key}`"
    verdicts = _verdicts(text, (criterion,), key)
    return verdicts if isinstance(verdicts, str) else verdicts[0]


def _score(spec: JudgeSpec, found: Mapping[str, Any], where: str, what: str, text: str) -> Reading[float]:
    reason = _text(found.get("reason"))
    if found["score"] is None and spec.abstain:
        return _abstained(reason)
    score = _number(found["score"])
    if score is None:
        return malformed(f"{where} is not a number", text)
    if spec.low <= score <= spec.high:
        return Reading(score, None, reason)
    return Reading(None, "off_scale", _outside(what, score, spec.low, spec.high), {"reason": reason})


def _met(found: Mapping[str, Any], criterion: CriterionSpec, where: str, text: str) -> Reading[bool]:
    yes = found["met"]
    if yes is None:
        return Reading(None, "abstained", f"the judge could not assess `{criterion.id}`")
    if not isinstance(yes, bool):
        return malformed(f"{where} is neither true, false nor null", text)
    return Reading(yes, None, _text(found.get("reason")))


def _abstained(reason: str) -> Reading[Any]:
    return Reading(None, "abstained", "the judge could not tell" + (f": {reason}" if reason else ""))


def _outside(what: str, value: float, low: float, high: float) -> str:
    return f"the {what} is {number_text(value)}, outside {number_text(low)} to {number_text(high)}"


def _number(value: object) -> float | None:
    """A finite number, or None: a bool or a text is not one, and neither is NaN."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:  # a whole number past the largest float
        return None
    return number if math.isfinite(number) else None


def _written_number(text: str) -> float | None:
    try:
        return _number(float(text))
    except ValueError:
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _told(criteria: Sequence[CriterionSpec], verdicts: Sequence[Mapping[str, Any]], key: str) -> list[dict[str, Any]]:
    return [
        {"id": criterion.id, key: verdict[key], "weight": criterion.weight, "reason": _text(verdict.get("reason"))}
        for criterion, verdict in zip(criteria, verdicts, strict=True)
    ]
