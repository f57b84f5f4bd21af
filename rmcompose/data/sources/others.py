"""Sources without a preference, or with one between solutions in steps: chats, ratings, PRMBench, anything else."""

from __future__ import annotations

from typing import Any

from rmcompose.data.content import fields_of, last_assistant
from rmcompose.data.errors import RowError, kind_of
from rmcompose.data.sources.native import (
    CHOSEN,
    REJECTED,
    Row,
    answer,
    conversation,
    native_row,
    need,
    need_list,
)

ATTRIBUTES = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")
"""What HelpSteer2 rates, 0 to 4."""

_PROMPTS = ("prompt", "question", "input", "text", "instruction")
_ANSWERS = ("response", "answer", "output", "completion")


def native(row: Row) -> list[Row]:
    """A native row, as it is."""
    for place, item in enumerate(need_list(row, "output")):
        fields = fields_of(item)
        if fields is None or fields_of(fields.get("answer")) is None:
            raise RowError(f"`output[{place}].answer` is missing")
    return [row]


def responses(row: Row) -> list[Row]:
    """A prompt with several responses: texts, messages, or objects with a text and fields of their own."""
    name = "responses" if row.get("responses") is not None else "completions"
    output = [answer(one, f"{name}[{place}]", {}) for place, one in enumerate(need_list(row, name))]
    prompt = next((one for one in ("messages", *_PROMPTS) if row.get(one) is not None), None)
    messages = [] if prompt is None else conversation(row[prompt], prompt)
    used = {name} if prompt is None else {name, prompt}
    return [_plain(row, used, messages, output, "responses", "general" if prompt is None else _category(prompt))]


def prmbench(row: Row) -> list[Row]:
    """A right solution in steps and one with errors: `error_steps` counts from 1 the wrong steps of the second."""
    wrong = row.get("error_steps") or []
    if not isinstance(wrong, list | tuple) or any(isinstance(one, bool) or not isinstance(one, int) for one in wrong):
        raise RowError("`error_steps` is not a list of whole numbers")
    output = []
    for name, kind, preference in (
        ("original_process", "original_correct", CHOSEN),
        ("modified_process", "modified", REJECTED),
    ):
        texts = need_list(row, name)
        if not all(isinstance(text, str) for text in texts):
            raise RowError(f"`{name}` is not a list of texts")
        bad = set(wrong) if preference == REJECTED else set()
        beyond = [one for one in bad if not 1 <= one <= len(texts)]
        if beyond:
            raise RowError(f"`error_steps` names step {beyond[0]}, and `{name}` has {len(texts)}")
        steps = [
            {
                "role": "assistant",
                "content": text,
                "label": {"correctness": "error" if at in bad else "correct", "step_idx": at},
            }
            for at, text in enumerate(texts, start=1)
        ]
        item = answer("\n".join(texts), name, {"process_type": kind, "preference": preference})
        output.append({**item, "steps": steps})
    messages = conversation(need(row, "question"), "question")
    classified = row.get("classification")
    return [
        native_row(
            row,
            used={"question", "original_process", "modified_process", "error_steps", "idx"},
            messages=messages,
            output=output,
            source="prmbench",
            category=classified if isinstance(classified, str) else "reasoning",
            sample_id=row.get("idx"),
            metadata={"error_steps": list(wrong), "subset": classified},
        )
    ]


def rated(row: Row) -> list[Row]:
    """HelpSteer2: a response with five ratings, which are its label."""
    label = {name: row[name] for name in ATTRIBUTES if row.get(name) is not None}
    for name, value in label.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RowError(f"`{name}` is {kind_of(value)}, not a number")
    output = [answer(need(row, "response"), "response", label)]
    messages = conversation(need(row, "prompt"), "prompt")
    return [_plain(row, {"prompt", "response", *ATTRIBUTES}, messages, output, "helpsteer2_pointwise", "chat")]


def chat_message(row: Row) -> list[Row]:
    """`messages`: the assistant's last is the response, those before it the conversation."""
    messages = conversation(need(row, "messages"), "messages")
    last = last_assistant(messages)
    if last is None:
        raise RowError("`messages` has no message of the assistant")
    output = [answer(messages[last], f"messages[{last}]", {})]
    return [_plain(row, {"messages"}, messages[:last], output, "chat_message", "chat")]


def generic(row: Row) -> list[Row]:
    """Anything with a prompt and a response under one of their usual names."""
    if row.get("messages") is not None and all(row.get(name) is None for name in _ANSWERS):
        return chat_message(row)
    prompt = next((name for name in ("messages", *_PROMPTS) if row.get(name) is not None), None)
    if prompt is None:
        raise RowError(f"no prompt: expected one of {_listed(('messages', *_PROMPTS))}")
    given = next((name for name in _ANSWERS if row.get(name) is not None), None)
    if given is None:
        raise RowError(f"no response: expected one of {_listed(_ANSWERS)}")
    output = [answer(row[given], given, {})]
    return [_plain(row, {prompt, given}, conversation(row[prompt], prompt), output, "generic", _category(prompt))]


def _plain(row: Row, used: set[str], messages: list[Any], output: list[Row], source: str, category: str) -> Row:
    sample_id = next((row[name] for name in ("unique_id", "id") if row.get(name) not in (None, "")), None)
    return native_row(
        row,
        used=used | {"unique_id", "id"},
        messages=messages,
        output=output,
        source=source,
        category=category,
        sample_id=sample_id,
    )


def _category(prompt: str) -> str:
    return {"messages": "chat", "question": "qa", "instruction": "instruction_following"}.get(prompt, "general")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
