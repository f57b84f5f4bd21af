"""The rule rewards of RM-Gallery give RM-Gallery's numbers; an error there is a `RuleError` here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import signature

ROWS = [json.loads(line) for line in (Path(__file__).parent / "data" / "rule_rewards.jsonl").read_text().splitlines()]


def test_all_rows_are_there() -> None:
    assert len(ROWS) == 153


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['reward']}-{row['generated'][:24]!r}")
def test_row(row: dict[str, Any]) -> None:
    if row["params"].get("tokenizer_type") == "jieba":
        pytest.importorskip("jieba")
    rule = signature(row["reward"])
    assert rule is not None
    data = {"text": row["generated"]}
    if row["reference"] is not None:
        data["reference"] = row["reference"]
    call = rule.bind(**row["params"])
    if isinstance(row["expected"], str):
        with pytest.raises(RuleError):
            call(**data)
    else:
        assert call(**data) == pytest.approx(row["expected"], abs=1e-9)
