"""Rewards written in Python, with the classes and the contract that users of RM-Gallery know.

In come samples and a subclass's `_evaluate`, out go copies of the samples with the reward of each response filled in,
or the reason why it has none; a registered class is a rule of specs, too. Look first at `base.py` and `pointwise.py`,
then at `llm_reward.py` and `registry.py`.
"""

from rmcompose.rewards.base import BaseReward
from rmcompose.rewards.chat import BaseLLM, LLMError
from rmcompose.rewards.listwise import BaseListWiseReward, BasePairWiseReward
from rmcompose.rewards.llm_reward import BaseLLMReward
from rmcompose.rewards.openai_llm import OpenaiLLM
from rmcompose.rewards.pointwise import BasePointWiseReward
from rmcompose.rewards.registry import RewardRegistry
from rmcompose.rewards.stepwise import BaseStepWiseReward
from rmcompose.rewards.template import BasePromptTemplate

__all__ = [
    "BaseLLM",
    "BaseLLMReward",
    "BaseListWiseReward",
    "BasePairWiseReward",
    "BasePointWiseReward",
    "BasePromptTemplate",
    "BaseReward",
    "BaseStepWiseReward",
    "LLMError",
    "OpenaiLLM",
    "RewardRegistry",
]
