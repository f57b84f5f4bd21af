"""The light form of a sample that the runtime reads: a row, where its responses are, and fields by name.

Look first at `view`, which recognises a row, then at `SampleView.response`. Nothing is copied and nothing of the row is
changed; what a spec does not read is not looked at.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Sequence
from typing import Any, Final

from rmcompose.data.content import Absent, fields_of, is_conversation, last_user_text, messages_of, prompt_text
from rmcompose.data.errors import RowError, kind_of
from rmcompose.data.mapping import Mapping
from rmcompose.data.shapes import RESPONSE_COLUMNS, Answers, answers_of
from rmcompose.data.steps import ResponseSteps, parts_of, steps_of
from rmcompose.data.traces import Trace, calls_of, trace_of

STANDARD_FIELDS: Final = (
    "id",
    "prompt",
    "messages",
    "response",
    "reference",
    "label",
    "metadata",
    "task_category",
    "source",
    "index",
    "steps",
)
SAMPLE_FIELDS: Final = frozenset({"id", "prompt", "messages", "metadata", "task_category", "source"})
"""The standard fields that are the same for every response of a sample."""

PROMPT_COLUMNS: Final = ("prompt", "question", "instruction")
REFERENCE_COLUMNS: Final = ("reference", "answer", "ground_truth")
ID_COLUMNS: Final = ("unique_id", "id")
_NOTHING_HIDDEN: Final[frozenset[str]] = frozenset()
_NO_FIELDS: Final[dict[str, Any]] = {}


class Missing:
    """The type of `MISSING`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __reduce__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
"""What a field is that a sample does not have; a null counts as missing."""


class SampleView:
    """A sample as the runtime reads it. Made by `view`; `count` is the number of its responses, at least 1."""

    __slots__ = ("_conversation", "_hidden", "_messages", "_own", "_prompt", "_row", "_texts", "_traces", "count")

    def __init__(
        self,
        row: dict[str, Any],
        texts: Sequence[str | Absent],
        own: Sequence[dict[str, Any] | None] | None,
        hidden: frozenset[str],
        conversation: Any,
        traces: Sequence[Trace | None] | None = None,
    ) -> None:
        self.count = len(texts)
        self._row = row
        self._texts = texts
        self._own = own
        self._hidden = hidden
        self._conversation = conversation
        self._traces = traces
        self._prompt: str | Absent | None = None
        self._messages: list[dict[str, Any]] | Absent | None = None

    @property
    def id(self) -> str | None:
        """The sample's id as text, or None where it has none that is text or a number."""
        found = self.sample("id")
        return found if isinstance(found, str) else None

    def sample(self, name: str) -> Any:
        """A field of the sample as a whole, or `MISSING`.

        A standard field, else the column of that name, else the key of that name of the sample's `label`, else of its
        `metadata`. `reference` and `label` are the sample's own; `response` and `index` belong to responses.
        """
        value = self._column(name)
        if value is None:
            value = self._keyed(name, _NO_FIELDS)
        return MISSING if value is None else value

    def response(self, name: str, index: int) -> Any:
        """A field of the response at `index` (0-based), or `MISSING`.

        What the response itself holds wins over what the sample holds: its own field, else the sample's column, else a
        key of its own `label`, of the sample's `label`, of its own `metadata`, of the sample's `metadata`. A
        `reference` in the response's own label wins over the sample's reference, and an own label that is empty counts
        as none. The fields of `SAMPLE_FIELDS` are always the sample's.
        """
        if name == "response":
            text = self._texts[index]
            return MISSING if isinstance(text, Absent) else text
        if name == "index":
            return index
        own = None if self._own is None else self._own[index]
        if own is None or name in SAMPLE_FIELDS:
            return self.sample(name)
        value = None if name in self._hidden else own.get(name)
        if value is None and name == "reference":
            value = _key(own.get("label"), name)
        elif name == "label" and value == {}:
            value = None
        if value is None:
            value = self._column(name)
        if value is None:
            value = self._keyed(name, own)
        return MISSING if value is None else value

    def lookup(self, path: tuple[str, ...], index: int | None = None) -> Any:
        """What a dotted path leads to, or `MISSING`: `from label.gold.0` is `("label", "gold", "0")`.

        The first word is a field as in `response` (or in `sample`, without an index), the following words are keys of
        objects and positions of lists. Where what the response itself holds does not have the rest of the path, the
        sample's field is tried, then the column as it is written in the row, then a column with the dots in its name.

        `response.tool_calls` and `response.messages` are what the response did, in whatever shape it is given (see
        `tool_calls` and `messages_of_response`).
        """
        first, rest = path[0], path[1:]
        value = self.sample(first) if index is None else self.response(first, index)
        if not rest:
            return value
        if first == "response" and index is not None and rest[0] in _DONE:
            done: Any = self.tool_calls(index) if rest[0] == "tool_calls" else self.messages_of_response(index)
            value = _walk(done, rest[1:])
        else:
            value = _walk(value, rest)
        if value is None and index is not None:
            value = _walk(self.sample(first), rest)
        if value is None:
            value = _walk(self._row.get(first), rest)
        if value is None:
            value = self._row.get(".".join(path))
        return MISSING if value is None else value

    def tool_calls(self, index: int) -> list[Any] | None:
        """The tool calls of the response, in order, or None where it makes none.

        Those of its message; where it is made of several messages, of all of them; where it ends a conversation, of
        all that follow the last message of the user. Calls that are written in its text are not looked for.
        """
        trace = None if self._traces is None else self._traces[index]
        own = None if self._own is None else self._own[index]
        if trace is not None:
            messages = trace_of(trace.messages[trace.start :])
            return [call for message in messages for call in message.get("tool_calls", ())] or None
        return None if own is None else calls_of(own) or None

    def messages_of_response(self, index: int) -> list[dict[str, Any]] | None:
        """The messages in which the response came about, plain (see `traces.trace_of`), or None.

        Where it is made of several messages (with steps, as the output of an API, as a conversation) these; else the
        conversation, and the response at its end.
        """
        trace = None if self._traces is None else self._traces[index]
        if trace is not None:
            return trace_of(trace.messages)
        before = self._read_messages()
        own = None if self._own is None else self._own[index]
        text = self._texts[index]
        if before is None or (isinstance(text, Absent) and own is None):
            return None
        last: dict[str, Any] = {"role": "assistant", "content": None if isinstance(text, Absent) else text}
        calls = [] if own is None else calls_of(own)
        return trace_of([*before, {**last, "tool_calls": calls} if calls else last])

    def own(self, index: int) -> dict[str, Any]:
        """What the response at `index` holds itself, apart from its text: a new dict, empty for a plain text."""
        own = None if self._own is None else self._own[index]
        return {name: value for name, value in (own or {}).items() if name not in self._hidden and value is not None}

    def steps(self, index: int, path: tuple[str, ...] = ("steps",)) -> ResponseSteps | Absent:
        """The steps of the response at `index`, or why there are none; `path` leads to them, as in `lookup`."""
        found = self.lookup(path, index)
        if found is MISSING:
            return Absent(self.why(".".join(path), index))
        return steps_of(found, index, self.count, f"`{'.'.join(path)}`")

    def why(self, name: str, index: int | None = None) -> str:
        """Why a field is missing: it is not there, or what is there is not text."""
        found: Any = None
        if name == "response" and index is not None:
            found = self._texts[index]
        elif name == "prompt" and self._read_prompt() is None:
            found = self._prompt
        elif name == "messages" and self._read_messages() is None:
            found = self._messages
        return found.why if isinstance(found, Absent) else f"the sample has no `{name}`"

    def _column(self, name: str) -> Any:
        """A standard field or a column of the row; None where it is missing."""
        standard = _STANDARD.get(name)
        return self._row.get(name) if standard is None else standard(self)

    def _keyed(self, name: str, own: dict[str, Any]) -> Any:
        """A key of a label or of metadata, the response's own before the sample's; None where it is missing."""
        if name in _NEVER_KEYED:
            return None
        for holder in ("label", "metadata"):
            for fields in (own, self._row):
                value = _key(fields.get(holder), name)
                if value is not None:
                    return value
        return None

    def _read_id(self) -> str | None:
        return _id_text(_first(self._row, ID_COLUMNS))

    def _read_reference(self) -> Any:
        return _first(self._row, REFERENCE_COLUMNS)

    def _read_prompt(self) -> str | None:
        if self._prompt is None:
            self._prompt = self._find_prompt()
        return None if isinstance(self._prompt, Absent) else self._prompt

    def _find_prompt(self) -> str | Absent:
        name = _prompt_column(self._row)
        if self._conversation is not None and name != "prompt":
            return prompt_text(self._conversation, "the conversation")
        if name is not None:
            return prompt_text(self._row[name], f"`{name}`")
        messages = self._row.get("messages")
        return Absent("the sample has no `prompt`") if messages is None else last_user_text(messages, "`messages`")

    def _read_messages(self) -> list[dict[str, Any]] | None:
        if self._messages is None:
            self._messages = self._find_messages()
        return None if isinstance(self._messages, Absent) else self._messages

    def _find_messages(self) -> list[dict[str, Any]] | Absent:
        name = _prompt_column(self._row)
        if is_conversation(self._conversation):
            return messages_of(self._conversation, "the conversation")
        if self._row.get("messages") is not None:
            return messages_of(self._row["messages"], "`messages`")
        if name is not None and is_conversation(self._row[name]):
            return messages_of(self._row[name], f"`{name}`")
        text = self._read_prompt()
        return Absent(self.why("prompt")) if text is None else [{"role": "user", "content": text}]


class _MappedView(SampleView):
    """A view some of whose fields are read from other places of the row."""

    __slots__ = ("_paths", "_unmapped")

    def __init__(self, row: dict[str, Any], answers: Answers, paths: dict[str, tuple[str, ...]]) -> None:
        self._paths = paths
        self._unmapped = SampleView(row, *answers)
        found = {name: self._unmapped.lookup(path) for name, path in paths.items()}
        # the row as it would be with the mapped fields as columns: label and metadata keys are then found by themselves
        super().__init__({**row, **{name: None if found[name] is MISSING else found[name] for name in paths}}, *answers)
        if "messages" in paths:
            self._conversation = self._row["messages"]
            if self._conversation is None:
                self._messages = Absent(self._led_nowhere("messages"))
        if "prompt" in paths:
            if self._row["prompt"] is None:
                self._prompt = Absent(self._led_nowhere("prompt"))
            elif "messages" not in paths and is_conversation(self._row["prompt"]):
                self._conversation = self._row["prompt"]

    def sample(self, name: str) -> Any:
        path = self._paths.get(name)
        if path is None or name in _PREPARED:
            return super().sample(name)
        return self._as_field(name, self._unmapped.lookup(path))

    def response(self, name: str, index: int) -> Any:
        path = self._paths.get(name)
        if path is None or name in _PREPARED:
            return super().response(name, index)
        return self._as_field(name, self._unmapped.lookup(path, index))

    def why(self, name: str, index: int | None = None) -> str:
        return self._led_nowhere(name) if name in self._paths and name not in _PREPARED else super().why(name, index)

    def _as_field(self, name: str, value: Any) -> Any:
        if name != "id" or value is MISSING:
            return value
        text = _id_text(value)
        return MISSING if text is None else text

    def _led_nowhere(self, name: str) -> str:
        return f"the sample has no `{'.'.join(self._paths[name])}`, to which `{name}` is mapped"


_STANDARD: Final[dict[str, abc.Callable[[SampleView], Any]]] = {
    "id": SampleView._read_id,
    "prompt": SampleView._read_prompt,
    "messages": SampleView._read_messages,
    "reference": SampleView._read_reference,
    "response": lambda _: None,
    "index": lambda _: None,
}
_DONE: Final = frozenset({"tool_calls", "messages"})
"""What `response.…` finds in every shape of a response."""
_NEVER_KEYED: Final = frozenset({"id", "prompt", "messages", "response", "index", "metadata"})
_PREPARED: Final = frozenset({"prompt", "messages"}) | RESPONSE_COLUMNS
"""Mapped fields which the view works out when it is made."""


def view(row: Any, mapping: Mapping | None = None) -> SampleView:
    """The view of a row: a dict of any recognised shape (see `shapes.py`) or a `DataSample`.

    The prompt is the text of the last message of the user, from `prompt`, else `question`, else `instruction` (not
    where a filled `input` stands beside it, which would be part of the prompt), else the messages. The reference is
    `reference`, else `answer`, else `ground_truth`. The id is `unique_id`, else `id`.

    Raises:
        RowError: the row is not an object, has no response, or one of its responses is not text.
    """
    if type(row) is not dict:
        row = _as_dict(row)
    if mapping:
        return _mapped(row, mapping)
    # the two commonest shapes are told apart here, for the sake of trainers that score many rows a second
    response, responses = row.get("response"), row.get("responses")
    if row.get("completions") is None:
        if responses is None:
            if type(response) is str:
                return SampleView(row, (response,), None, _NOTHING_HIDDEN, None)
        elif response is None and type(responses) is list and responses:
            for one in responses:
                if type(one) is not str:
                    break
            else:
                return SampleView(row, responses, None, _NOTHING_HIDDEN, None)
    return SampleView(row, *answers_of(row))


def step_field(steps: ResponseSteps, number: int, path: tuple[str, ...]) -> Any:
    """A field of the step at `number` (0-based), or `MISSING`: `step`, `step_index`, `previous_steps`, and paths.

    After `step` the words are keys of what the row holds for the step: `("step", "label")`.
    """
    first, *rest = path
    if first == "step_index":
        return number
    if first == "previous_steps":
        texts = steps.texts[:number]
        value = None if any(isinstance(one, Absent) for one in texts) else _walk(texts, tuple(rest))
    elif rest:
        value = _walk(steps.held[number], tuple(rest))
        if rest == ["label"] and isinstance(value, dict) and value.keys() == {"label"}:
            value = value["label"]  # a label that is no object, as a `DataSample` holds it
    else:
        text = steps.texts[number]
        value = None if isinstance(text, Absent) else text
    return MISSING if value is None else value


def _mapped(row: dict[str, Any], mapping: Mapping) -> SampleView:
    """A view whose responses, too, are read where the mapping says."""
    paths = mapping.paths
    source = row
    if not RESPONSE_COLUMNS.isdisjoint(paths):
        pair = {name: row.get(name) for name in ("chosen", "rejected")} if {"chosen", "rejected"} & paths.keys() else {}
        found = {name: _place(row, path) for name, path in paths.items() if name in RESPONSE_COLUMNS}
        lost = next((name for name, value in found.items() if value is None), None)
        if lost is not None:
            raise RowError(f"no response: the row has no `{'.'.join(paths[lost])}`, to which `{lost}` is mapped")
        # the row's other columns may hold responses too, but the mapping has said which are meant
        kept = {name: value for name, value in row.items() if name not in RESPONSE_COLUMNS}
        source = {**kept, **pair, **found}
    elif "steps" in paths and not RESPONSE_COLUMNS & row.keys():
        source = {**row, "steps": _place(row, paths["steps"])}
    return _MappedView(row, answers_of(source), paths)


def _place(row: dict[str, Any], path: tuple[str, ...]) -> Any:
    value = _walk(row, path)
    return row.get(".".join(path)) if value is None else value


def _as_dict(row: Any) -> dict[str, Any]:
    fields = dict(row) if isinstance(row, abc.Mapping) else fields_of(row)
    if fields is None:
        raise RowError(f"a row must be an object, this is {kind_of(row)}")
    return fields


def _walk(value: Any, path: tuple[str, ...]) -> Any:
    """What a path leads to from a value, or None; after a text, `paragraphs` and `lines` are its parts."""
    for part in path:
        if isinstance(value, str):
            value = parts_of(value, part)
        elif isinstance(value, (list, tuple)):
            position = int(part) if part.isdecimal() and len(part) < 10 else len(value)
            value = value[position] if position < len(value) else None
        else:
            value = _key(value, part)
        if value is None:
            return None
    return value


def _key(holder: Any, name: str) -> Any:
    fields = fields_of(holder)
    return None if fields is None else fields.get(name)


def _first(row: dict[str, Any], names: tuple[str, ...]) -> Any:
    for name in names:
        value = row.get(name)
        if value is not None:
            return value
    return None


def _id_text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _prompt_column(row: dict[str, Any]) -> str | None:
    """The column that holds the prompt, if one does."""
    for name in PROMPT_COLUMNS:
        if row.get(name) is not None and not (name == "instruction" and row.get("input")):
            return name
    return None
