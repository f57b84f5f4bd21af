"""Tool calls of a model, and answers made from the allowed values, against the checker of BFCL (see its README)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labelled import Line
from rmcompose.primitives.tools.match import tool_call_match


def lines(folder: Path) -> Iterator[Line]:
    """How often `tool_call_match` decides as the official checker does."""
    tasks = {task["id"]: task for task in _rows(folder / "bfcl" / "tasks.jsonl")}
    agree = cases = 0
    for verdict in _rows(folder / "bfcl" / "verdicts.jsonl"):
        task = tasks[verdict["id"]]
        found = tool_call_match(task["ground_truth"], tool_calls=[task["output"]], tools=task["function"])
        agree += found == verdict["valid"]
        cases += 1
    yield Line("BFCL", "tool_call_match, one model", agree, cases, "labels are the official checker's verdicts")
    agree = cases = 0
    for row in _rows(folder / "bfcl" / "altered.jsonl"):
        tools = [tool for name in row["tasks"] for tool in tasks[name]["function"]]
        reference = [answer for name in row["tasks"] for answer in tasks[name]["ground_truth"]]
        calls = [{"name": name, "arguments": json.dumps(arguments)} for name, arguments in row["calls"]]
        agree += tool_call_match(reference, tool_calls=calls, tools=tools) == row["valid"]
        cases += 1
    yield Line("BFCL", "tool_call_match, altered answers", agree, cases, "labels are the official checker's verdicts")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
