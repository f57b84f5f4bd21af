"""Which of the known shapes a row has: where its responses are, and what belongs to each of them.

Known are `response | responses | completions` (or, where none of these is given, `completion`, a text `output`, or
`chosen` with `rejected`), the native `output` list of a `DataSample`, bare `messages` that end with the assistant, or
with what its tool calls gave back, and `steps` without any of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rmcompose.data.content import Absent, fields_of, last_assistant, text_of
from rmcompose.data.errors import RowError, kind_of
from rmcompose.data.steps import joined
from rmcompose.data.traces import Trace, after_the_user, calls_of, ends_with_results

RESPONSE_COLUMNS = frozenset({"response", "responses", "completions", "completion", "output", "chosen", "rejected"})
"""The columns that may hold the responses."""

_CONTENT_KEYS = ("content", "text", "response", "answer")
_NO_RESPONSE = "no response: expected `response`, `responses`, `completions`, `chosen` and `rejected`, or `output`"
_NATIVE_HIDDEN = frozenset({"role", "content", "name", "time_created", "reward"})
"""What a native answer holds that is not data about the response: earlier rewards above all."""


class Answers(NamedTuple):
    """The responses of a row.

    `texts` holds the text of each, or why there is none; `own` the fields of each that is an object (None where all
    are plain texts); `hidden` the names of those fields that cannot be read by name; `conversation` the messages that
    the responses answer where the shape itself says so; `traces` the messages of each response that is made of
    several (None where none is).
    """

    texts: Sequence[str | Absent]
    own: Sequence[dict[str, Any] | None] | None
    hidden: frozenset[str]
    conversation: Any
    traces: Sequence[Trace | None] | None = None


class _Answer(NamedTuple):
    """One response: its text, its own fields where it is an object, which of these hold the text, its messages."""

    text: str | Absent
    own: dict[str, Any] | None = None
    hidden: frozenset[str] = frozenset()
    trace: Trace | None = None


def answers_of(row: dict[str, Any]) -> Answers:
    """The responses of a row of any known shape.

    Raises:
        RowError: there is no response, or what should be one is not.
    """
    given = [name for name in ("response", "responses", "completions") if row.get(name) is not None]
    if len(given) > 1:
        raise RowError(f"both `{given[0]}` and `{given[1]}` are given")
    if given == ["response"]:
        return _single(row["response"], "response")
    if given:
        return _several(row[given[0]], given[0])
    if row.get("completion") is not None:
        return _single(row["completion"], "completion")
    output = row.get("output")
    if isinstance(output, (list, tuple)):
        return _native(row, output)
    chosen, rejected = row.get("chosen"), row.get("rejected")
    if chosen is not None and rejected is not None:
        return _pair(row, chosen, rejected)
    if output is not None:
        return _single(output, "output")
    if chosen is not None or rejected is not None:
        lone, other = ("chosen", "rejected") if rejected is None else ("rejected", "chosen")
        raise RowError(f"`{lone}` is given without `{other}`")
    messages = row.get("messages")
    last = last_assistant(messages)
    if isinstance(messages, (list, tuple)) and last is not None and ends_with_results(messages, last):
        answers = _single(messages[last : last + 1], "messages")
        return answers._replace(conversation=messages[:last], traces=(_whole(messages),))
    steps = row.get("steps")
    if isinstance(steps, (list, tuple)) and steps:
        return _of_steps(steps)
    raise RowError(_NO_RESPONSE)


def _of_steps(steps: Sequence[Any]) -> Answers:
    """The responses of a row that holds their steps alone: the texts of the steps, a blank line between them."""
    each = steps if all(isinstance(one, (list, tuple)) for one in steps) else [steps]
    return Answers([joined(one) for one in each], None, frozenset(), None)


def _single(value: Any, name: str) -> Answers:
    text, own, hidden, trace = _answer(value, f"`{name}`")
    return Answers((text,), None if own is None else (own,), hidden, None, None if trace is None else (trace,))


def _several(value: Any, name: str) -> Answers:
    if not isinstance(value, (list, tuple)):
        raise RowError(f"`{name}` is {kind_of(value)}, not a list")
    if not value:
        raise RowError(f"no response: `{name}` is empty")
    texts: list[str | Absent] = []
    owns: list[dict[str, Any] | None] = []
    traces: list[Trace | None] = []
    hidden: frozenset[str] = frozenset()
    for number, one in enumerate(value, start=1):
        text, own, names, trace = _answer(one, f"item {number} of `{name}`")
        texts.append(text)
        owns.append(own)
        traces.append(trace)
        hidden |= names
    return Answers(
        texts,
        owns if any(own is not None for own in owns) else None,
        hidden,
        None,
        traces if any(trace is not None for trace in traces) else None,
    )


def _pair(row: dict[str, Any], chosen: Any, rejected: Any) -> Answers:
    both = _several([chosen, rejected], "chosen, rejected")
    if row.get("prompt") is None and row.get("messages") is None:
        # preference data with an implicit prompt: each side is a whole conversation
        last = last_assistant(chosen)
        if last:
            traces = [_whole(side) if isinstance(side, (list, tuple)) else None for side in (chosen, rejected)]
            return both._replace(conversation=chosen[:last], traces=traces)
    return both


def _native(row: dict[str, Any], output: Sequence[Any]) -> Answers:
    if not output:
        raise RowError("no response: `output` is empty")
    texts: list[str | Absent] = []
    owns: list[dict[str, Any] | None] = []
    traces: list[Trace | None] = []
    for number, one in enumerate(output, start=1):
        fields = fields_of(one)
        answer = None if fields is None else fields_of(fields.get("answer"))
        if fields is None or answer is None:
            raise RowError(f"item {number} of `output` has no `answer`")
        texts.append(_content(answer, "content", f"the answer of item {number} of `output`"))
        steps = fields.get("steps")
        owns.append(answer if steps is None else {**answer, "steps": steps})
        traces.append(Trace([*steps, answer]) if isinstance(steps, (list, tuple)) and steps else None)
    return Answers(texts, owns, _NATIVE_HIDDEN, row.get("input"), traces)


def _whole(messages: Sequence[Any]) -> Trace:
    """A conversation that runs up to the response: the response's own messages are those behind the user's last."""
    return Trace(messages, after_the_user(messages))


def _answer(value: Any, what: str) -> _Answer:
    if isinstance(value, str):
        return _Answer(value)
    if value is None:
        return _Answer(Absent(f"{what} is null"))
    if isinstance(value, (list, tuple)):
        return _listed(value, what)
    fields = fields_of(value)
    if fields is None:
        raise RowError(f"{what} is {kind_of(value)}, not text")
    if isinstance(fields.get("output"), (list, tuple)):
        return _model_output(fields, what)
    present = [key for key in _CONTENT_KEYS if key in fields]
    if not present and not calls_of(fields):
        raise RowError(f"{what} has no text: expected `content`, `text`, `response` or `answer`")
    key = next((key for key in present if fields[key] is not None), present[0] if present else "content")
    return _Answer(_content(fields, key, what), fields, frozenset({"role", key}))


def _model_output(fields: dict[str, Any], what: str) -> _Answer:
    """A response as OpenAI's Responses API gives it: `output` holds messages beside tool calls and reasoning."""
    output = fields["output"]
    last = last_assistant(output)
    message = None if last is None else fields_of(output[last])
    text = Absent(f"{what} has no message of the assistant") if message is None else _text(message.get("content"), what)
    return _Answer(text, fields, frozenset({"role", "output", "text"}), Trace(output))


def _listed(value: Sequence[Any], what: str) -> _Answer:
    """A response written as messages (the last of the assistant is meant) or as the parts of one content."""
    items = [fields_of(item) for item in value]
    if not any(item is not None and ("role" in item or "type" in item) for item in items):
        raise RowError(f"{what} is a list, not text: several responses are given as `responses`")
    if all(item is None or "role" not in item for item in items):
        return _Answer(text_of(value, what))
    last = last_assistant(value)
    if last is None:
        raise RowError(f"{what} has no message of the assistant")
    message = items[last]
    assert message is not None
    return _Answer(_content(message, "content", what), message, frozenset({"role", "content"}), Trace(value))


def _content(fields: dict[str, Any], key: str, what: str) -> str | Absent:
    """The text of a message; a message that only makes tool calls has none, which is not the empty text."""
    content = fields.get(key)
    if content is None and calls_of(fields):
        return Absent(f"{what} has no text, only tool calls")
    return _text(content, what)


def _text(content: Any, what: str) -> str | Absent:
    """The text of a content which is text, parts or null; anything else is no response at all."""
    if content is None or isinstance(content, (str, list, tuple)):
        return text_of(content, what)
    raise RowError(f"{what} is {kind_of(content)}, not text")
