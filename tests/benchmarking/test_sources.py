"""Each published format as native rows, as RM-Gallery's loaders make them, and that the runtime reads them."""

import json

import pytest

import rmcompose as rm
from rmcompose.data import RowError, read, view
from rmcompose.data.sources import SOURCES, recognised
from tests.benchmarking.conftest import DATA

PLACES = {
    "rewardbench": "rewardbench.jsonl",
    "rewardbench2": "rewardbench2.jsonl",
    "rmbench": "rm_bench.json",
    "rmbbenchmark_pairwise": "rmb/Pairwise_set/Helpfulness/Chat/Discussion.json",
    "rmbbenchmark_bestofn": "rmb/BoN_set/Harmlessness/S1.json",
    "judgebench": "judgebench.jsonl",
    "prmbench": "prmbench.jsonl",
    "helpsteer2_pointwise": "helpsteer2_pointwise.jsonl",
    "helpsteer2_pairwise": "helpsteer2_pairwise.jsonl",
    "helpsteer3_preference": "helpsteer3_preference.jsonl",
    "chat_message": "chat_message.jsonl",
    "*": "generic.jsonl",
    "llmbar": "llmbar/LLMBar/Natural/dataset.json",
    "native": "native.jsonl",
}
RM_GALLERY = set(PLACES) - {"llmbar", "native"}


def rows_of(source):
    return [record.data for record in read(DATA / PLACES[source])]


def converted(source):
    return [one for row in rows_of(source) for one in SOURCES[source].rows(row)]


def labels(row):
    return [one["answer"].get("label") for one in row["output"]]


def test_the_twelve_sources_of_rm_gallery_are_there():
    assert len(RM_GALLERY) == 12
    assert set(SOURCES) == {*PLACES, "responses"}


@pytest.mark.parametrize("source", PLACES)
def test_rows_are_recognised_by_their_columns(source):
    assert {recognised(row).name for row in rows_of(source)} == {source}


@pytest.mark.parametrize("source", PLACES)
def test_native_rows_can_be_scored_and_are_samples(source):
    for row in converted(source):
        seen = view(row)
        assert seen.count == len(row["output"])
        assert isinstance(seen.sample("prompt"), str)
        assert all(isinstance(seen.response("response", place), str) for place in range(seen.count))
        sample = rm.as_sample(row)
        assert [one.answer.content for one in sample.output] == [one["answer"]["content"] for one in row["output"]]
        assert [message.role.value for message in sample.input][-1] == "user"


@pytest.mark.parametrize("source", PLACES)
def test_the_row_stays_as_it_is(source):
    for row in rows_of(source):
        before = json.dumps(row)
        SOURCES[source].rows(row)
        assert json.dumps(row) == before


def test_rewardbench():
    first = converted("rewardbench")[0]
    assert first["unique_id"] == "1"
    assert labels(first) == [{"preference": "chosen"}, {"preference": "rejected"}]
    # other columns are found by their names
    assert view(first).sample("subset") == "alpacaeval-easy"


def test_rewardbench2():
    rows = converted("rewardbench2")
    assert [one["preference"] for one in labels(rows[0])] == ["chosen", "rejected", "rejected", "rejected"]
    assert rows[0]["metadata"]["num_correct"] == 1
    assert rows[6]["unique_id"] == "tied:0"
    assert [one["preference"] for one in labels(rows[6])].count("chosen") == 3


def test_rmbench_and_its_domain():
    rows = converted("rmbench")
    assert [row["metadata"]["subset"] for row in rows] == ["chat", "code", "math", "safety-refuse", "safety-response"]
    assert len(rows[0]["output"]) == 6


def test_rmb():
    (*_, pair) = converted("rmbbenchmark_pairwise")
    assert labels(pair)[0] == {"preference": "chosen", "model": "made-up-a"}
    assert pair["metadata"]["category_path"] == "Pairwise_set/Helpfulness/Chat/Discussion"
    # what the annotators gave is not a score of ours
    assert "score" not in pair["output"][0]["answer"]
    best = converted("rmbbenchmark_bestofn")[1]
    assert best["unique_id"] == "301"
    assert [one["type"] for one in labels(best)] == ["bon_best", "loser", "loser", "loser"]


def test_judgebench_keeps_its_label():
    row = converted("judgebench")[1]
    assert (row["unique_id"], row["source"]) == ("p1", "judgebench")
    assert (row["metadata"]["label"], row["metadata"]["source"]) == ("B>A", "mmlu-pro-law")
    assert labels(row) == [
        {"response_type": "A", "preference": "rejected"},
        {"response_type": "B", "preference": "chosen"},
    ]


def test_prmbench_has_steps_with_their_correctness():
    (row,) = converted("prmbench")
    right, wrong = row["output"]
    assert [step["label"]["correctness"] for step in right["steps"]] == ["correct", "correct"]
    assert [step["label"] for step in wrong["steps"]] == [
        {"correctness": "error", "step_idx": 1},
        {"correctness": "correct", "step_idx": 2},
    ]
    assert (row["unique_id"], row["task_category"]) == ("confidence_1", "confidence")


def test_helpsteer2_has_ratings():
    (row,) = converted("helpsteer2_pointwise")
    assert labels(row) == [{"helpfulness": 4, "correctness": 4, "coherence": 4, "complexity": 1, "verbosity": 0}]


def test_helpsteer2_pairs_come_in_both_orders():
    rows = converted("helpsteer2_pairwise")
    told = [(row["metadata"]["preferred"], row["metadata"]["sample_type"]) for row in rows]
    both = ("original_order", "swapped_order")
    assert told == [("B", both[0]), ("A", both[1]), ("A", both[0]), ("B", both[1]), ("tie", both[0]), ("tie", both[1])]
    for row in rows[:4]:
        (chosen,) = (one["answer"] for one in row["output"] if one["answer"]["label"]["preference"] == "chosen")
        assert "[+]" in chosen["content"]
    assert [label.get("preference") for label in labels(rows[4])] == [None, None]


def test_helpsteer3_prefers_by_the_sign():
    rows = converted("helpsteer3_preference")
    assert [row["metadata"]["preferred"] for row in rows] == ["A", "B"]
    assert rows[1]["metadata"]["subset"] == "code"


def test_anything_with_a_prompt_and_a_response():
    (row,) = converted("*")
    assert (row["task_category"], row["unique_id"], view(row).sample("topic")) == (
        "instruction_following",
        "7",
        "manners",
    )


def test_a_pair_without_a_prompt_is_two_conversations():
    ask = {"role": "user", "content": "2 + 2?"}
    call = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "add", "arguments": "{}"}}]}
    result = {"role": "tool", "content": "4"}
    row = {
        "chosen": [ask, call, result, {"role": "assistant", "content": "4"}],
        "rejected": [ask, {"role": "assistant", "content": "5"}],
    }
    (found,) = SOURCES["rewardbench"].rows(row)
    assert found["input"] == [ask]
    assert found["output"][0]["steps"] == [call, result]
    assert view(found).tool_calls(0) == [{"function": {"name": "add", "arguments": "{}"}}]


WRONG = [
    ("rewardbench", {"prompt": "q", "chosen": "a"}, "`rejected` is missing"),
    ("rewardbench", {"prompt": "q", "chosen": "a", "rejected": None}, "`rejected` is null"),
    ("rewardbench", {"prompt": "q", "chosen": 3, "rejected": "b"}, "`chosen` is a number, not text"),
    ("rewardbench", {"chosen": "a", "rejected": "b"}, "`prompt` is missing"),
    ("rewardbench", {"prompt": [], "chosen": "a", "rejected": "b"}, "`prompt` is an empty list"),
    ("rewardbench2", {"prompt": "q", "chosen": [], "rejected": ["b"]}, "`chosen` is an empty list"),
    ("rewardbench2", {"prompt": "q", "chosen": ["a"], "rejected": [1]}, "`rejected[0]` is a number, not text"),
    ("rmbench", {"prompt": "q", "chosen": ["a"], "rejected": ["b"]}, "`domain` is missing"),
    ("rmbbenchmark_pairwise", {"conversation_input": [], "chosen": {}, "reject": {}}, "`chosen.answer` is missing"),
    ("rmbbenchmark_bestofn", {"bon_best": {"answer": "a"}, "loser_list": "b"}, "`loser_list` is text, not a list"),
    ("judgebench", {"label": "A"}, "`label` is `A`: expected `A>B`, `B>A` or `A=B`"),
    ("llmbar", {"label": 3}, "`label` is 3: expected 1 or 2"),
    ("llmbar", {"label": True}, "`label` is True: expected 1 or 2"),
    (
        "prmbench",
        {"error_steps": [3], "original_process": ["a"], "modified_process": ["b"]},
        "`error_steps` names step 3",
    ),
    ("helpsteer2_pairwise", {"preference_strength": "2"}, "`preference_strength` is text, not a number"),
    ("helpsteer2_pairwise", {"preference_strength": float("nan")}, "`preference_strength` is not a finite number"),
    ("helpsteer3_preference", {}, "`overall_preference` is missing"),
    ("chat_message", {"messages": [{"role": "user", "content": "q"}]}, "`messages` has no message of the assistant"),
    ("*", {"prompt": "q"}, "no response: expected one of `response`"),
    ("native", {"output": [{"content": "a"}]}, "`output[0].answer` is missing"),
]


@pytest.mark.parametrize(("source", "row", "why"), WRONG)
def test_what_is_missing_is_named(source, row, why):
    with pytest.raises(RowError) as error:
        SOURCES[source].rows(row)
    assert why in str(error.value)
