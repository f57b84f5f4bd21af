"""Did you mean: the declared name that a misspelt one was most likely meant to be."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 64
"""Names longer than this are compared only for equality: the distance costs the product of the lengths."""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate closest to `name`, or None where none is close enough.

    One that differs only in case or in `-` against `_` comes first. Otherwise the smallest edit distance wins, at most
    a third of the longer name's length, ties by alphabet: the answer does not depend on the order of `candidates`.
    """
    known = sorted({candidate for candidate in candidates if candidate != name})
    folded = _fold(name)
    for candidate in known:
        if _fold(candidate) == folded:
            return candidate
    if len(name) > LONGEST:
        return None
    best: tuple[int, str] | None = None
    for candidate in known:
        limit = max(len(name), len(candidate)) // 3
        if best is not None:
            limit = min(limit, best[0] - 1)
        if len(candidate) > LONGEST or abs(len(name) - len(candidate)) > limit:
            continue
        found = distance(folded, _fold(candidate))
        if found <= limit:
            best = found, candidate
    return best[1] if best else None


def _fold(name: str) -> str:
    return name.casefold().replace("-", "_")


def distance(a: str, b: str) -> int:
    """Damerau-Levenshtein distance in its optimal string alignment form.

    The fewest insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`, where no part is
    edited twice.
    """
    before: list[int] = []
    above = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, above = above, row
    return above[-1]
