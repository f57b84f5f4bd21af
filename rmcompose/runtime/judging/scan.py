"""Finding the last complete JSON object in free text, in linear time.

Models wrap their verdict in prose, code fences and drafts. An object counts only if it is outermost: a verdict that is
quoted in a string or nested in another object is not the model's verdict.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 64
"""No reply shape nests deeper than 3; the bound keeps the parser of the standard library off its recursion limit."""

_TOKEN = re.compile(
    r"""[ \t\r\n]*+(?:
        (?P<mark>[{}\[\],:])
      | (?P<text>"[^"\\]*+(?:\\.[^"\\]*+)*+")
      | (?P<atom>-?(?:\d[-+.\deE]*+|Infinity)|true|false|null|NaN)
    )""",
    re.VERBOSE | re.DOTALL,
)


def last_object(text: str, keys: frozenset[str]) -> dict[str, Any] | None:
    """The last complete outermost JSON object in `text` that has all `keys`, or None.

    A key that occurs twice in one object disqualifies it: which of the two was meant cannot be known.
    """
    found = _last(text, keys)
    return found[0] if found is not None else None


def value_offset(text: str, key: str) -> int | None:
    """Where the value of `key` begins in the last object that has it, at its top or in the one item of its verdicts."""
    found = _last(text, frozenset({key})) or _last(text, frozenset({"verdicts"}))
    if found is None:
        return None
    _, start, end = found
    places = [match.end() for match in re.finditer(rf'"{re.escape(key)}"[ \t\r\n]*:[ \t\r\n]*', text[start:end])]
    # a reason may quote the key: then which of the places it is is not told by looking
    return start + places[0] if len(places) == 1 else None


def _last(text: str, keys: frozenset[str]) -> tuple[dict[str, Any], int, int] | None:
    """The last complete outermost object that has all keys, with its start and end."""
    for start, end in reversed(list(_objects(text))):
        try:
            found = json.loads(text[start:end], strict=False, object_pairs_hook=_unique)
        except ValueError:
            continue
        if isinstance(found, dict) and keys <= found.keys():
            return found, start, end
    return None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _objects(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each outermost object, left to right.

    An attempt that fails has settled every brace it read as structure: their attempts would fail at the same place,
    and a complete object inside a broken one is not an outermost one. Only braces it took for text are tried again,
    so no character is read more than a few times.
    """
    settled: set[int] = set()
    start = text.find("{")
    while start >= 0:
        if start in settled:
            end = None
        else:
            end = _match(text, start, settled)
            if end is not None:
                yield start, end
        start = text.find("{", start + 1 if end is None else end)


def _match(text: str, start: int, settled: set[int]) -> int | None:
    """The end of the JSON object that starts at `start`, or None; braces read as structure are added to `settled`."""
    closers: list[str] = []
    expected = "value"  # or: key, key or end, value or end, colon, comma or end
    position = start
    while True:
        token = _TOKEN.match(text, position)
        if token is None:
            return None
        position = token.end()
        mark = token["mark"]
        if mark in ("{", "["):
            if expected not in ("value", "value or end") or len(closers) == MAX_DEPTH:
                return None
            if mark == "{":
                settled.add(position - 1)
            closers.append("}" if mark == "{" else "]")
            expected = "key or end" if mark == "{" else "value or end"
        elif mark in ("}", "]"):
            if not expected.endswith("end") or closers[-1] != mark:
                return None
            closers.pop()
            if not closers:
                return position
            expected = "comma or end"
        elif mark == ",":
            if expected != "comma or end":
                return None
            expected = "key" if closers[-1] == "}" else "value"
        elif mark == ":":
            if expected != "colon":
                return None
            expected = "value"
        elif token["text"] is not None and expected in ("key", "key or end"):
            expected = "colon"
        elif expected in ("value", "value or end"):
            expected = "comma or end"
        else:
            return None
