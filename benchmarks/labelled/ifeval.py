"""The instructions of IFEval against the results that its authors recorded for GPT-4 (Zhou et al. 2023, Apache-2.0).

`benchmarks/data/ifeval/gpt4.jsonl` holds 242 prompts with 381 instructions: the rows of `input_data.jsonl`, the
recorded response, and whether each instruction was followed, strictly and loosely.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from labelled import Line
from rmcompose.primitives.instructions.instruction import followed
from rmcompose.primitives.instructions.rows import instruction_of, settings_of


class Case(NamedTuple):
    """One instruction of one row: what was recorded and what the rule says."""

    key: int
    instruction: str
    mode: str
    recorded: bool
    value: bool


def rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of the data set."""
    with (folder / "ifeval" / "gpt4.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def cases(folder: Path, mode: str) -> Iterator[Case]:
    """Every instruction of every row, in a mode: `strict` or `loose`."""
    for row in rows(folder):
        told = zip(row["instruction_id_list"], row["kwargs"], row[f"follow_{mode}"], strict=True)
        for identifier, kwargs, recorded in told:
            wanted = instruction_of(identifier)
            value = followed(wanted.check, row["response"], mode, settings_of(wanted, kwargs))
            yield Case(row["key"], identifier, mode, recorded, value)


def lines(folder: Path) -> Iterator[Line]:
    """Strict and loose, by instruction and by prompt."""
    for mode in ("strict", "loose"):
        found = list(cases(folder, mode))
        note = ", ".join(f"{case.instruction} of {case.key}" for case in found if case.value != case.recorded)
        agree = sum(case.value == case.recorded for case in found)
        yield Line("IFEval", f"ifeval, {mode}, instructions", agree, len(found), note)
        prompts: dict[int, list[Case]] = {}
        for case in found:
            prompts.setdefault(case.key, []).append(case)
        alike = sum(all(c.value for c in one) == all(c.recorded for c in one) for one in prompts.values())
        yield Line("IFEval", f"ifeval_all, {mode}, prompts", alike, len(prompts))
