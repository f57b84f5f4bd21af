"""One sample in every shape that is recognised, fields by name, and mappings."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmcompose.data import (
    MISSING,
    SAMPLE_FIELDS,
    STANDARD_FIELDS,
    ChatMessage,
    DataOutput,
    DataSample,
    MappingError,
    RowError,
    SampleView,
    Step,
    as_sample,
    parse_mapping,
    view,
)

NATIVE = {
    "unique_id": "s1",
    "input": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "2 + 2?"}],
    "output": [
        {"answer": {"role": "assistant", "content": "4", "label": {"reference": "4", "difficulty": 1}}},
        {"answer": {"role": "assistant", "content": "5", "label": {"reference": "4", "difficulty": 1}}},
    ],
    "task_category": "math",
    "source": "unit",
    "metadata": {"level": 3},
}
MESSAGES = NATIVE["input"]
REST = {
    "messages": MESSAGES,
    "label": {"difficulty": 1},
    "task_category": "math",
    "source": "unit",
    "metadata": {"level": 3},
}
SHAPES = {
    "native": NATIVE,
    "native without labels": {
        **NATIVE,
        "output": [{"answer": {"content": "4"}}, {"answer": {"content": "5", "label": {}}}],
        "reference": "4",
        "label": {"difficulty": 1},
    },
    "responses": {"id": "s1", **REST, "responses": ["4", "5"], "reference": "4"},
    "completions": {"id": "s1", **REST, "completions": ["4", "5"], "answer": "4"},
    "objects": {
        "unique_id": "s1",
        **REST,
        "label": None,
        "reference": "not this",
        "responses": [
            {"content": "4", "reference": "4", "label": {"difficulty": 1}},
            {"text": "5", "label": {"reference": "4", "difficulty": 1}},
        ],
    },
    "message lists": {
        "id": "s1",
        **REST,
        "completions": [[{"role": "assistant", "content": "4"}], [{"role": "assistant", "content": "5"}]],
        "ground_truth": "4",
    },
    "parts": {
        "id": "s1",
        **REST,
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "be brief"}]},
            {"role": "user", "content": [{"type": "input_text", "text": "2 + 2?"}]},
        ],
        "responses": [[{"type": "text", "text": "4"}], {"content": [{"type": "output_text", "text": "5"}]}],
        "reference": "4",
    },
    "pair": {"id": "s1", **REST, "chosen": "4", "rejected": "5", "reference": "4"},
    "pair of conversations": {
        "id": "s1",
        **REST,
        "messages": None,
        "chosen": [*MESSAGES, {"role": "assistant", "content": "4"}],
        "rejected": [*MESSAGES, {"role": "assistant", "content": "5"}],
        "reference": "4",
    },
    "prompt as messages": {
        "id": "s1",
        **REST,
        "messages": None,
        "prompt": MESSAGES,
        "responses": ["4", "5"],
        "reference": "4",
    },
}


def one_line(error):
    assert str(error)
    assert "\n" not in str(error)


def seen(sample: SampleView) -> dict[str, object]:
    names = [*STANDARD_FIELDS, "difficulty", "level", "nowhere"]
    return {
        "id": sample.id,
        "sample": {name: sample.sample(name) for name in SAMPLE_FIELDS},
        "responses": [
            {name: sample.response(name, index) for name in names if name != "label"} for index in range(sample.count)
        ],
        "labels": [sample.lookup(("label", "difficulty"), index) for index in range(sample.count)],
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_view(shape):
    row = SHAPES[shape]
    before = copy.deepcopy(row)
    found = seen(view(row))
    assert found == seen(view(NATIVE))
    assert row == before
    assert [one["response"] for one in found["responses"]] == ["4", "5"]
    assert [one["reference"] for one in found["responses"]] == ["4", "4"]
    assert found["responses"][0]["prompt"] == "2 + 2?"
    assert found["responses"][0]["messages"] == MESSAGES
    assert found["responses"][1]["difficulty"] == 1
    assert found["responses"][1]["level"] == 3
    assert found["responses"][1]["index"] == 1
    assert found["responses"][1]["nowhere"] is MISSING


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_becomes_a_sample_with_the_same_view(shape):
    row = SHAPES[shape]
    before = copy.deepcopy(row)
    sample = as_sample(row)
    assert isinstance(sample, DataSample)
    assert seen(view(sample)) == seen(view(NATIVE))
    assert seen(view(sample.model_dump(mode="json"))) == seen(view(NATIVE))
    assert row == before


def test_a_sample_object_is_read_without_being_copied_or_changed():
    sample = DataSample.model_validate(NATIVE)
    before = sample.model_copy(deep=True)
    assert seen(view(sample)) == seen(view(NATIVE))
    assert sample == before


def test_the_role_of_a_message_is_plain_text():
    sample = DataSample(unique_id="1", input=[ChatMessage(content="q")], output=[DataOutput(answer=Step(content="a"))])
    assert [type(message["role"]) for message in view(sample).sample("messages")] == [str]


def test_other_mappings_are_rows_too():
    assert view(OrderedDict(prompt="q", response="a")).response("response", 0) == "a"


@pytest.mark.parametrize(
    ("row", "prompt"),
    [
        ({"prompt": "p", "question": "no"}, "p"),
        ({"question": "q", "instruction": "no"}, "q"),
        ({"instruction": "i"}, "i"),
        ({"instruction": "i", "input": ""}, "i"),
        (
            {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"content": "c"}]},
            "c",
        ),
        ({"prompt": "p", "messages": [{"role": "user", "content": "m"}]}, "p"),
        ({"prompt": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]}, "one\ntwo"),
    ],
)
def test_where_the_prompt_comes_from(row, prompt):
    assert view({**row, "response": "r"}).sample("prompt") == prompt


def test_messages_of_a_plain_prompt():
    assert view({"prompt": "p", "response": "r"}).sample("messages") == [{"role": "user", "content": "p"}]


def test_a_message_keeps_its_tool_calls():
    call = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    row = {
        "messages": [
            {"role": "user", "content": "q", "name": None},
            {"role": "assistant", "content": None, "tool_calls": call},
            {"role": "tool", "content": "42", "tool_call_id": "1"},
        ],
        "response": "r",
    }
    assert view(row).sample("messages") == [
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "", "tool_calls": call},
        {"role": "tool", "content": "42", "tool_call_id": "1"},
    ]


IMAGE = {"type": "image_url", "image_url": {"url": "data:"}}


@pytest.mark.parametrize(
    ("row", "name", "why"),
    [
        ({}, "prompt", "the sample has no `prompt`"),
        ({}, "messages", "the sample has no `prompt`"),
        ({}, "reference", "the sample has no `reference`"),
        ({"instruction": "rewrite", "input": "this"}, "prompt", "the sample has no `prompt`"),
        ({"prompt": 5}, "prompt", "`prompt` is a number, not text"),
        ({"prompt": {"text": "q"}}, "prompt", "`prompt` is an object, not text"),
        ({"prompt": []}, "prompt", "`prompt` has no message of the user"),
        ({"messages": "q"}, "messages", "`messages` is text, not a list of messages"),
        ({"messages": ["q"]}, "messages", "message 1 of `messages` is text, not an object"),
        ({"messages": [{"role": 1, "content": "q"}]}, "messages", "the role of message 1 of `messages` is not text"),
        ({"messages": [{"role": "system", "content": "q"}]}, "prompt", "`messages` has no message of the user"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "see"}, IMAGE]}]},
            "prompt",
            "message 1 of `messages` holds a part that is not text: `image_url`",
        ),
        (
            {"messages": [{"role": "user", "content": [IMAGE]}, {"role": "user", "content": "q"}]},
            "messages",
            "message 1 of `messages` holds a part that is not text: `image_url`",
        ),
    ],
)
def test_a_field_that_is_missing_says_why(row, name, why):
    sample = view({**row, "response": "r"})
    assert sample.sample(name) is MISSING
    assert sample.why(name) == why


def test_the_last_user_message_is_read_beside_an_image_in_another():
    row = {"messages": [{"role": "user", "content": [IMAGE]}, {"role": "user", "content": "q"}], "response": "r"}
    assert view(row).sample("prompt") == "q"


def test_a_response_that_is_null_or_an_image_is_missing_and_the_others_are_not():
    sample = view({"prompt": "q", "responses": ["", None, {"content": None}, {"content": [IMAGE]}]})
    assert [sample.response("response", i) for i in range(4)] == ["", MISSING, MISSING, MISSING]
    assert sample.why("response", 1) == "item 2 of `responses` is null"
    assert sample.why("response", 3) == "item 4 of `responses` holds a part that is not text: `image_url`"


def test_a_response_of_the_responses_api():
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]}
    call = {"type": "function_call", "name": "f", "arguments": "{}"}
    responses = [{"output": [call, said], "text": {"format": "text"}, "model": "m"}, {"output": [call]}]
    sample = view({"responses": responses})
    assert [sample.response("response", i) for i in (0, 1)] == ["a", MISSING]
    assert sample.response("model", 0) == "m"
    assert sample.why("response", 1) == "item 2 of `responses` has no message of the assistant"


def test_the_last_assistant_message_is_the_response_of_bare_messages():
    sample = view({"messages": [*MESSAGES, {"role": "assistant", "content": "4"}]})
    assert (sample.count, sample.response("response", 0)) == (1, "4")
    assert sample.sample("messages") == MESSAGES


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([], "a row must be an object, this is a list"),
        ("text", "a row must be an object, this is text"),
        (None, "a row must be an object, this is null"),
        ({}, "no response: expected"),
        ({"prompt": "q"}, "no response: expected"),
        ({"question": "q", "answer": "4"}, "no response: expected"),
        ({"messages": MESSAGES}, "no response: expected"),
        ({"response": None}, "no response: expected"),
        ({"responses": []}, "no response: `responses` is empty"),
        ({"responses": "a"}, "`responses` is text, not a list"),
        ({"responses": {"a": 1}}, "`responses` is an object, not a list"),
        ({"response": 5}, "`response` is a number, not text"),
        ({"response": True}, "`response` is a boolean, not text"),
        ({"response": ["a", "b"]}, "`response` is a list, not text: several responses are given as `responses`"),
        ({"responses": ["a", 5]}, "item 2 of `responses` is a number, not text"),
        ({"responses": ["a", {"score": 1}]}, "item 2 of `responses` has no text"),
        ({"responses": [[{"role": "user", "content": "q"}]]}, "item 1 of `responses` has no message of the assistant"),
        ({"response": "a", "responses": ["b"]}, "both `response` and `responses` are given"),
        ({"responses": ["b"], "completions": ["c"]}, "both `responses` and `completions` are given"),
        ({"prompt": "q", "chosen": "a"}, "`chosen` is given without `rejected`"),
        ({"prompt": "q", "rejected": "a", "chosen": None}, "`rejected` is given without `chosen`"),
        ({"unique_id": "1", "output": []}, "no response: `output` is empty"),
        ({"unique_id": "1", "output": [{"text": "a"}]}, "item 1 of `output` has no `answer`"),
        ({"unique_id": "1", "output": [{"answer": "a"}]}, "item 1 of `output` has no `answer`"),
        ({"unique_id": "1", "output": [{"answer": {"content": 5}}]}, "the answer of item 1 of `output` is a number"),
    ],
)
def test_a_row_of_no_known_shape(row, message):
    with pytest.raises(RowError) as caught:
        view(row)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_where_a_name_is_looked_for():
    own = {
        "content": "r",
        "b": "own",
        "label": {"b": 0, "c": "own label", "d": "own label"},
        "metadata": {"f": "own meta"},
    }
    row = {
        "prompt": "q",
        "responses": [own, "plain"],
        "a": "column",
        "b": "column",
        "c": "column",
        "label": {"c": 0, "d": "label", "e": "label"},
        "metadata": {"c": 0, "e": 0, "f": "meta", "g": "meta", "h": None},
    }
    sample = view(row)
    assert [sample.response(name, 0) for name in "abcdefgh"] == [
        "column", "own", "column", "own label", "label", "own meta", "meta", MISSING,
    ]  # fmt: skip
    assert [sample.response(name, 1) for name in "abcdefgh"] == [
        "column", "column", "column", "label", "label", "meta", "meta", MISSING,
    ]  # fmt: skip
    assert [sample.sample(name) for name in "abcdefgh"] == [sample.response(name, 1) for name in "abcdefgh"]
    assert sample.response("content", 0) is MISSING


def test_false_zero_and_empty_text_are_values():
    sample = view({"response": "", "a": False, "b": 0, "c": "", "d": [], "reference": "", "label": 0})
    assert [sample.response(name, 0) for name in ("response", "a", "b", "c", "d", "reference", "label")] == [
        "", False, 0, "", [], "", 0,
    ]  # fmt: skip


def test_earlier_rewards_cannot_be_read_by_name():
    sample = as_sample(NATIVE)
    sample.output[0].answer.reward.score = 0.9
    assert view(sample).response("reward", 0) is MISSING
    assert view(sample.model_dump()).response("reward", 0) is MISSING


@pytest.mark.parametrize(("given_id", "expected"), [(7, "7"), ("7", "7"), (None, None), (True, None), ([1], None)])
def test_ids_are_text(given_id, expected):
    assert view({"response": "r", "id": given_id}).id == expected


def test_paths():
    row = {
        "messages": [{"role": "user", "content": "q"}],
        "metadata": {"a": [{"b": 1}, {"b": None}], "0": "zero"},
        "label": {"gold": {"x": 2}, "only": "sample"},
        "responses": [{"text": "r", "label": {"gold": {"x": 3}}}, "s"],
        "flat.name": "dots",
        "answer": {"value": 9},
    }
    sample = view(row)

    def find(path, index=0):
        return sample.lookup(tuple(path.split(".")), index)

    assert find("metadata.a.0.b") == 1
    assert find("metadata.0") == "zero"
    assert find("messages.0.content") == "q"
    assert [find("label.gold.x", i) for i in (0, 1)] == [3, 2]
    assert sample.lookup(("label", "gold", "x")) == 2
    assert find("label.only") == "sample"
    assert find("responses.1") == "s"
    assert find("flat.name") == "dots"
    assert find("answer.value") == 9
    assert find("response", 1) == "s"
    assert find("index", 1) == 1
    for nowhere in ("metadata.a.1.b", "metadata.a.7.b", "metadata.a.x", "metadata.a.0.b.c", "no.where", "prompt.0"):
        assert find(nowhere) is MISSING


def test_paths_into_a_sample_object():
    sample = view(DataSample.model_validate(NATIVE))
    assert sample.lookup(("label", "difficulty"), 0) == 1
    assert sample.lookup(("input", "1", "content"), 0) == "2 + 2?"
    assert sample.lookup(("output", "1", "answer", "content")) == "5"


def mapped(row, *options):
    return view(row, parse_mapping(options))


def test_mapped_fields():
    row = {
        "id": 1,
        "input": "the prompt",
        "output_1": "a",
        "output_2": "b",
        "meta": {"gold": ["g"], "key": 5},
        "reference": "not this",
        "answer": "nor this",
    }
    before = copy.deepcopy(row)
    sample = mapped(
        row,
        "prompt=input",
        "chosen=output_1",
        "rejected = output_2",
        "reference=meta.gold.0",
        "metadata=meta",
        "length=meta.key",
        "id=meta.key",
    )
    assert row == before
    assert sample.id == "5"
    assert [sample.response("response", i) for i in (0, 1)] == ["a", "b"]
    assert sample.sample("messages") == [{"role": "user", "content": "the prompt"}]
    assert sample.response("reference", 1) == "g"
    assert sample.response("length", 0) == 5
    assert sample.response("key", 0) == 5
    assert sample.response("answer", 0) == "nor this"


def test_a_mapped_field_that_leads_nowhere_is_missing():
    row = {"prompt": "p", "response": "r", "reference": "x", "answer": "y", "messages": MESSAGES}
    sample = mapped(row, "reference=label.gold", "prompt=nowhere", "messages=no.where")
    assert [sample.response(name, 0) for name in ("reference", "prompt", "messages")] == [MISSING] * 3
    assert sample.why("reference", 0) == "the sample has no `label.gold`, to which `reference` is mapped"
    assert sample.why("prompt") == "the sample has no `nowhere`, to which `prompt` is mapped"
    assert sample.why("messages") == "the sample has no `no.where`, to which `messages` is mapped"
    with pytest.raises(RowError, match="no response: the row has no `out`, to which `response` is mapped"):
        mapped(row, "response=out")


def test_a_mapping_reads_each_response_s_own_label():
    row = {"responses": [{"text": "a", "label": {"gold": 1}}, {"text": "b"}], "label": {"gold": 2}}
    sample = mapped(row, "reference=label.gold")
    assert [sample.response("reference", i) for i in (0, 1)] == [1, 2]


def test_a_mapping_settles_which_column_holds_the_responses():
    row = {"response": "a", "responses": ["b", "c"]}
    assert mapped(row, "responses=responses").count == 2
    assert mapped(row, "response=response").count == 1
    assert mapped({"x": {"y": "deep"}}, "response=x.y").response("response", 0) == "deep"


def test_mapped_messages_and_conversations_as_prompt():
    turns = [{"role": "user", "content": "hi"}]
    for target in ("prompt", "messages"):
        sample = mapped({"turns": turns, "response": "r", "prompt": None}, f"{target}=turns")
        assert sample.sample("prompt") == "hi"
        assert sample.sample("messages") == turns


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["reference"], "`reference` is not a mapping: expected `field=path`, as in `reference=label.gold`"),
        (["=x"], "`=x` is not a mapping: expected `field=path`, as in `reference=label.gold`"),
        (["x="], "`x=` is not a mapping: expected `field=path`, as in `reference=label.gold`"),
        (["a b=x"], "`a b` cannot be mapped: it is not the name of a field"),
        (["index=x"], "`index` cannot be mapped: it is the position of the response"),
        (["a=x", "a=y"], "`a` is mapped twice"),
        (["a=x..y"], "`x..y` is not a path: a word is missing beside a dot"),
    ],
)
def test_bad_mappings(options, message):
    with pytest.raises(MappingError) as caught:
        parse_mapping(options)
    assert str(caught.value) == message


def test_missing_is_one_object_even_in_another_process():
    assert pickle.loads(pickle.dumps(MISSING)) is MISSING
    assert repr(MISSING) == "MISSING"


NAMES = [
    *STANDARD_FIELDS, "responses", "completions", "completion", "output", "chosen", "rejected", "input", "question",
    "instruction", "answer", "ground_truth", "unique_id", "content", "text", "role", "type", "steps", "name", "reward",
]  # fmt: skip
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["user", "assistant", "text"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=20,
)
PATHS = st.lists(st.sampled_from([*NAMES, "0", "1"]), min_size=1, max_size=3).map(tuple)


@settings(max_examples=400, deadline=None)
@given(
    JSON | st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6),
    st.dictionaries(st.sampled_from(NAMES), PATHS, max_size=2),
)
def test_any_json_value_is_a_view_or_a_row_error(row, paths):
    paths.pop("index", None)
    before = copy.deepcopy(row)
    for mapping in (None, parse_mapping(f"{name}={'.'.join(path)}" for name, path in paths.items())):
        try:
            sample = view(row, mapping)
        except RowError as error:
            one_line(error)
            continue
        assert sample.count >= 1
        assert sample.id is None or isinstance(sample.id, str)
        assert sample.sample("prompt") is MISSING or isinstance(sample.sample("prompt"), str)
        assert sample.sample("messages") is MISSING or isinstance(sample.sample("messages"), list)
        for name in [*NAMES, "other"]:
            assert sample.sample(name) is not None
            assert sample.lookup((name, "0", "content")) is not None
            assert isinstance(sample.why(name), str)
            for index in range(sample.count):
                assert sample.response(name, index) is not None
                assert sample.lookup((name, "content"), index) is not None
                assert isinstance(sample.why(name, index), str)
        for index in range(sample.count):
            text = sample.response("response", index)
            assert text is MISSING or isinstance(text, str)
            assert sample.response("index", index) == index
        try:
            as_sample(row, mapping)
        except RowError as error:
            one_line(error)
    assert repr(row) == repr(before)
