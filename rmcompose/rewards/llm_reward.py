"""Rewards that ask a chat model: from the sample to a prompt, from the reply to a result."""

from __future__ import annotations

import inspect
from typing import Any

from pydantic import Field

from rmcompose.data.native import as_sample
from rmcompose.data.schema import DataSample, RewardResult
from rmcompose.primitives.failure import RuleError
from rmcompose.rewards.base import BaseReward, Row
from rmcompose.rewards.chat import BaseLLM
from rmcompose.rewards.outcome import one_line
from rmcompose.rewards.template import BasePromptTemplate


class BaseLLMReward(BaseReward):
    """Adds a chat model to a shape: `class Mine(BaseLLMReward, BasePointWiseReward)`, in either order.

    A subclass sets `template` and implements `_before_evaluate` (the arguments of the template's `format`) and
    `_after_evaluate` (the result from the parsed reply). The model is asked `max_retries` times at most until its reply
    can be read; one that cannot be read is `malformed_reply`, and what the model's server refuses or fails at is
    `refused`, `timeout` or `provider_error`. The prompt is kept in the result's `extra_data`.
    """

    llm: BaseLLM | None = Field(default=None, description="the chat model that is asked")
    template: type[BasePromptTemplate] = Field(default=BasePromptTemplate, description="prompt and shape of the reply")
    max_retries: int = Field(default=3, ge=1, description="how often the model is asked until its reply can be read")

    def _before_evaluate(self, sample: DataSample, **kwargs: Any) -> dict[str, Any]:  # noqa: ARG002  # what overriding methods get
        """The arguments of the template's `format` for one part of a sample; none by default."""
        return {}

    def _after_evaluate(self, response: Any, *args: Any, **kwargs: Any) -> RewardResult[Any]:  # noqa: ARG002  # as above
        """The result from the parsed reply, an instance of `template`; `kwargs` hold the `sample`.

        A ValueError or LookupError says that the reply cannot be used, and the model is asked again. By default there
        are no details, and the reply is kept in `extra_data`.
        """
        return RewardResult(name=self.name, details=[], extra_data=response.model_dump())

    def _evaluate(self, sample: DataSample, **kwargs: Any) -> RewardResult[Any]:
        llm = self._model()
        prompt = self._prompt(sample, kwargs)
        for asked in range(1, self.max_retries + 1):
            text = _reply(llm, prompt)
            try:
                response = self.template.parse(text)
                result = self._after_evaluate(response=response, sample=sample, **kwargs)
            except (ValueError, LookupError) as error:
                if asked == self.max_retries:
                    said = str(error) if type(error) is ValueError else one_line(error)
                    raise RuleError(f"{said} (asked {asked} times)", "malformed_reply") from error
            else:
                break
        if isinstance(result, RewardResult):
            result.extra_data["prompt"] = prompt
        return result

    def format(self, sample: Row, **kwargs: Any) -> DataSample:
        """A dry run: a copy of the sample with each prompt in the extra data as `prompt`; no model is asked.

        Raises whatever `_before_evaluate` and the template's `format` raise.
        """
        opened = as_sample(sample)
        parts = [part.model_copy(deep=True) for part in self._parts(opened)]
        self._keep(opened, [{"prompt": self._prompt(part, kwargs)} for part in parts])
        return opened

    def _ready(self) -> None:
        super()._ready()
        self._model()

    def _model(self) -> BaseLLM:
        if self.llm is None:
            raise ValueError(f"the reward `{self.name}` has no `llm`")
        return self.llm

    def _prompt(self, sample: DataSample, kwargs: dict[str, Any]) -> str:
        values = self._before_evaluate(sample=sample, **kwargs)
        takes = inspect.signature(self.template.format).parameters.values()
        if any(one.kind is one.VAR_KEYWORD or one.name == "enable_thinking" for one in takes):
            values = {"enable_thinking": self.llm is not None and self.llm.enable_thinking, **values}
        return self.template.format(**values)


def _reply(llm: BaseLLM, prompt: str) -> str:
    """What the model says. A model of the user's own may raise anything; that is its provider's trouble."""
    try:
        return llm.simple_chat(query=prompt)
    except RuleError:
        raise
    except TimeoutError as error:
        raise RuleError(one_line(error), "timeout") from error
    except Exception as error:
        raise RuleError(one_line(error), "provider_error") from error
