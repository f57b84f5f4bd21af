"""The steps of a response: a list of texts or of objects with a text, wherever a row holds it.

One list counts for every response; a list with a list for each response says which steps are whose.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rmcompose.data.content import Absent, fields_of, text_of
from rmcompose.data.errors import kind_of

TEXT_KEYS: Final = ("content", "text")
"""The fields of a step that hold its text, in this order."""


class ResponseSteps:
    """The steps of one response, at least one: `texts` has the text of each or why there is none, `held` what it is."""

    __slots__ = ("held", "texts")

    def __init__(self, held: Sequence[Any]) -> None:
        self.held = held
        self.texts = [step_text(one, "the step") for one in held]


def steps_of(found: Any, index: int, count: int, what: str) -> ResponseSteps | Absent:
    """The steps of the response at `index` of `count` in what a row holds, or why there are none."""
    if not isinstance(found, (list, tuple)):
        return Absent(f"{what} is {kind_of(found)}, not a list of steps")
    if found and all(isinstance(one, (list, tuple)) for one in found):
        if len(found) != count:
            return Absent(f"{what} holds the steps of {len(found)} responses, and there are {count}")
        found = found[index]
    return ResponseSteps(found) if found else Absent("the response has no steps")


def step_text(step: Any, what: str) -> str | Absent:
    """The text of a step: a text, or an object with `content` or `text`; or why there is none of `what`."""
    if isinstance(step, str):
        return str(step)
    fields = fields_of(step)
    if fields is None:
        return Absent(f"{what} is {kind_of(step)}, not text")
    key = next((key for key in TEXT_KEYS if fields.get(key) is not None), None)
    return Absent(f"{what} has no text") if key is None else text_of(fields[key], what)


def joined(steps: Sequence[Any]) -> str | Absent:
    """The text that the steps are together, with a blank line between them."""
    texts: list[str] = []
    for number, one in enumerate(steps, start=1):
        text = step_text(one, f"step {number} of the response")
        if isinstance(text, Absent):
            return text
        texts.append(text)
    return "\n\n".join(texts)


def parts_of(text: str, how: str) -> list[str] | None:
    """The parts of a text: its `paragraphs`, which blank lines part, or its `lines`; None for another word.

    Parts that are blank are left out, and white space around a part.
    """
    if how not in ("paragraphs", "lines"):
        return None
    parts: list[list[str]] = [[]]
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line.strip():
            parts[-1].append(line)
        if how == "lines" or not line.strip():
            parts.append([])
    return ["\n".join(part).strip() for part in parts if part]
