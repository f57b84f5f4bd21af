"""JSON against a reference: whether the two are the same value, and the share of fields that are."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NamedTuple

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.formats.fences import unfenced
from rmcompose.primitives.formats.json_text import decode
from rmcompose.primitives.registry import REFERENCE, TEXT, register, setting

_MOST_STEPS = 500_000
_FENCE = setting("whether a code fence around the whole text is taken off first")
_EXTRA = setting("whether keys that the reference lacks are overlooked")
_TOO_DEEP = "the JSON is nested too deeply to compare"


def _reference(text: str) -> Any:
    try:
        return decode(text)
    except json.JSONDecodeError as fault:
        raise RuleError(f"the reference is not JSON: {fault.msg} at line {fault.lineno}") from None


def _same_leaf(value: Any, wanted: Any) -> bool:
    """Equal as JSON: `true` is not `1`, `1` is `1.0`."""
    return isinstance(value, bool) == isinstance(wanted, bool) and value == wanted


def _unordered(value: Any) -> Any:
    """A form of the value that is the same whatever the order of keys and lists is; texts, so that hashes are safe."""
    if isinstance(value, dict):
        return "object", frozenset((key, _unordered(one)) for key, one in value.items())
    if isinstance(value, list):
        return "list", frozenset(Counter(map(_unordered, value)).items())
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return type(value).__name__, str(value)


class _Comparison:
    """One comparison of two values; counts its steps, so that lists in any order cannot take for ever."""

    def __init__(self, *, strict_order: bool, ignore_extra_keys: bool) -> None:
        self.strict_order = strict_order
        self.ignore_extra_keys = ignore_extra_keys
        self.steps = 0

    def same(self, value: Any, wanted: Any) -> bool:
        if not self.strict_order and not self.ignore_extra_keys:
            return bool(_unordered(value) == _unordered(wanted))
        return self.covers(value, wanted)

    def covers(self, value: Any, wanted: Any) -> bool:
        self.step()
        if isinstance(wanted, dict):
            if not isinstance(value, dict) or not value.keys() >= wanted.keys():
                return False
            if len(value) > len(wanted) and not self.ignore_extra_keys:
                return False
            return all(self.covers(value[key], one) for key, one in wanted.items())
        if isinstance(wanted, list):
            if not isinstance(value, list) or len(value) != len(wanted):
                return False
            if self.strict_order:
                return all(self.covers(one, other) for one, other in zip(value, wanted, strict=True))
            return self.matched(value, wanted)
        return not isinstance(value, dict | list) and _same_leaf(value, wanted)

    def step(self) -> None:
        self.steps += 1
        if self.steps > _MOST_STEPS and not self.strict_order:
            raise RuleError(f"the comparison takes more than {_MOST_STEPS} steps")

    def matched(self, values: list[Any], wanted: list[Any]) -> bool:
        """Whether the items can be paired off, each with one that covers it.

        An item with few keys may have taken what another needs, so pairs are undone (augmenting paths, Kuhn 1955).
        """
        fits = [[place for place, value in enumerate(values) if self.covers(value, one)] for one in wanted]
        owner: dict[int, int] = {}
        return all(self.place(number, fits, owner) for number in range(len(wanted)))

    def place(self, number: int, fits: list[list[int]], owner: dict[int, int]) -> bool:
        """Finds a partner for one item, moving others where that helps; breadth first, so nothing recurses."""
        reached: dict[int, int] = {}  # place -> the item it was reached from
        queue = [number]
        for item in queue:
            for place in fits[item]:
                self.step()
                if place in reached:
                    continue
                reached[place] = item
                if place in owner:
                    queue.append(owner[place])
                    continue
                self.take(place, number, reached, owner)
                return True
        return False

    @staticmethod
    def take(place: int, number: int, reached: dict[int, int], owner: dict[int, int]) -> None:
        """Gives the items along the path that reached a free place their new places."""
        places = {item: place for place, item in owner.items()}
        while True:
            item = reached[place]
            owner[place] = item
            if item == number:
                return
            place = places[item]


def _explain(
    value: bool,
    text: str,
    reference: str,
    strict_order: bool = True,  # noqa: ARG001  # the arguments of the rule
    ignore_extra_keys: bool = False,
    fence: bool = False,
) -> str:
    try:
        found = decode(unfenced(text) if fence else text)
    except json.JSONDecodeError as fault:
        return f"it is not JSON: {fault.msg} at line {fault.lineno}, column {fault.colno}"
    if value:
        return "the same value"
    fields = _fields(found, _reference(reference))
    said = f"{fields.common} of {fields.wanted} fields" + ("" if ignore_extra_keys else f", {fields.extra} extra")
    return f"{said}, first difference at `{fields.first}`" if fields.first else said


@register(
    "json_match",
    laws=("reflexive",),
    returns="bool",
    arguments={
        "text": TEXT,
        "reference": REFERENCE,
        "strict_order": setting("whether the order of lists counts; that of keys never does"),
        "ignore_extra_keys": _EXTRA,
        "fence": _FENCE,
    },
    explain=_explain,
    example='json_match(text = "{\\"b\\": [1], \\"a\\": 2.0}", reference = "{\\"a\\": 2, \\"b\\": [1]}") -> true',
)
def json_match(
    text: str, reference: str, strict_order: bool = True, ignore_extra_keys: bool = False, fence: bool = False
) -> bool:
    """Whether text and reference are JSON of the same value (OpenJudge `JsonMatchGrader`).

    The order of keys does not count, that of lists only with `strict_order`; `1` is `1.0`, `true` is not `1`. A text
    that is not JSON is false, a reference that is not JSON leaves the response unscored. Long lists in any order with
    extra keys must be paired off; that is refused after 500,000 steps.
    """
    wanted = _reference(reference)
    try:
        value = decode(unfenced(text) if fence else text)
    except json.JSONDecodeError:
        return False
    try:
        return _Comparison(strict_order=strict_order, ignore_extra_keys=ignore_extra_keys).same(value, wanted)
    except RecursionError:
        raise RuleError(_TOO_DEEP) from None


class _Fields(NamedTuple):
    """How many fields the reference has, how many of them the text has too, what it has beside, where they part."""

    wanted: int
    common: int
    extra: int
    first: str


def _count(value: Any) -> int:
    """The number of fields: values that are no list or object, and each of these that is empty."""
    count = 0
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, dict | list) and one:
            pending.extend(one.values() if isinstance(one, dict) else one)
        else:
            count += 1
    return count


def _keyed(value: Any) -> dict[Any, Any] | None:
    """What is inside, by key or position; None for a field."""
    if isinstance(value, dict) and value:
        return value
    return dict(enumerate(value)) if isinstance(value, list) and value else None


def _fields(value: Any, reference: Any) -> _Fields:
    """Walks both at once; linear in the two."""
    wanted = common = extra = 0
    first: Any = None
    # a place is its key and the place around it: whole paths would be too much to hold
    pending: list[tuple[Any, Any, Any]] = [(value, reference, ())]
    while pending:
        given, one, place = pending.pop()
        theirs, ours = _keyed(given), _keyed(one)
        if theirs is not None and ours is not None and type(given) is type(one):
            pending.extend((theirs[key], ours[key], (key, place)) for key in reversed(ours) if key in theirs)
            lacking = next((key for key in ours if key not in theirs), None)
            more = next((key for key in theirs if key not in ours), None)
            wanted += sum(_count(ours[key]) for key in ours if key not in theirs)
            extra += sum(_count(theirs[key]) for key in theirs if key not in ours)
            odd = lacking if lacking is not None else more
            first = (odd, place) if first is None and odd is not None else first
            continue
        same = theirs is None and ours is None and _same_leaf(given, one)
        wanted += _count(one)
        common += same
        extra += 0 if theirs is None and ours is None else _count(given)
        first = place if first is None and not same else first
    return _Fields(wanted, common, extra, "" if first is None else _shown(first))


def _shown(place: Any) -> str:
    parts: list[str] = []
    while place and len(parts) < 1000:
        key, place = place
        parts.append(f"[{key}]" if isinstance(key, int) else f".{key}")
    return ("$" + "".join(reversed(parts)))[:200]


def _explain_share(
    _value: float, text: str, reference: str, ignore_extra_keys: bool = False, fence: bool = False
) -> str:
    return _explain(False, text, reference, ignore_extra_keys=ignore_extra_keys, fence=fence)


@register(
    "json_field_share",
    laws=("reflexive",),
    returns="float",
    low=0,
    high=1,
    arguments={"text": TEXT, "reference": REFERENCE, "ignore_extra_keys": _EXTRA, "fence": _FENCE},
    explain=_explain_share,
    example='json_field_share(text = "{\\"a\\": 1, \\"b\\": 3}", reference = "{\\"a\\": 1, \\"b\\": 2}") -> 0.5',
)
def json_field_share(text: str, reference: str, ignore_extra_keys: bool = False, fence: bool = False) -> float:
    """The share of fields that text and reference have in common, with the same value in the same place.

    A field is a path to a value that is no list or object (or an empty one); items of a list are told by position. The
    share is of all fields of either, with `ignore_extra_keys` of those of the reference, so what is left out and what
    is added both cost. 0 for a text that is not JSON; a reference that is not JSON leaves the response unscored.
    """
    wanted = _reference(reference)
    try:
        value = decode(unfenced(text) if fence else text)
    except json.JSONDecodeError:
        return 0.0
    fields = _fields(value, wanted)
    return fields.common / (fields.wanted + (0 if ignore_extra_keys else fields.extra))
