"""Sources that say which of several responses is better: the label of an answer has its `preference`.

Formats: allenai/reward-bench and reward-bench-2, THU-KEG/RM-Bench, Zhou-Zoey/RMB, ScalerLab/JudgeBench,
nvidia/HelpSteer2 and HelpSteer3, princeton-nlp/LLMBar, as their files are published.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    need_text,
    number,
)
from rmcompose.data.traces import after_the_user

_IDS = ("unique_id", "id", "pair_id", "pair_uid", "bon_uid", "idx")


def pair(row: Row) -> list[Row]:
    """`{prompt, chosen, rejected}`; without a prompt each side is a whole conversation."""
    chosen, rejected = need(row, CHOSEN), need(row, REJECTED)
    name = next((one for one in ("prompt", "messages", "question", "instruction") if row.get(one) is not None), None)
    if name is not None:
        messages = conversation(row[name], name)
    elif isinstance(chosen, list | tuple) and (last := last_assistant(chosen)):
        messages = list(chosen[: min(last, after_the_user(chosen)) or last])
    else:
        raise RowError("`prompt` is missing")
    output = [answer(chosen, CHOSEN, _preferred(1)), answer(rejected, REJECTED, _preferred(0))]
    used = {CHOSEN, REJECTED, *_IDS, *(() if name is None else (name,))}
    return [_row(row, used, messages, output, "rewardbench", "conversation")]


def rewardbench2(row: Row) -> list[Row]:
    """A list of chosen and one of rejected responses, with the subset and the counts of both."""
    return [_lists(row, "rewardbench2", "conversation", {"num_correct": row.get("num_correct")})]


def rmbench(row: Row) -> list[Row]:
    """Three chosen and three rejected responses: concise, detailed, and detailed with Markdown."""
    domain = need_text(row, "domain")
    return [_lists(row, "rmbench", domain, {"subset": domain, "domain": domain})]


def rmb_pair(row: Row) -> list[Row]:
    """`conversation_input` with one `chosen` and one `reject`, each `{llm_name, answer}`."""
    output = [_by_model(row[name], name, _preferred(good)) for name, good in _sides(row, "chosen", "reject")]
    return [_rmb(row, {"chosen", "reject"}, output, "rmbbenchmark_pairwise")]


def best_of_n(row: Row) -> list[Row]:
    """`conversation_input` with `bon_best` and the responses that it is better than, `loser_list`."""
    output = [_by_model(need(row, "bon_best"), "bon_best", {**_preferred(1), "type": "bon_best"})]
    losers = need_list(row, "loser_list")
    output += [
        _by_model(one, f"loser_list[{place}]", {**_preferred(0), "type": "loser"}) for place, one in enumerate(losers)
    ]
    return [_rmb(row, {"bon_best", "loser_list"}, output, "rmbbenchmark_bestofn")]


def judgebench(row: Row) -> list[Row]:
    """`question`, `response_A`, `response_B` and a label `A>B`, `B>A` or `A=B`."""
    label = need_text(row, "label").replace(" ", "")
    if label not in ("A>B", "B>A", "A=B"):
        raise RowError(f"`label` is `{label[:20]}`: expected `A>B`, `B>A` or `A=B`")
    better = {"A>B": 0, "B>A": 1}.get(label)
    names = ("response_A", "response_B")
    output = [
        answer(need(row, name), name, {"response_type": name[-1], **_at(place, better)})
        for place, name in enumerate(names)
    ]
    told = {"label": label, "source": row.get("source"), "pair_id": row.get("pair_id")}
    used = {"question", "label", "source", *names, *_IDS}
    messages = conversation(need(row, "question"), "question")
    return [_row(row, used, messages, output, "judgebench", "pairwise_comparison", told)]


def helpsteer2(row: Row) -> list[Row]:
    """`response_1`, `response_2` and a `preference_strength`, below 0 for the first: in both orders, as two rows."""
    strength = number(row, "preference_strength")
    better = None if strength == 0 else int(strength > 0)
    names = ("response_1", "response_2")
    messages = conversation(need(row, "prompt"), "prompt")
    rows = []
    for order, kind in ((names, "original_order"), (names[::-1], "swapped_order")):
        at = None if better is None else order.index(names[better])
        output = [
            answer(need(row, name), name, {"response_type": "AB"[place], **_at(place, at)})
            for place, name in enumerate(order)
        ]
        told = {"preferred": "tie" if at is None else "AB"[at], "sample_type": kind}
        used = {"prompt", *names, *_IDS}
        rows.append(_row(row, used, messages, output, "helpsteer2_pairwise", "chat_pairwise", told))
    return rows


def helpsteer3(row: Row) -> list[Row]:
    """`context`, `response1`, `response2` and an `overall_preference` from -3 (the first) to 3 (the second)."""
    strength = number(row, "overall_preference")
    better = None if strength == 0 else int(strength > 0)
    names = ("response1", "response2")
    output = [
        answer(need(row, name), name, {"response_type": "AB"[place], **_at(place, better)})
        for place, name in enumerate(names)
    ]
    told = {"preferred": "tie" if better is None else "AB"[better], "subset": row.get("domain")}
    messages = conversation(need(row, "context"), "context")
    return [_row(row, {"context", *names, *_IDS}, messages, output, "helpsteer3_preference", "chat_pairwise", told)]


def llmbar(row: Row) -> list[Row]:
    """`input`, `output_1`, `output_2` and a label, 1 or 2: which output is better."""
    label = need(row, "label")
    if label not in (1, 2, "1", "2") or isinstance(label, bool):
        raise RowError(f"`label` is {label!r:.40}: expected 1 or 2")
    better = int(label) - 1
    names = ("output_1", "output_2")
    output = [answer(need(row, name), name, _at(place, better)) for place, name in enumerate(names)]
    messages = conversation(need(row, "input"), "input")
    used = {"input", "label", *names, *_IDS}
    return [_row(row, used, messages, output, "llmbar", "pairwise_comparison", {"label": int(label)})]


def _row(
    row: Row,
    used: set[str],
    messages: list[Any],
    output: list[Row],
    source: str,
    category: str,
    metadata: Mapping[str, Any] | None = None,
) -> Row:
    sample_id = next((row[name] for name in _IDS if row.get(name) not in (None, "")), None)
    return native_row(
        row,
        used=used,
        messages=messages,
        output=output,
        source=source,
        category=category,
        sample_id=sample_id,
        metadata=metadata,
    )


def _lists(row: Row, source: str, category: str, metadata: Mapping[str, Any]) -> Row:
    output = [
        answer(one, f"{name}[{place}]", _preferred(good))
        for name, good in ((CHOSEN, 1), (REJECTED, 0))
        for place, one in enumerate(need_list(row, name))
    ]
    messages = conversation(need(row, "prompt"), "prompt")
    return _row(row, {"prompt", CHOSEN, REJECTED, *_IDS}, messages, output, source, category, metadata)


def _rmb(row: Row, used: set[str], output: list[Row], source: str) -> Row:
    messages = conversation(need(row, "conversation_input"), "conversation_input")
    category = row.get("category_path")
    if category is not None and not isinstance(category, str):
        raise RowError(f"`category_path` is {kind_of(category)}, not text")
    told = {"category_path": category}
    return _row(
        row, {"conversation_input", "category_path", *used, *_IDS}, messages, output, source, "conversation", told
    )


def _sides(row: Row, good: str, bad: str) -> list[tuple[str, int]]:
    need(row, good)
    need(row, bad)
    return [(good, 1), (bad, 0)]


def _by_model(value: Any, name: str, label: Mapping[str, Any]) -> Row:
    """A response of RMB: `{"llm_name", "answer"}`, in older files with a `score` that must not be read as one's own."""
    fields = fields_of(value)
    if fields is None:
        return answer(value, name, label)
    if fields.get("answer") is None:
        raise RowError(f"`{name}.answer` is missing")
    model = fields.get("llm_name")
    return answer(fields["answer"], f"{name}.answer", label if model is None else {**label, "model": model})


def _preferred(good: int) -> dict[str, str]:
    return {"preference": CHOSEN if good else REJECTED}


def _at(place: int, better: int | None) -> dict[str, str]:
    """The preference of the response at a place; nothing where neither is better."""
    return {} if better is None else _preferred(place == better)
