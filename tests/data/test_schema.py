"""Sample and result objects, and what importing the room costs."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

import rmcompose.data
from rmcompose.data import (
    ChatMessage,
    ChatTool,
    DataOutput,
    DataSample,
    MessageRole,
    Reward,
    RewardDimensionWithRank,
    RewardDimensionWithScore,
    RewardResult,
    RowError,
    Step,
    Tool,
    as_sample,
    format_messages,
    parse_mapping,
    view,
)


def detail(name, score=1.0):
    return RewardDimensionWithScore(name=name, reason="because", score=score)


def sample(**more):
    answers = [Step(content=text, role="assistant", label={"reference": "a"}) for text in ("a", "b")]
    output = [DataOutput(answer=answers[0], steps=[Step(content="s")]), DataOutput(answer=answers[1])]
    return DataSample(unique_id="1", input=[ChatMessage(content="q")], output=output, **more)


def test_messages_are_rendered_by_the_value_of_their_role():
    messages = [
        ChatMessage(role=MessageRole.SYSTEM, content="s"),
        ChatMessage(content="q"),
        {"role": "tool", "content": "t"},
    ]
    assert format_messages(messages) == "<system>s</system>\n<user>q</user>\n<tool>t</tool>"
    assert f"{MessageRole.USER} {MessageRole.USER!s} {'%s' % MessageRole.USER}" == "user user user"  # noqa: UP031


def test_roles():
    assert ChatMessage(role="tool").role is MessageRole.TOOL
    assert ChatMessage(role="developer").role is MessageRole.SYSTEM
    with pytest.raises(ValidationError):
        ChatMessage(role="narrator")


def test_a_missing_score_is_none():
    assert Reward().score is None
    assert Step().reward.score is None
    assert Reward().status is None
    assert Step(label=None, reward=None).label == {}


def test_stream_pieces_are_added_up():
    call = ChatTool(id="1", function=Tool(name="f", arguments="{}"))
    whole = ChatMessage(role="assistant", content="a", reasoning_content="x") + ChatMessage(
        content="b", tool_calls=[call]
    )
    assert (whole.role, whole.content, whole.reasoning_content, whole.tool_calls) == ("assistant", "ab", "x", [call])
    assert whole + None is whole


def test_messages_from_and_to_strings():
    messages = ChatMessage.convert_from_strings(["q", "a", "q2"], "s")
    assert [message.role.value for message in messages] == ["system", "user", "assistant", "user"]
    assert ChatMessage.convert_to_strings(messages) == (["q", "a", "q2"], "s")
    assert ChatMessage.convert_to_strings(messages[1:]) == (["q", "a", "q2"], "")


def test_a_rank_gives_a_score_for_each_response():
    rank = RewardDimensionWithRank(name="n", reason="r", rank=[0.5, 1.0])
    assert rank[1] == RewardDimensionWithScore(name="n", reason="r", score=1.0)
    assert RewardResult[RewardDimensionWithRank](name="x", details=[rank]).details == [rank]
    with pytest.raises(ValidationError):
        RewardResult[RewardDimensionWithScore](name="x", details=[{"name": "n", "reason": "r"}])


def test_update_merges_outputs_and_steps_without_counting_twice():
    base = sample()
    base.output[0].answer.reward.details = [detail("old")]
    one, two = base.model_copy(deep=True), base.model_copy(deep=True)
    one.output[0].answer.reward.details.append(detail("one"))
    two.output[0].answer.reward.details += [detail("two"), detail("two")]
    two.output[0].answer.reward.score = 0.0
    two.output[0].answer.reward.nodes = {"n": {"value": 1}}
    two.output[0].answer.additional_kwargs = {"two": 2}
    two.output[0].steps[0].reward.details = [detail("step")]
    two.input[0].additional_kwargs = {"x": 1}
    assert one.update(two) is one
    assert [d.name for d in one.output[0].answer.reward.details] == ["old", "one", "two", "two"]
    assert [d.name for d in one.output[0].steps[0].reward.details] == ["step"]
    assert one.output[0].answer.reward.score == 0.0
    assert one.output[0].answer.reward.nodes == {"n": {"value": 1}}
    assert one.output[0].answer.additional_kwargs == {"two": 2}
    assert one.input[0].additional_kwargs == {"x": 1}
    assert one.output[1].answer.reward == Reward()
    two.output[0].answer.reward.nodes["n"]["value"] = 7
    assert one.output[0].answer.reward.nodes == {"n": {"value": 1}}


def test_update_keeps_a_result_that_the_other_lacks_and_takes_an_unscored_one():
    mine, other = sample(), sample()
    mine.output[0].answer.reward.score = 0.5
    assert mine.update(other).output[0].answer.reward.score == 0.5
    other.output[0].answer.reward = Reward(status="unscored", reason={"kind": "refused", "node": "j", "message": "no"})
    reward = mine.update(other).output[0].answer.reward
    assert (reward.score, reward.status, reward.reason["kind"]) == (None, "unscored", "refused")


@pytest.mark.parametrize("fault", ["id", "messages", "outputs", "steps"])
def test_update_refuses_another_sample_and_changes_nothing(fault):
    mine, other = sample(), sample()
    other.output[0].answer.reward.score = 1.0
    if fault == "id":
        other.unique_id = "2"
    elif fault == "messages":
        other.input.clear()
    elif fault == "outputs":
        other.output.pop()
    else:
        other.output[0].steps = None
    before = mine.model_copy(deep=True)
    with pytest.raises(ValueError, match="cannot merge"):
        mine.update(other)
    assert mine == before


def test_columns_and_own_fields_are_kept_in_a_sample():
    row = {
        "prompt": "q",
        "question": "kept",
        "responses": [{"text": "a", "score": 0.5, "reward": 3, "role": "assistant"}, "b"],
        "stars": 4,
        "source": 17,
        "label": 2,
        "metadata": {"stars": 1, "deep": {"k": [1]}},
    }
    made = as_sample(row)
    for found in (
        view(row),
        view(made),
        view(made.model_dump()),
        view(DataSample.model_validate_json(made.model_dump_json())),
    ):
        assert [found.response(n, 0) for n in ("stars", "source", "question", "score", "reward")] == [
            4,
            17,
            "kept",
            0.5,
            3,
        ]
        assert found.sample("prompt") == "q"
        assert found.lookup(("metadata", "deep", "k", "0")) == 1
    made.metadata["deep"]["k"].append(2)
    assert row["metadata"]["deep"]["k"] == [1]


def test_a_row_without_an_id_gets_one_of_its_content():
    row = {"prompt": "q", "response": "\ud800"}
    assert as_sample(row).unique_id == as_sample(dict(row)).unique_id != as_sample({**row, "prompt": "p"}).unique_id


def test_a_mapped_row_becomes_a_sample():
    made = as_sample(
        {"in": "q", "out": "a", "label": {"gold": "g"}},
        parse_mapping(["prompt=in", "response=out", "reference=label.gold"]),
    )
    assert made.input[0].content == "q"
    assert made.output[0].answer.label == {"gold": "g", "reference": "g"}


def test_a_copy_is_made_of_a_sample():
    original = sample()
    made = as_sample(original)
    assert made == original
    made.output[0].answer.reward.score = 1.0
    assert original.output[0].answer.reward.score is None


def test_what_cannot_be_a_sample_is_a_row_error():
    with pytest.raises(RowError, match=r"^not a `DataSample`: `input.0.role`: input should be"):
        as_sample({"messages": [{"role": "narrator", "content": "x"}], "response": "r"})


def test_every_public_name_is_there():
    for name in rmcompose.data.__all__:
        assert getattr(rmcompose.data, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = rmcompose.data.nothing


def test_heavy_libraries_are_loaded_only_when_used():
    code = (
        "import sys; from rmcompose.data import view, read; view({'response': 'x'});"
        "heavy = {'pydantic', 'pyarrow', 'gzip'} & set(sys.modules); assert not heavy, heavy;"
        "from rmcompose.data import DataSample; assert 'pydantic' in sys.modules and 'pyarrow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=".")
