r"""Regular expressions that cannot hang a run: RE2, which takes time linear in the text whatever the pattern.

Used by `regex_match`, by the expression function `matches` and by the `extract` of judges. The dialect is RE2's
(https://github.com/google/re2/wiki/Syntax): no lookaround and no backreferences, `.` does not match a newline unless
`(?s)`, `^` and `$` are the ends of the whole text unless `(?m)`, `\z` is the end of the text. Matching is on Unicode
characters and `(?i)` knows all letters, but `\d`, `\w`, `\s` and `\b` are ASCII: write `\pL`, `\p{Nd}`, `\p{Greek}` for
others.
"""

from __future__ import annotations

import functools
import importlib
from collections import deque
from typing import Any

from rmcompose.primitives.failure import RuleError

_LOOKAROUND = ("(?=", "(?!", "(?<=", "(?<!", "(?<")
_LINEAR = "patterns are RE2, which runs in linear time"


class Pattern:
    """A compiled pattern; safe to share between threads."""

    __slots__ = ("_compiled", "source")

    def __init__(self, source: str, compiled: Any) -> None:
        self.source = source
        self._compiled = compiled

    def search(self, text: str) -> bool:
        """Whether the pattern matches anywhere in the text."""
        return self._compiled.search(_encode(text)) is not None

    def fullmatch(self, text: str) -> bool:
        """Whether the pattern matches the whole text."""
        return self._compiled.fullmatch(_encode(text)) is not None

    def findall(self, text: str) -> list[str]:
        """All matches in order: of each the first group that took part in it, else the whole of it."""
        return self.cut(text)[0]

    def cut(self, text: str) -> tuple[list[str], str]:
        """All matches, as `findall` gives them, and the text with a space in the place of each."""
        data = _encode(text)
        found, rest, end = [], [], 0
        for match in self._compiled.finditer(data):
            part = next((group for group in match.groups() if group is not None), match.group())
            found.append(part.decode("utf-8", "surrogatepass"))
            rest.append(data[end : match.start()])
            end = match.end()
        rest.append(data[end:])
        return found, b" ".join(rest).decode("utf-8", "surrogatepass")

    def findall_last(self, text: str) -> str | None:
        """The last match: the first group that took part in it, else the whole of it; None without a match.

        Each match is found in linear time; a pattern that looks far ahead for every match makes the sum of them
        quadratic in the text.
        """
        last = next(iter(deque(self._compiled.finditer(_encode(text)), maxlen=1)), None)
        if last is None:
            return None
        found = next((group for group in last.groups() if group is not None), last.group())
        return str(found.decode("utf-8", "surrogatepass"))


@functools.lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> Pattern:
    """The compiled pattern. Raises `RuleError` with the text of `check_pattern` where it cannot be compiled."""
    re2 = _re2()
    options = re2.Options()
    options.log_errors = False  # RE2 would print to stderr
    try:
        return Pattern(pattern, re2.compile(pattern, options))
    except UnicodeEncodeError:
        raise RuleError("the pattern holds half of a surrogate pair") from None
    except re2.error as fault:
        raise RuleError(_explain(fault)) from None


def check_pattern(pattern: object) -> str | None:
    """What is wrong with the pattern, or None."""
    if not isinstance(pattern, str):
        return "the pattern must be a text"
    try:
        compile_pattern(pattern)
    except RuleError as fault:
        return str(fault)
    return None


def _re2() -> Any:
    try:
        return importlib.import_module("re2")
    except ImportError:
        # Python's own `re` would match differently and could hang the run, so it never stands in
        raise RuleError("regular expressions need the package `google-re2`, which is not installed") from None


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace")  # half of a surrogate pair matches as `?`


def _explain(fault: Exception) -> str:
    raw = fault.args[0] if fault.args else ""
    message = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    reason, _, part = message.partition(": ")
    if part in _LOOKAROUND and "perl operator" in reason:
        return f"the pattern uses lookaround (`{part}`), which is not supported: {_LINEAR}"
    if reason == "invalid escape sequence" and part[1:].isdigit():
        return f"the pattern uses a backreference (`{part}`), which is not supported: {_LINEAR}"
    if part == "\\Z":
        return "the pattern uses `\\Z`, which is not known: the end of the text is `\\z`"
    return f"the pattern cannot be compiled: {reason}" + (f": `{part}`" if part else "")
