"""Whether a reply has the tags of a reasoning format: RM-Gallery's two format rules, in time linear in the text."""

from __future__ import annotations

import json

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import TEXT, register, setting


@register(
    "reasoning_format",
    aliases=("format_reward",),
    returns="float",
    low=0,
    high=1,
    cost=0,
    arguments={
        "text": TEXT,
        "think_token": setting("the name of the tag around the reasoning"),
        "answer_token": setting("the name of the tag around the answer"),
    },
    example='reasoning_format(text = "<think>a</think><answer>b</answer>") -> 1.0',
    quirks=(
        "Order, repeats and text around the tags do not matter. RM-Gallery reads the names of the tags as regular "
        "expressions; here they are plain names."
    ),
)
def reasoning_format(text: str, think_token: str = "think", answer_token: str = "answer") -> float:  # noqa: S107
    """1 where `<think>…</think>` and `<answer>…</answer>` both occur somewhere, else 0 (RM-Gallery)."""
    return float(_has(text, think_token) and _has(text, answer_token))


@register(
    "reasoning_tool_call_format",
    aliases=("tool_call_format",),
    returns="float",
    low=0,
    high=1,
    arguments={"text": TEXT},
    example='reasoning_tool_call_format(text = "<think>a</think> <answer>b</answer>") -> 1.0',
    quirks=(
        "Text between two tool calls is not noticed. A tool call that is JSON but no object, which crashes RM-Gallery, "
        "is unscored unless it is a list or text that lacks the two keys, which is 0."
    ),
)
def reasoning_tool_call_format(text: str) -> float:
    """1 where the text is one reasoning followed by either one answer or tool calls, else 0 (RM-Gallery).

    The reasoning is `<think>…</think>`, exactly once and first. Then comes either exactly one `<answer>…</answer>`, or
    `<tool_call>…</tool_call>` one or more times, each a JSON object with `name` and `arguments`; nothing else.
    """
    if not _has(text, "think"):
        return 0.0
    calls = bodies(text, "tool_call")
    if _has(text, "answer"):
        return float(not calls and _is_answer(text.strip()))
    return float(bool(calls) and _is_calls(text.strip()) and all(_is_call(body) for body in calls))


def _has(text: str, tag: str) -> bool:
    start = text.find(f"<{tag}>")
    return start >= 0 and text.find(f"</{tag}>", start + len(tag) + 2) >= 0


def bodies(text: str, tag: str) -> list[str]:
    """What `<tag>(.*?)</tag>` finds, without its quadratic time where a tag is never closed."""
    opening, closing = f"<{tag}>", f"</{tag}>"
    found = []
    end = 0
    while (start := text.find(opening, end)) >= 0:
        start += len(opening)
        stop = text.find(closing, start)
        if stop < 0:
            break
        found.append(text[start:stop])
        end = stop + len(closing)
    return found


def _after_reasoning(text: str) -> str | None:
    """What follows the reasoning, or None where the text does not begin with one or holds a second tag of it."""
    if not text.startswith("<think>") or text.count("<think>") != 1 or text.count("</think>") != 1:
        return None
    return text.partition("</think>")[2].lstrip()


def _is_answer(text: str) -> bool:
    rest = _after_reasoning(text)
    if rest is None or text.count("<answer>") != 1 or text.count("</answer>") != 1:
        return False
    return rest.startswith("<answer>") and rest.endswith("</answer>")


def _is_calls(text: str) -> bool:
    rest = _after_reasoning(text)
    if rest is None or not rest.startswith("<tool_call>") or not rest.endswith("</tool_call>"):
        return False
    if text.count("<tool_call>") != text.count("</tool_call>"):
        return False
    # a tag that follows itself directly; splitting at the tag leaves white space between the two
    return not any(any(not part.strip() for part in text.split(tag)[1:-1]) for tag in ("<tool_call>", "</tool_call>"))


def _is_call(body: str) -> bool:
    try:
        call = json.loads(body.strip())
    except json.JSONDecodeError:
        return False
    except (RecursionError, ValueError):
        raise RuleError("a tool call holds JSON that is too deep or too long to read") from None
    if isinstance(call, dict):
        return "name" in call and "arguments" in call
    if isinstance(call, list | str) and not ("name" in call and "arguments" in call):
        return False
    raise RuleError("a tool call is JSON but not an object")
