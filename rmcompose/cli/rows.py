"""A row of results in words: the scores, what decided them, and the nodes as a tree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rmcompose.diagnostics.catalogue import UNSCORED_CODES
from rmcompose.diagnostics.render.cells import one_line

LONGEST = 160
"""Characters of a reason that are shown."""


def in_words(number: int, row: Mapping[str, Any]) -> str:
    """The row with its responses beneath; `number` is its 1-based position in the file."""
    lines = [f"row {number}: sample `{one_line(str(row.get('id')))}`, composition `{row.get('composition', '')}`"]
    best = row.get("best")
    for response in row["responses"]:
        lines += _response(response, is_best=best is not None and response.get("index") == best)
    return "\n".join(lines)


def _response(response: Mapping[str, Any], *, is_best: bool) -> list[str]:
    head = f"  response {response.get('index')}: "
    if response.get("score") is None:
        lines = [head + f"unscored, {_why(response.get('reason'))}"]
    else:
        lines = [head + f"score {_value(response['score'])}" + (", the best" if is_best else "")]
    nodes: Mapping[str, Mapping[str, Any]] = response.get("nodes") or {}
    width = max((2 * name.count(".") + len(name.rpartition(".")[2]) for name in nodes), default=0)
    above: list[str] = []
    for name, node in nodes.items():
        *path, last = name.split(".")
        shared = _shared(above, path)
        lines += [f"    {'  ' * (shared + depth)}{part}" for depth, part in enumerate(path[shared:])]
        above = [*path, last]
        label = "  " * len(path) + last
        lines.append(f"    {label:<{width}}  {_node(name, node)}".rstrip())
        inside = " " * (len(path) * 2 + 6)
        detail: Mapping[str, Any] = node.get("detail") or {}
        steps: list[Mapping[str, Any]] = node.get("steps") or []
        of = f"of {len(steps)}"
        lines += [f"{inside}step {number} {of}: {_node(name, one)}" for number, one in enumerate(steps, start=1)]
        lines += [f"{inside}{key}: {_clip(json.dumps(value, ensure_ascii=False))}" for key, value in detail.items()]
    return lines


def _shared(above: list[str], path: list[str]) -> int:
    """How many of the enclosing nodes were named by the line above already."""
    count = 0
    while count < len(path) and count < len(above) and path[count] == above[count]:
        count += 1
    return count


def _node(name: str, node: Mapping[str, Any]) -> str:
    reason = node.get("reason")
    if isinstance(reason, Mapping) and reason.get("node") not in (None, "", name):
        # the cause is told where it is
        return f"{node.get('status')}: because `{reason['node']}` is"
    if node.get("status") == "scored":
        text = "per step" if "steps" in node else _value(node.get("value"))
        if reason:
            text += f"  {_why(reason)}"
        if node.get("calls"):
            plural = "" if node["calls"] == 1 else "s"
            text += f"  [{node['calls']} call{plural}, {node.get('tokens', 0)} tokens]"
        return text
    return f"{node.get('status')}: {_why(reason)}" if reason else str(node.get("status"))


def _why(reason: object) -> str:
    """A reason in words; the code at its end is what `rmcompose explain` takes."""
    if not isinstance(reason, Mapping):
        return _clip(str(reason)) if reason else "without a reason"
    kind, node, message = (reason.get(key) for key in ("kind", "node", "message"))
    text = f"{kind}" + (f" at `{node}`" if node else "") + (f": {_clip(str(message))}" if message else "")
    code = UNSCORED_CODES.get(str(kind))
    return f"{text} ({code})" if code else text


def _clip(text: str) -> str:
    line = one_line(" ".join(text.split()))
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    return _clip(str(value))
