"""Specs whose value follows from rules, run on rows that a spec test cannot hold: objects, messages, programs."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

import rmcompose as rm
from tests.primitives.sandboxed import needs_sandbox

TWO = ["punctuation:no_comma", "length_constraints:number_words"]


def scores(name: str, row: dict[str, Any], **params: Any) -> list[float | None]:
    (found,) = rm.load(name, params=params).scores([{"prompt": "q", **row}])
    return found


# ---- instructions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "wanted"),
    [({}, [1.0, 0.0, 0.0]), ({"partial": True}, [1.0, 0.5, 0.0]), ({"mode": "loose"}, [1.0, 0.0, 1.0])],
)
def test_ifeval_strict_loose_and_the_share(params, wanted):
    row = {
        "instruction_id_list": TWO,
        "kwargs": [{}, {"num_words": 4, "relation": "less than"}],
        # the last one follows both without its first line, which only the loose mode leaves out
        "responses": ["Yes I do.", "Yes, I do.", "Sure, here it is for you:\nYes I do."],
    }
    assert scores("instructions/ifeval", row, **params) == wanted


def test_an_instruction_that_is_not_known_is_unscored():
    row = {"instruction_id_list": ["copy:copy"], "kwargs": [{}], "response": "Yes."}
    assert scores("instructions/ifeval", row) == [None]


# ---- code ------------------------------------------------------------------------------------------------------------

ADDS = "```python\ndef add(a, b):\n    return a + b\n```"
SAYS_ALL_IS_EQUAL = (
    "```python\nclass Any:\n    def __eq__(self, other): return True\ndef add(a, b):\n    return Any()\n```"
)


@pytest.mark.parametrize(
    ("partial", "wanted"),
    [(True, [1.0, 2 / 3, 0.0, 0.0]), (False, [1.0, 0.0, 0.0, 0.0])],
)
def test_programs_run_against_their_tests(partial, wanted):
    needs_sandbox()
    row = {
        "label": ["assert add(1, 2) == 3", "assert add(0, 0) == 0", "assert add(-1, 1) == 0"],
        "responses": [ADDS, ADDS.replace("a + b", "abs(a) + b"), SAYS_ALL_IS_EQUAL, "I cannot."],
    }
    assert scores("code/unit_tests", row, partial=partial) == pytest.approx(wanted)


def test_programs_that_read_and_print():
    needs_sandbox()
    row = {
        "label": {"inputs": ["1 2\n", "3 4\n"], "outputs": ["3\n", "7\n"]},
        "responses": ["```python\nprint(sum(map(int, input().split())))\n```", "```python\nprint(3)\n```"],
    }
    assert scores("code/unit_tests", row) == [1.0, 0.5]


def test_a_program_that_fails_a_test_asks_no_judge():
    needs_sandbox()
    row = {"label": ["assert add(1, 2) == 3", "assert add(1, 1) == 3"], "response": ADDS}
    # nobody could be asked here
    assert scores("code/tested_code", row) == [0.4]


# ---- tools and agents ------------------------------------------------------------------------------------------------

WEATHER = {
    "name": "weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": "string"}},
        "required": ["city"],
    },
}


def message(*calls: dict[str, Any]) -> dict[str, Any]:
    return {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"id": str(n), "type": "function", "function": {"name": "weather", "arguments": json.dumps(arguments)}}
            for n, arguments in enumerate(calls)
        ],
    }


@pytest.mark.parametrize(
    ("credit", "wanted"),
    [
        # as wanted; in another order; one argument of four wrong; one of the two calls; a name that is not there; none
        ("none", [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]),
        ("calls", [1.0, 1.0, 0.5, 2 / 3, 0.0, 0.0]),
        ("order", [1.0, 0.5, 0.5, 2 / 3, 0.0, 0.0]),
        # 3 counts a call: its name and two arguments
        ("arguments", [1.0, 1.0, 5 / 6, 2 / 3, 0.0, 0.0]),
    ],
)
def test_tool_calls_and_what_a_part_of_them_is_worth(credit, wanted):
    lima, rome = {"city": "Lima", "unit": "C"}, {"city": "Rome", "unit": "C"}
    row = {
        "tools": [WEATHER],
        "reference": [{"name": "weather", "arguments": lima}, {"name": "weather", "arguments": rome}],
        "responses": [
            message(lima, rome),
            message(rome, lima),
            message(lima, {**rome, "unit": "F"}),
            message(lima),
            message(lima, {**rome, "country": "Italy"}),
            "It is sunny.",
        ],
    }
    assert scores("tools/tool_calls", row, credit=credit) == pytest.approx(wanted)


def test_a_call_that_does_not_fit_the_tools_may_be_let_through():
    row = {
        "tools": [WEATHER],
        "reference": [{"name": "weather", "arguments": {"city": "Lima"}}],
        "response": message({"city": "Lima", "country": "Peru"}),
    }
    assert scores("tools/tool_calls", row, credit="arguments") == [0.0]
    assert scores("tools/tool_calls", row, credit="arguments", check=False) == [pytest.approx(4 / 5)]


def test_columns_of_json_as_text():
    row = {
        "tools": json.dumps([WEATHER]),
        "reference": json.dumps([{"name": "weather", "arguments": {"city": "Lima"}}]),
        "responses": ['[{"name": "weather", "arguments": {"city": "Lima"}}]', '[weather(town="Lima")]'],
    }
    assert scores("tools/tool_calls", row) == [1.0, 0.0]
    assert scores("tools/tool_calls", {**row, "tools": None}) == [None, None]
    assert scores("tools/tool_calls", {**row, "tools": None}, check=False) == [1.0, 0.0]


def test_values_that_bfcl_allows_beside_each_other():
    row = {
        "tools": [WEATHER],
        "reference": [{"weather": {"city": ["New York", "NYC"], "unit": ["C", ""]}}],
        "responses": [message({"city": "new york"}), message({"city": "NYC", "unit": "C"}), message({"city": "Lima"})],
    }
    assert scores("tools/tool_calls", row) == [1.0, 1.0, 0.0]


def agent(*turns: tuple[str, str]) -> list[dict[str, Any]]:
    """Calls with what each gave back, and a last message."""
    found: list[dict[str, Any]] = []
    for n, (query, result) in enumerate(turns):
        call = {"id": str(n), "type": "function", "function": {"name": "search", "arguments": json.dumps({"q": query})}}
        found.append({"role": "assistant", "content": "", "tool_calls": [call]})
        found.append({"role": "tool", "tool_call_id": str(n), "content": result})
    return [*found, {"role": "assistant", "content": "At noon."}]


def test_a_trajectory_by_loops_needless_steps_and_errors():
    one, other = ("hours", "opens at noon on Mondays"), ("address", "Main Street 12, second floor")
    row = {
        "responses": [
            agent(one, other),
            agent(one, one),
            agent(one, other, one),
            agent(("hours", "Error: timeout"), other),
            agent(("hours", "Error: timeout")),
            agent(),
            agent(*[(str(n), f"result number {n}") for n in range(51)]),
        ]
    }
    assert scores("agents/trajectory", row) == pytest.approx(
        [
            1.0,
            (0.0 + 2 * 1 / 2 + 1.0) / 4,  # the only pair is the same, and half of the calls bring nothing new
            (2 / 3 + 2 * 2 / 3 + 1.0) / 4,  # one pair of three, one call of three
            1.0,  # the tool that failed worked afterwards
            (1.0 + 2 * 1.0 + 0.0) / 4,  # and here it did not
            0.0,
            0.0,
        ]
    )
    assert scores("agents/trajectory", {"response": agent(one, other)}, reference_calls=1) == [
        pytest.approx((1.0 + 2 * (0.6 + 0.4 / 2) + 1.0) / 4)
    ]


# ---- references and citations ----------------------------------------------------------------------------------------


def test_a_translation_has_one_reference_or_several():
    said = "the cat is on the mat"
    row = {"response": said, "reference": "the cat sat on the mat"}
    # as `sacrebleu` gives them, divided by 100
    assert scores("translation/reference_translation", row, measure="chrf") == [pytest.approx(0.619251512899325)]
    assert scores("translation/reference_translation", row, measure="bleu") == [pytest.approx(0.37991784282579627)]
    row["reference"] = ["the cat sat on the mat", said]
    assert scores("translation/reference_translation", row) == [1.0]


def test_a_summary_by_each_measure():
    row = {"response": "it purred\nthe cat sat", "reference": "the cat sat\nit purred"}
    found = {
        measure: scores("summarization/reference_summary", row, measure=measure)[0]
        for measure in ("rouge_1", "rouge_2", "rouge_l", "rouge_lsum", "mean")
    }
    # five words on each side; three of four pairs, as lines do not end them; the longest run in order is three words
    assert found["rouge_1"] == found["rouge_lsum"] == 1.0
    assert found["rouge_2"] == pytest.approx(0.75)
    assert found["rouge_l"] == pytest.approx(0.6)
    assert found["mean"] == pytest.approx((1.0 + 0.75 + 0.6) / 3)


# ---- rewards for training --------------------------------------------------------------------------------------------


def test_breaking_the_format_spares_a_wrong_answer_nothing():
    row = {"reference": "4", "length": 20000}
    shaped, unshaped, right = scores("training/rlvr_math", {**row, "responses": ["\\boxed{5}", "5", "\\boxed{4}"]})
    assert shaped == unshaped == -2.0
    assert right == 0.0


@pytest.mark.parametrize(("length", "wanted"), [(0, 0.0), (16384, 0.0), (18432, -0.5), (20480, -1.0), (30000, -1.0)])
def test_the_ramp_is_that_of_dapo(length, wanted):
    row = {"reference": "4", "response": "\\boxed{4}", "length": length}
    assert scores("training/rlvr_math", row, max_length=20480, cache=4096) == [1.0 + wanted]


def test_the_formats_that_a_reward_may_ask_for():
    row = {"reference": "4", "responses": ["\\boxed{4}", "<think>2 + 2</think><answer>4</answer>", "The answer is 4."]}
    assert rm.load("training/rlvr_math").plan.final.range == (-2.0, 1.0)
    assert scores("training/rlvr_math", row) == [1.0, -1.0, -1.0]
    assert scores("training/rlvr_math", row, format="think_answer") == [-1.0, 1.0, -1.0]
    assert scores("training/rlvr_math", row, format="any") == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("length", [0, 4000, 8000, 15999])
def test_the_curves_of_the_cosine_reward(length):
    row = {"reference": "4", "responses": ["\\boxed{4}", "\\boxed{5}"], "length": length}
    bend = (1 + math.cos(math.pi * length / 16000)) / 2
    assert scores("training/rlvr_cosine", row) == pytest.approx([0.5 + 0.5 * bend, -0.5 - 0.5 * bend])


def test_copies_cost_what_they_fill():
    text = "wait and " * 200 + "\\boxed{4}"
    row = {"reference": "4", "response": text}
    (plain,) = scores("training/rlvr_cosine", row, repetition_weight=0.0)
    (copied,) = scores("training/rlvr_cosine", row)
    assert 0.9 < plain < 1.0
    # of 400 words and the few of the box all but a few runs of 20 are one of two
    assert plain - copied == pytest.approx(1.0, abs=0.07)
