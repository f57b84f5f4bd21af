"""Rewards by name, in Python and in specs."""

from __future__ import annotations

import math
from typing import Any, Literal

import pytest
from pydantic import Field

from rmcompose import (
    BaseLLMReward,
    BasePointWiseReward,
    BasePromptTemplate,
    OpenaiLLM,
    RewardDimensionWithScore,
    RewardResult,
    RuleError,
    SpecError,
    loads,
)
from rmcompose.primitives import registry as rules
from rmcompose.runtime.client import Client, Config
from tests.rewards.samples import Length, Longer, Longest, StepLength, result, sample_of, scores


def spec(rule: str, inputs: str = "", kind: str = "float") -> Any:
    text = f"rmcompose 1\ncomposition main -> {kind} {{\n  {inputs}\n  rule r = {rule}\n  return r\n}}\n"
    return loads(text)


def test_a_class_is_registered_under_a_name(registered):
    assert registered.register("polite")(Length) is Length
    assert registered.get("polite") is Length
    assert "polite" in registered.names()
    assert any(line.split()[:2] == ["polite", "Length"] for line in registered.list().splitlines())


def test_an_unknown_name_is_a_key_error(registered):
    registered.register("polite")(Length)
    with pytest.raises(KeyError, match="no reward named `polit` is registered: did you mean `polite`"):
        registered.get("polit")


def test_a_taken_name_is_an_error_unless_it_is_meant(registered):
    registered.register("polite")(Length)
    registered.register("polite")(Length)
    with pytest.raises(ValueError, match="already registered"):
        registered.register("polite")(Longest)
    with pytest.raises(ValueError, match="already registered"):
        registered.register("accuracy")(Longest)
    assert registered.get("polite") is Length
    assert registered.get("accuracy") is not Longest
    registered.register("polite", replace=True)(Longest)
    assert registered.get("polite") is Longest
    assert rules.signature("polite").level == "group"


@pytest.mark.parametrize("wrong", [int, len, BasePointWiseReward, None])
def test_only_rewards_can_be_registered(registered, wrong):
    with pytest.raises(TypeError, match="BaseReward"):
        registered.register("wrong")(wrong)
    with pytest.raises(ValueError, match="not one word"):
        registered.register("a-b")(Length)


def test_a_pointwise_reward_is_a_rule(registered):
    registered.register("polite")(Length)
    reward = spec("polite(unit = 4)")
    assert reward.score(prompt="p", response="abc") == 0.75
    assert spec("polite()").score(response="abc") == 0.3
    done = reward.evaluate(sample_of("a", "boom", "cc"))
    assert scores(done) == [0.25, None, 0.5]
    assert done.output[1].answer.reward.reason["message"] == "RuntimeError: it went wrong"


def test_the_signature_tells_settings_and_data(registered):
    class Full(Length):
        """What it is.

        And more.
        """

        score_range = (0, 1)
        strict: bool = False
        count: int
        words: list[str] = Field(default_factory=lambda: ["a"])
        mode: Literal["soft", "hard"] = "soft"
        maybe: float | None = None
        other: dict[str, int] = Field(default_factory=dict)
        label: str = "x"

    registered.register("full")(Full)
    known = rules.signature("full")
    settings = {one.name: (one.kind, one.default, one.required) for one in known.arguments if one.role is None}
    assert settings == {
        "unit": ("float", 10.0, False),
        "strict": ("bool", False, False),
        "count": ("int", None, True),
        "words": ("list", ["a"], False),
        "mode": ("text", "soft", False),
        "maybe": ("float", None, False),
    }
    assert known.argument("mode").choices == ("soft", "hard")
    assert known.argument("unit").doc == "characters that make 1"
    assert [(one.name, one.optional) for one in known.arguments if one.role] == [
        ("text", False),
        ("messages", True),
        ("reference", True),
        ("label", True),
        ("metadata", True),
    ]
    assert (known.range, known.level, known.returns) == ((0.0, 1.0), "response", "float")
    assert known.doc == "What it is.\n\nAnd more."
    assert spec("full(count = 3)", kind="score[0, 1]").score(response="abc") == 0.3
    with pytest.raises(SpecError, match="RM205"):
        spec("full()")


def test_settings_are_checked_before_anything_runs(registered):
    registered.register("polite")(Length)
    for arguments, code in (("unit = 0.0", "RM301"), ("nuit = 1.0", "RM204"), ('unit = "x"', "RM301")):
        with pytest.raises(SpecError, match=code):
            spec(f"polite({arguments})")


def test_the_range_is_unbounded_unless_declared(registered):
    registered.register("polite")(Length)
    assert rules.signature("polite").range == (-math.inf, math.inf)
    with pytest.raises(ValueError, match="empty range"):
        registered.register("empty")(type("Empty", (Length,), {"score_range": (1, 0), "__module__": __name__}))


def test_a_rule_hands_over_what_the_sample_says(registered):
    seen = []

    class Looks(BasePointWiseReward):
        name: str

        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            messages = [(str(message.role), message.content) for message in sample.input]
            seen.append((self.name, messages, sample.output[0].answer.label, sample.metadata))
            return result(1.0)

    registered.register("looks")(Looks)
    reward = spec("looks()")
    metadata = {"k": [1]}
    reward.score(prompt="p", response="a", reference="42", label={"preference": "chosen"}, metadata=metadata)
    reward.score(response="a")
    sample = sample_of("a")
    sample.output[0].answer.label = {"reference": 5, "x": 1}
    reward.evaluate(sample)
    assert seen == [
        ("looks", [("user", "p")], {"preference": "chosen", "reference": "42"}, {"k": [1]}),
        ("looks", [], {}, None),
        ("looks", [("user", "question")], {"reference": 5, "x": 1}, None),
    ]


@pytest.mark.parametrize("optimize", [True, False])
@pytest.mark.parametrize(
    ("kind", "expected"), [(Longest, [0.0, 1.0, 0.0]), (Longer, [0.0, 1.0, 0.5])], ids=["listwise", "pairwise"]
)
def test_a_comparing_reward_is_a_rule_of_the_group(registered, kind, expected, optimize):
    calls = []

    class Counts(kind):
        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            calls.append(len(sample.output))
            return super()._evaluate(sample)

    registered.register("compares")(Counts)
    text = "rmcompose 1\ncomposition main -> float {\n  rule r = compares()\n  return r\n}\n"
    done = loads(text, optimize=optimize).evaluate(sample_of("a", "ccc", "bb"))
    assert scores(done) == expected
    assert len(calls) == (1 if kind is Longest else 3)


def test_an_unscored_response_of_a_group_is_unscored_in_a_spec(registered):
    class Fails(Longer):
        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            if {output.answer.content for output in sample.output} == {"a", "bb"}:
                raise RuntimeError("no")
            return super()._evaluate(sample)

    registered.register("fails")(Fails)
    assert scores(spec("fails()").evaluate(sample_of("a", "bb", "ccc"))) == [None, None, 1.0]
    done = spec("fails()").evaluate(sample_of("a", "bb"))
    assert [output.answer.reward.reason["message"] for output in done.output] == ["RuntimeError: no"] * 2


def test_a_stepwise_reward_reads_the_steps_of_the_sample(registered):
    registered.register("steps_length")(StepLength)
    bound = spec("steps_length()")
    assert scores(bound.evaluate(sample_of("x", steps=["a", "bbb"]))) == [2.0]
    lost = bound.evaluate(sample_of("x")).output[0].answer.reward
    assert (lost.score, lost.reason["kind"]) == (None, "missing_input")
    reward = spec("steps_length(steps = steps)", "input steps: list")
    assert scores(reward.evaluate(sample_of("x", steps=["a", "bbb"]))) == [2.0]
    assert reward.score(response="x", steps=["a", "bb", "ccc"]) == 2.0


def test_a_stepwise_reward_sees_the_labels_of_steps(registered):
    class Labelled(StepLength):
        def _evaluate(self, sample, **kwargs):
            step = sample.output[0].steps[0]
            detail = RewardDimensionWithScore(name="l", score=float(step.label["label"]), reason=step.content)
            return RewardResult(name=self.name, details=[detail])

    registered.register("labelled")(Labelled)
    row = {"response": "x", "steps": [{"text": "a", "label": 1}, {"text": "b", "label": 0}]}
    assert spec("labelled()").scores([row]) == [[0.5]]


def test_a_reward_that_specs_cannot_make_says_why(registered):
    class Needs(Length):
        table: dict[str, float]

    class Asks(BaseLLMReward, BasePointWiseReward):
        name: str = "asks"
        template: type[BasePromptTemplate] = BasePromptTemplate

    class Checks(Length):
        def model_post_init(self, context: Any, /) -> None:
            raise RuntimeError("not today")

    for name, kind, said in (
        ("needs", Needs, "its field `table` has no default"),
        ("asks", Asks, "has no `llm`"),
        ("checks", Checks, "not today"),
    ):
        registered.register(name)(kind)
        reason = spec(f"{name}()").trace({"response": "a"})["responses"][0]["reason"]
        assert reason["kind"] == "rule_error"
        assert said in reason["message"]


def test_a_default_need_not_be_valid(registered):
    class Sloppy(Length):
        unit: float = None  # type: ignore[assignment]

        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            return result(float(self.unit is None))

    registered.register("sloppy")(Sloppy)
    assert spec("sloppy()").score(response="a") == 1.0


def test_the_reason_of_a_rule_error_goes_along(registered):
    class Refuses(Length):
        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            raise RuleError("will not", "refused")

    registered.register("refuses")(Refuses)
    reason = spec("refuses()").trace({"response": "a"})["responses"][0]["reason"]
    assert reason == {"kind": "refused", "node": "r", "message": "will not"}


def test_a_judge_in_python_stands_beside_one_of_the_language(registered, chat_server):
    server = chat_server('<score>0.5</score> {"reason": "r", "score": 1}')
    model = OpenaiLLM(model="m", base_url=server.url)

    class Template(BasePromptTemplate):
        score: float

        @classmethod
        def format(cls, answer: str) -> str:
            return f"How good is {answer}?"

    class Judge(BaseLLMReward, BasePointWiseReward):
        name: str = "judge"
        template: type[BasePromptTemplate] = Template
        llm: OpenaiLLM = model

        def _before_evaluate(self, sample: Any, **kwargs: Any) -> dict[str, str]:
            return {"answer": sample.output[0].answer.content}

        def _after_evaluate(self, response: Any, **kwargs: Any) -> RewardResult:
            return result(response.score)

    registered.register("in_python")(Judge)
    client = Client(Config({}, {"OPENAI_BASE_URL": server.url}), cache=False)
    text = """rmcompose 1
composition main -> float {
  rule one = in_python()
  judge two: score[0, 1] { model = "m"  given = [response]  rubric "Good?" }
  return one + two
}
"""
    with client:
        assert loads(text, client=client).scores([{"response": "a"}, {"response": "b"}]) == [[1.5], [1.5]]
    model.close()
    assert len(server.bodies) == 4
