"""Tags in a given order, each once: whether a text keeps to them, and how many of the parts are right."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import TEXT, register, setting

_NAME = re.compile(r"[^\s<>/&\"'][^\s<>&\"']{0,99}")
_MOST_TAGS = 50


def _check_tags(tags: object) -> str | None:
    if not isinstance(tags, list) or not tags:
        return '`tags` must be a list of names, such as ["think", "answer"]'
    if len(tags) > _MOST_TAGS:
        return f"{len(tags)} tags, at most {_MOST_TAGS}"
    odd = next((tag for tag in tags if not isinstance(tag, str) or not _NAME.fullmatch(tag)), None)
    if odd is not None:
        return f"`{str(odd)[:60]}` is no name of a tag: write it without angle brackets"
    return "a tag is named twice" if len(set(tags)) < len(tags) else None


_TAGS = setting("the names of the tags in their order, without angle brackets", constant=True, check=_check_tags)
_DEFAULT = ("think", "answer")


def _names(tags: Any) -> list[str]:
    names = list(_DEFAULT) if tags is None else tags
    fault = _check_tags(names)
    if fault is not None:
        raise RuleError(fault)
    return list(names)


def _fault(text: str, names: list[str], *, allow_outside: bool) -> str:
    """Why the text does not keep to the tags, or nothing."""
    end = 0
    for name in names:
        for tag in (f"<{name}>", f"</{name}>"):
            count = text.count(tag)
            if count != 1:
                return f"`{tag}` occurs {count} times"
            start = text.find(tag)
            if start < end:
                return f"`{tag}` comes too early"
            if not allow_outside and not tag.startswith("</") and text[end:start].strip():
                return f"there is text before `{tag}`"
            end = start + len(tag)
    return "there is text behind the last tag" if not allow_outside and text[end:].strip() else ""


def _prepare_format(tags: Any = None, allow_outside: bool = False) -> Callable[..., bool]:
    names = _names(tags)

    def call(text: str, allow_outside: bool = allow_outside) -> bool:
        return not _fault(text, names, allow_outside=allow_outside)

    return call


def _explain_format(_value: bool, text: str, tags: Any = None, allow_outside: bool = False) -> str:
    return _fault(text, _names(tags), allow_outside=allow_outside) or "every tag once and in order"


@register(
    "tag_format",
    returns="bool",
    arguments={
        "text": TEXT,
        "tags": _TAGS,
        "allow_outside": setting("whether text may stand before, between and behind the tags"),
    },
    prepare=_prepare_format,
    explain=_explain_format,
    example='tag_format(text = "<think>a</think> <answer>b</answer>", tags = ["think", "answer"]) -> true',
)
def tag_format(text: str, tags: list | None = None, allow_outside: bool = False) -> bool:  # type: ignore[type-arg]  # a list of a spec
    """Whether the text is `<tag>…</tag>` for each of the tags, in that order, exactly once, and nothing else.

    White space may stand around them. Left out, the tags are `think` and `answer`. Tags are compared with case and
    have no attributes; what is inside is not looked at, but may not hold one of the tags again. As the format rewards
    of TRL and open-r1, which are satisfied with less.
    """
    return _prepare_format(tags, allow_outside)(text)


def _parts(names: list[str], *, own_lines: bool) -> list[str]:
    """What is counted: each opening and closing tag, with the line ends that open-r1 wants around it."""
    if not own_lines:
        return [tag for name in names for tag in (f"<{name}>", f"</{name}>")]
    parts = [tag for name in names for tag in (f"\n<{name}>\n", f"\n</{name}>\n")]
    return [parts[0][1:], *parts[1:-1], parts[-1][:-1]]


def _prepare_share(tags: Any = None, own_lines: bool = False) -> Callable[[str], float]:
    parts = _parts(_names(tags), own_lines=own_lines)
    return lambda text: sum(text.count(part) == 1 for part in parts) / len(parts)


def _explain_share(_value: float, text: str, tags: Any = None, own_lines: bool = False) -> str:
    parts = _parts(_names(tags), own_lines=own_lines)
    wrong = [part.strip() for part in parts if text.count(part) != 1]
    return f"not once: {', '.join(wrong)}" if wrong else "every tag once"


@register(
    "tag_share",
    aliases=("tag_count_reward",),
    returns="float",
    low=0,
    high=1,
    arguments={
        "text": TEXT,
        "tags": _TAGS,
        "own_lines": setting("whether line ends must stand around a tag, as in open-r1", constant=True),
    },
    prepare=_prepare_share,
    explain=_explain_share,
    example='tag_share(text = "<think>a</think> b</answer>", tags = ["think", "answer"]) -> 0.75',
)
def tag_share(text: str, tags: list | None = None, own_lines: bool = False) -> float:  # type: ignore[type-arg]  # a list of a spec
    """The share of opening and closing tags that occur exactly once; their order does not matter.

    A soft form of `tag_format` for the start of a training. With `own_lines` and the tags `think` and `answer` it is
    the `tag_count_reward` of open-r1 (Hugging Face): a quarter each for `<think>` and a line end, and for `</think>`,
    `<answer>` and `</answer>` with the line ends around them.
    """
    return _prepare_share(tags, own_lines)(text)
