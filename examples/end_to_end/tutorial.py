"""A factuality reward from end to end: in Python step by step, then as the ten lines of `main.rm`.

    python tutorial.py           # the judge is a stand-in on loopback: no key, no network
    python tutorial.py --model   # the judge is the model `judge` of your rmcompose.toml

README.md walks through it.
"""

from __future__ import annotations

import argparse
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pydantic import Field
from stand_in import judge

import rmcompose as rm
from rmcompose.runtime.client import Client, Config, ConfigError

HERE = Path(__file__).parent


# 1. Data: one question a row, with several answers and what is known to be right.


def load_samples() -> list[rm.DataSample]:
    """The rows of `data.jsonl` as samples; `reference` is in the label of every answer."""
    lines = (HERE / "data.jsonl").read_text(encoding="utf-8").splitlines()
    return [rm.as_sample(json.loads(line)) for line in lines]


# 2. A rule: what code can see.


@rm.RewardRegistry.register("known_fact")
class KnownFact(rm.BasePointWiseReward):
    """Whether an answer holds the reference, in whatever letter case."""

    score_range = (0.0, 1.0)
    name: str = "known_fact"

    def _evaluate(self, sample: rm.DataSample, **kwargs: Any) -> rm.RewardResult[rm.RewardDimensionWithScore]:
        answer = sample.output[0].answer
        reference = answer.label["reference"]
        found = reference.casefold() in answer.content.casefold()
        reason = f"`{reference}` is {'' if found else 'not '}in the answer"
        detail = rm.RewardDimensionWithScore(name=self.name, score=float(found), reason=reason)
        return rm.RewardResult(name=self.name, details=[detail])


# 3. A judge of each answer: a template says what is asked and what shape the reply has.

RUBRICS = ["Every statement is true.", "The question is answered."]


class FactualityTemplate(rm.BasePromptTemplate):
    """One question with one answer to it."""

    score: float = Field(description="a number from 0 (no rubric holds) to 1 (all of them hold)", ge=0, le=1)

    @classmethod
    def format(cls, rubrics: list[str], question: str, answer: str, **kwargs: Any) -> str:
        """What the model is asked."""
        numbered = "\n".join(f"{number}. {rubric}" for number, rubric in enumerate(rubrics, start=1))
        shown = f"{numbered}\n\n{question}\n\nAnswer: {answer}"
        return f"Grade the answer by the rubrics.\n\n{shown}\n\n{cls.schema(**kwargs)}"


@rm.RewardRegistry.register("llm_factuality")
class LLMFactuality(rm.BaseLLMReward, rm.BasePointWiseReward):
    """How factual a model finds an answer."""

    score_range = (0.0, 1.0)
    name: str = "llm_factuality"
    rubrics: list[str] = RUBRICS
    template: type[rm.BasePromptTemplate] = FactualityTemplate

    def _before_evaluate(self, sample: rm.DataSample, **kwargs: Any) -> dict[str, Any]:
        question, answer = rm.format_messages(sample.input), sample.output[0].answer.content
        return {"rubrics": self.rubrics, "question": question, "answer": answer}

    def _after_evaluate(
        self, response: FactualityTemplate, **kwargs: Any
    ) -> rm.RewardResult[rm.RewardDimensionWithScore]:
        detail = rm.RewardDimensionWithScore(name=self.name, score=response.score, reason=response.reason)
        return rm.RewardResult(name=self.name, details=[detail])


# 4. A judge of all answers side by side.


class ComparativeTemplate(rm.BasePromptTemplate):
    """One question with all answers to it."""

    ranking: list[list[int]] = Field(
        description="groups of answer numbers as JSON, best first, equally true ones together: [[2], [1, 3]]"
    )

    @classmethod
    def format(cls, question: str, answers: list[str], **kwargs: Any) -> str:
        """What the model is asked."""
        shown = "\n\n".join(f"Answer {number}: {answer}" for number, answer in enumerate(answers, start=1))
        return f"Rank the answers by how true they are.\n\n{question}\n\n{shown}\n\n{cls.schema(**kwargs)}"


@rm.RewardRegistry.register("comparative_factuality")
class ComparativeFactuality(rm.BaseLLMReward, rm.BaseListWiseReward):
    """The share of the other answers that a model finds less true, an equally true one counting half."""

    score_range = (0.0, 1.0)
    name: str = "comparative_factuality"
    template: type[rm.BasePromptTemplate] = ComparativeTemplate

    def _before_evaluate(self, sample: rm.DataSample, **kwargs: Any) -> dict[str, Any]:
        answers = [output.answer.content for output in sample.output]
        if len(answers) < 2:
            raise rm.RuleError("there is nothing to compare the answer with", "abstained")
        return {"question": rm.format_messages(sample.input), "answers": answers}

    def _after_evaluate(
        self, response: ComparativeTemplate, sample: rm.DataSample, **kwargs: Any
    ) -> rm.RewardResult[rm.RewardDimensionWithRank]:
        count = len(sample.output)
        if sorted(number for group in response.ranking for number in group) != list(range(1, count + 1)):
            raise ValueError(f"the ranking does not name each of 1 to {count} once")  # and the model is asked again
        shares = [0.0] * count
        below = count
        for group in response.ranking:
            below -= len(group)
            for number in group:
                shares[number - 1] = (below + (len(group) - 1) / 2) / (count - 1)
        detail = rm.RewardDimensionWithRank(name=self.name, rank=shares, reason=response.reason)
        return rm.RewardResult(name=self.name, details=[detail])


# 5. to 8. use them; 9. is the same as a spec.


def main() -> int:
    """Prints every step. Returns 0 where the spec and Python agree, or where a real model was asked."""
    parser = argparse.ArgumentParser(description="A factuality reward from end to end.")
    parser.add_argument("--model", action="store_true", help="ask the model `judge` of rmcompose.toml")
    real = parser.parse_args().model
    try:
        with ExitStack() as stack:
            config = Config.load() if real else Config({"judge": {"base_url": stack.enter_context(judge())}}, {})
            return steps(config, stack, real=real)
    except ConfigError as error:  # no model `judge`, or no key for it
        parser.error(str(error))


def steps(config: Config, stack: ExitStack, *, real: bool) -> int:
    """The numbered steps from 5 on, with the model `judge` of a configuration."""
    samples = load_samples()
    answers = sum(len(sample.output) for sample in samples)
    print(f"1. data: {len(samples)} samples with {answers} answers")

    print("2. to 5. rewards by name")
    where = config.endpoint("judge")
    llm = rm.OpenaiLLM(model=where.model, base_url=where.base_url, api_key=where.key)
    stack.callback(llm.close)
    rewards: dict[str, rm.BaseReward] = {
        "known": rm.RewardRegistry.get("known_fact")(),
        "factual": rm.RewardRegistry.get("llm_factuality")(llm=llm),
        "compared": rm.RewardRegistry.get("comparative_factuality")(llm=llm),
    }
    for node, reward in rewards.items():
        print(f"   {node:9} {type(reward).__name__}")

    print("6. every reward over all samples, four workers")
    found = {node: [scores_of(one) for one in reward.evaluate_batch(samples, 4)] for node, reward in rewards.items()}
    for node, each in found.items():
        print(f"   {node:9} {told(each[0])} …")

    print("7. one number: the judge of each answer counts twice")
    found["total"] = [
        [weighted(*one) for one in zip(*three, strict=True)]
        for three in zip(found["known"], found["factual"], found["compared"], strict=True)
    ]
    for sample, total in zip(samples, found["total"], strict=True):
        print(f"   {sample.unique_id:9} {told(total)}")

    print("8. the best answer of the first sample")
    best = rewards["factual"].best_of_n(samples[0], n=1).output[0].answer
    print(f"   {best.reward.score} {best.content}")

    print("9. the same from main.rm")
    with rm.load(HERE / "main.rm", client=Client(config, cache=False)) as spec:
        lines = [spec.trace(sample) for sample in samples]
    same = 0
    for index, (sample, line) in enumerate(zip(samples, lines, strict=True)):
        equal = all(in_spec(line, node) == each[index] for node, each in found.items())
        same += equal
        print(f"   {sample.unique_id:9} {told(in_spec(line, 'total'))} {'equal to the bit' if equal else 'DIFFERENT'}")
    print(f"{same} of {len(samples)} samples have the same scores, rule, judges and total, to the bit")
    if real:
        print("(a model may answer the two ways of asking differently)")
    return 0 if real or same == len(samples) else 1


def scores_of(sample: rm.DataSample) -> list[float | None]:
    """The scores of a sample's answers, None where there is none."""
    return [output.answer.reward.score for output in sample.output]


def weighted(known: float | None, factual: float | None, compared: float | None) -> float | None:
    """The weighted mean. A reward without a score is not left out: then there is no mean."""
    if known is None or factual is None or compared is None:
        return None
    return (1 * known + 2 * factual + 1 * compared) / (1 + 2 + 1)


def in_spec(line: dict[str, Any], node: str) -> list[float | None]:
    """What a node of the spec came to, for each answer."""
    return [response["nodes"][node]["value"] for response in line["responses"]]


def told(scores: list[float | None]) -> str:
    """Scores as text, every digit of them."""
    return " ".join("-" if score is None else repr(score) for score in scores)


if __name__ == "__main__":
    raise SystemExit(main())
