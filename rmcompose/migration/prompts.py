"""A prompt template of OpenJudge: its text, the fields in braces, and the scale that it asks for."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from rmcompose.migration.findings import Findings, kind_of, number, shown
from rmcompose.migration.spec import Range

_HOLE = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)
_SCALE = re.compile(
    r"\b(?:between|from)\s+(-?\d+(?:\.\d+)?)\s+(?:and|to)\s+(-?\d+(?:\.\d+)?)"
    r"|\b(-?\d+(?:\.\d+)?)\s*(?:-|\N{EN DASH}|to)\s*(\d+(?:\.\d+)?)\b(?!\s*(?:words|sentences|characters))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Template:
    """`text` and `system` still hold their `{field}`s; `range` is the scale."""

    text: str
    system: str
    fields: tuple[str, ...]
    range: Range

    @staticmethod
    def filled(text: str, names: Mapping[str, str]) -> str:
        """The text with each field called by its name instead of holding its value."""

        def name(hole: re.Match[str]) -> str:
            if hole.group(1) is None:
                return hole.group()[0]
            return f"(see {names[hole.group(1)]})" if hole.group(1) in names else hole.group()

        return _HOLE.sub(name, text)


def read_template(kwargs: dict[str, Any], known: Collection[str], what: str, found: Findings) -> Template | None:
    """The template of a grader's arguments; None after an error.

    Arguments that are not `known` are constants that the template may hold; `min_score` and `max_score` are the scale.
    """
    messages = _messages(kwargs.get("template"), str(kwargs.get("language") or "en"), what, found)
    if messages is None:
        return None
    constants = {}
    for key, one in kwargs.items():
        if key in known or key in ("min_score", "max_score"):
            continue
        if isinstance(one, str | int | float):
            constants[key] = str(one)
        else:
            found.error(f"{what}: {shown(key)} is {kind_of(one)}, and cannot be put into the template")
    system = _constant("\n\n".join(text for role, text in messages if role == "system"), constants)
    text = _constant("\n\n".join(text for role, text in messages if role != "system"), constants)
    if not text.strip():
        found.error(f"{what}: its `template` has no message for the model")
        return None
    both = f"{system}\n{text}"
    for key in constants:
        if f"{{{key}}}" not in "".join(one for _, one in messages):
            found.note(f"{what}: {shown(key)} is left out, the template does not hold it")
    holes = dict.fromkeys(hole.group(1) for hole in _HOLE.finditer(both) if hole.group(1) is not None)
    if not holes:
        found.error(f"{what}: its `template` shows nothing of the sample: `{{response}}` would be the response")
        return None
    scale = _range(kwargs, both, what, found)
    return Template(text, system, tuple(holes), scale) if scale is not None else None


def _messages(template: Any, language: str, what: str, found: Findings) -> list[tuple[str, str]] | None:
    if isinstance(template, str):
        return [("user", textwrap.dedent(template))]
    if isinstance(template, Mapping):
        template = template.get("messages", template)
    if isinstance(template, Mapping) and ("user" in template or "system" in template):
        template = [{"role": role, "content": template[role]} for role in ("system", "user") if role in template]
    if isinstance(template, Mapping):
        template = template.get(language.lower(), template.get("en", next(iter(template.values()), None)))
    if not isinstance(template, list | tuple) or not template:
        found.error(f"{what}: its `template` is {kind_of(template)}, not a text or messages")
        return None
    messages = []
    for one in template:
        role, content = (one.get("role", "user"), one.get("content")) if isinstance(one, Mapping) else ("user", one)
        if not isinstance(content, str) or not isinstance(role, str):
            found.error(f"{what}: a message of its `template` has no text")
            return None
        messages.append((role, textwrap.dedent(content)))
    return messages


def _constant(text: str, constants: Mapping[str, str]) -> str:
    """The text with the constants in it, their braces kept as text."""

    def value(hole: re.Match[str]) -> str:
        known = constants.get(hole.group(1)) if hole.group(1) is not None else None
        return hole.group() if known is None else known.replace("{", "{{").replace("}", "}}")

    return _HOLE.sub(value, text)


def _range(kwargs: dict[str, Any], text: str, what: str, found: Findings) -> Range | None:
    if "min_score" in kwargs or "max_score" in kwargs:
        low = number(kwargs.get("min_score", 0), f"{what}: `min_score`", found)
        high = number(kwargs.get("max_score", 1), f"{what}: `max_score`", found)
        if low is None or high is None:
            return None
        if low >= high:
            found.error(f"{what}: `min_score` is not below `max_score`")
            return None
        return low, high
    said = {tuple(float(end) for end in match.groups() if end is not None) for match in _SCALE.finditer(text)}
    scales = {pair for pair in said if len(pair) == 2 and pair[0] < pair[1]}
    if len(scales) != 1:
        found.error(f"{what}: the scale of its score is not known: give `min_score` and `max_score` beside `template`")
        return None
    ((low, high),) = scales
    found.note(f"{what}: the scale [{low:g}, {high:g}] is read from the template")
    return low, high
