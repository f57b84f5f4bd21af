"""The second reading of replies, held to the first one without a model: on replies a model gave, and on worse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.runtime.judging.scan import last_object as first_reading
from tests.real_model.oracle import last_object

REPLIES = {
    # of SmolLM2-135M-Instruct, and the score that each states
    'Here\'s the JSON object:\n```json\n{\n    "response": {\n        "score": 5\n    }\n}\n```\n': None,
    'Here\'s the JSON object:\n```json\n{\n    "response": {\n        "reason": "5"\n    },\n    "score": 5\n}\n```': 5,
    '{"reason": "The capital of France is Paris.", "score": 4}': 4,
    '{\n  "reason": "The reason is that the response is not a JSON, but a JSON-RPC': None,
    '{\n  "verdicts": [{\n    "id": "right",\n    "reason": "right",\n    "score": 5\n  }, {\n    "id": "bri': None,
    '<code>\n{\n  "reason": "<pre>1. In this way, it is not polite.",\n    "score": <number>}\n</code>': None,
    "The reason is 1.\n\nThe score is 1.\n\nThe reason is 2.": None,
}
PIECES = [
    "{",
    "}",
    "[",
    "]",
    '"',
    "\\",
    ",",
    ":",
    '{"score": 3}',
    '"score": ',
    "1.",
    "01",
    "-",
    "NaN",
    "true",
    "\n",
    "a",
]


@pytest.mark.parametrize(("reply", "score"), REPLIES.items())
def test_both_readings_find_what_a_reply_states(reply: str, score: float | None):
    assert last_object(reply, "score").get("score") == score
    assert (first_reading(reply, frozenset({"score"})) or {}).get("score") == score


@given(st.lists(st.sampled_from([*PIECES, *REPLIES]), max_size=30).map("".join))
def test_both_readings_agree_on_any_text(text: str):
    found = first_reading(text, frozenset({"score"})) or {}
    # as texts: NaN is not equal to itself
    assert repr(last_object(text, "score")) == repr(found)
