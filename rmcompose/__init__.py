"""rmcompose: a declarative language for reward graphs.

Everything that users need is here and loaded when it is first used: `load` a spec and score with it, `check` it, or
write rewards in Python. Look first at `load` and `RMComposition`; `help(rmcompose)` and the docs tell the rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rmcompose.benchmarking.bench import bench
    from rmcompose.compiler import ParamError, TargetError, check, dumps, load, loads, parse
    from rmcompose.data.native import as_sample
    from rmcompose.data.schema import (
        ChatMessage,
        ChatResponse,
        DataOutput,
        DataSample,
        MessageRole,
        Reward,
        RewardDimensionWithRank,
        RewardDimensionWithScore,
        RewardResult,
        Step,
        format_messages,
    )
    from rmcompose.diagnostics import Diagnostic, SpecError
    from rmcompose.learning.errors import FitError
    from rmcompose.learning.fitting import fit
    from rmcompose.learning.report import FitReport
    from rmcompose.primitives.failure import RuleError
    from rmcompose.primitives.registry import register
    from rmcompose.reporting.report import report
    from rmcompose.rescoring.comparing import diff
    from rmcompose.rescoring.errors import NeedsError, ResultsError
    from rmcompose.rescoring.rescoring import rescore
    from rmcompose.rewards import (
        BaseListWiseReward,
        BaseLLM,
        BaseLLMReward,
        BasePairWiseReward,
        BasePointWiseReward,
        BasePromptTemplate,
        BaseReward,
        BaseStepWiseReward,
        LLMError,
        OpenaiLLM,
        RewardRegistry,
    )
    from rmcompose.runtime.composition import RMComposition, Unscored
    from rmcompose.selection.best import best_of_n
    from rmcompose.selection.keep import filter  # noqa: A004  # the name of the command

    __version__: str

__all__ = [
    "BaseLLM",
    "BaseLLMReward",
    "BaseListWiseReward",
    "BasePairWiseReward",
    "BasePointWiseReward",
    "BasePromptTemplate",
    "BaseReward",
    "BaseStepWiseReward",
    "ChatMessage",
    "ChatResponse",
    "DataOutput",
    "DataSample",
    "Diagnostic",
    "FitError",
    "FitReport",
    "LLMError",
    "MessageRole",
    "NeedsError",
    "OpenaiLLM",
    "ParamError",
    "RMComposition",
    "ResultsError",
    "Reward",
    "RewardDimensionWithRank",
    "RewardDimensionWithScore",
    "RewardRegistry",
    "RewardResult",
    "RuleError",
    "SpecError",
    "Step",
    "TargetError",
    "Unscored",
    "__version__",
    "as_sample",
    "bench",
    "best_of_n",
    "check",
    "diff",
    "dumps",
    "filter",
    "fit",
    "format_messages",
    "load",
    "loads",
    "parse",
    "register",
    "report",
    "rescore",
]

_MODULES = {
    "rmcompose.benchmarking.bench": "bench",
    "rmcompose.compiler": "ParamError TargetError check dumps load loads parse",
    "rmcompose.data.native": "as_sample",
    "rmcompose.data.schema": "ChatMessage ChatResponse DataOutput DataSample MessageRole Reward "
    "RewardDimensionWithRank RewardDimensionWithScore RewardResult Step format_messages",
    "rmcompose.diagnostics": "Diagnostic SpecError",
    "rmcompose.learning.errors": "FitError",
    "rmcompose.learning.fitting": "fit",
    "rmcompose.learning.report": "FitReport",
    "rmcompose.primitives.failure": "RuleError",
    "rmcompose.primitives.registry": "register",
    "rmcompose.rescoring.comparing": "diff",
    "rmcompose.rescoring.errors": "NeedsError ResultsError",
    "rmcompose.rescoring.rescoring": "rescore",
    "rmcompose.rewards": "BaseListWiseReward BaseLLM BaseLLMReward BasePairWiseReward BasePointWiseReward "
    "BasePromptTemplate BaseReward BaseStepWiseReward LLMError OpenaiLLM RewardRegistry",
    "rmcompose.reporting.report": "report",
    "rmcompose.runtime.composition": "RMComposition Unscored",
    "rmcompose.selection.best": "best_of_n",
    "rmcompose.selection.keep": "filter",
}
_HOME = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = _version()
    elif name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("rmcompose")
    except PackageNotFoundError:  # run from a checkout by its path
        return "(not installed)"
