r"""Where the final answer of a reply stands: in a box, a tag, JSON, after a marker, at the end, or all of it."""

from __future__ import annotations

import json
import re
from typing import Any

from rmcompose.primitives.formats.tags import bodies

PLACES = ("auto", "boxed", "marked", "tag", "json", "last_line", "last_word", "all")

_WINDOW = 50_000
_MOST_OBJECTS = 200
_STYLED = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|emph)[ ]?\{([^{}]*)\}")
_EDGES = "*_`\"'“”‘’.,;:!?()[]{}"


def answer_at(text: str, where: str, name: str) -> str | None:
    """The answer that stands at a place, or None where there is none. Reasoning before `</think>` does not count."""
    text = text.rpartition("</think>")[2].strip()[-_WINDOW:]
    match where:
        case "boxed":
            return _boxed(text)
        case "marked":
            return _marked(text)
        case "tag":
            return next(reversed([body.strip() for body in bodies(text, name)]), None)
        case "json":
            return _json(text, name)
        case "last_line":
            return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), None)
        case "last_word":
            return next(reversed([word.strip(_EDGES) for word in text.split()]), None)
        case "auto":
            for place in ("boxed", "tag", "marked"):
                found = answer_at(text, place, name)
                if found is not None:
                    return found
    return text or None


def unstyled(text: str) -> str:
    r"""The text without its LaTeX dress: `\text{…}`, `\mathbf{…}`, `$`."""
    for _ in range(3):
        text = _STYLED.sub(r"\1", text)
    return text.replace("\\(", "").replace("\\)", "").replace("\\[", "").replace("\\]", "").replace("$", "").strip()


def _boxed(text: str) -> str | None:
    from rmcompose.primitives.mathematics.answer import find_answer

    answer = find_answer(text)
    return unstyled(answer.own) if answer.mode == "boxed" and answer.own else None


def _marked(text: str) -> str | None:
    from rmcompose.primitives.mathematics.answer import marked_line

    return marked_line(text)


def _json(text: str, key: str) -> str | None:
    """What the last JSON object with that key says, a text as it is and any other value as JSON."""
    decoder = json.JSONDecoder()
    at = len(text)
    for _ in range(_MOST_OBJECTS):
        at = text.rfind("{", 0, at)
        if at < 0:
            return None
        try:
            found: Any = decoder.raw_decode(text, at)[0]
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and found.get(key) is not None:
            return found[key] if isinstance(found[key], str) else json.dumps(found[key], ensure_ascii=False)
    return None
