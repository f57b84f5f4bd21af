"""From the verdicts on single criteria to one value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rmcompose.runtime.judging.spec import CriterionSpec


class BadCriteria(Exception):
    """Criteria that came with a sample cannot be used; the text says why."""


def weighted_score(criteria: Sequence[CriterionSpec], scores: Sequence[float]) -> float:
    """The weighted mean of the scores, in declared order: Σ w·s / Σ w. Weights are >= 0 and some weight is > 0."""
    total = sum(criterion.weight for criterion in criteria)
    mean = sum(criterion.weight * score for criterion, score in zip(criteria, scores, strict=True)) / total
    # a mean lies between its values; rounding may have moved it past them
    return min(max(mean, min(scores)), max(scores))


def checklist_value(criteria: Sequence[CriterionSpec], met: Sequence[bool]) -> float:
    """clamp(Σ met·w / Σ positive w, 0, 1); with only negative weights 1 + Σ met·w / Σ |w|. In [0, 1]."""
    raw = raw_sum(criteria, met)
    positive = sum(criterion.weight for criterion in criteria if criterion.weight > 0)
    negative = sum(-criterion.weight for criterion in criteria if criterion.weight < 0)
    share = raw / positive if positive > 0 else 1.0 + raw / negative
    return min(max(share, 0.0), 1.0)


def raw_sum(criteria: Sequence[CriterionSpec], met: Sequence[bool]) -> float:
    """Σ met·w, in declared order, not clamped."""
    return sum(criterion.weight for criterion, yes in zip(criteria, met, strict=True) if yes)


def checklist_bounds(criteria: Sequence[CriterionSpec], met: Sequence[bool | None]) -> tuple[float, float]:
    """The lowest and highest value of the checklist over every way to decide the items that could not be assessed."""
    worst = [criterion.weight < 0 if yes is None else yes for criterion, yes in zip(criteria, met, strict=True)]
    best = [criterion.weight > 0 if yes is None else yes for criterion, yes in zip(criteria, met, strict=True)]
    return checklist_value(criteria, worst), checklist_value(criteria, best)


def criteria_of(items: object, *, negative: bool) -> tuple[CriterionSpec, ...]:
    """The criteria in a sample's list: texts, or mappings `{text, weight = 1, id = 1-based position}`.

    Where a mapping has no `text`, `criterion` or `description` is its text, and `points` its weight where it has no
    `weight`: the names in HealthBench and in the data sets of Rubrics as Rewards.
    `negative` allows weights below 0 (checklists). Raises `BadCriteria` where the list is no such list, is empty, has
    an id twice, or carries no weight at all.
    """
    if not isinstance(items, (list, tuple)) or not items:
        raise BadCriteria("the sample has no criteria")
    criteria = tuple(_criterion(item, position, negative=negative) for position, item in enumerate(items, start=1))
    seen: dict[str, int] = {}
    for position, criterion in enumerate(criteria, start=1):
        if criterion.id in seen:
            raise BadCriteria(f"criteria {seen[criterion.id]} and {position} have the same id `{criterion.id}`")
        seen[criterion.id] = position
    if all(criterion.weight == 0 for criterion in criteria):
        raise BadCriteria("the weights of the criteria are all 0")
    return criteria


def _criterion(item: Any, position: int, *, negative: bool) -> CriterionSpec:
    if isinstance(item, str):
        item = {"text": item}
    if not isinstance(item, Mapping):
        raise BadCriteria(f"criterion {position} is neither text nor a mapping with `text`")
    text = next((item[key] for key in ("text", "criterion", "description") if key in item), None)
    weight, name = item.get("weight", item.get("points", 1.0)), item.get("id", position)
    if not isinstance(text, str) or not text.strip():
        raise BadCriteria(f"criterion {position} has no `text`")
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not math.isfinite(weight):
        raise BadCriteria(f"the weight of criterion {position} is not a finite number")
    if weight < 0 and not negative:
        raise BadCriteria(f"the weight of criterion {position} is negative")
    if isinstance(name, bool) or not isinstance(name, (str, int)):
        raise BadCriteria(f"the id of criterion {position} is neither text nor a whole number")
    return CriterionSpec(str(name), text, float(weight))
