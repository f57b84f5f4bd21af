"""Judges: rubrics put to a model.

In come a `JudgeSpec`, the values it may see and a `Client`; out goes an `Answer`, a number in the judge's range or the
reason why there is none. Look first at `spec.py` and `pointwise.py`, then `comparing.py` and `session.py`.
"""

from rmcompose.runtime.judging.budget import Budget
from rmcompose.runtime.judging.cassette import CassetteError, CassetteMiss
from rmcompose.runtime.judging.comparing import compare
from rmcompose.runtime.judging.config import Config, ConfigError
from rmcompose.runtime.judging.pointwise import ask
from rmcompose.runtime.judging.session import Client, Usage
from rmcompose.runtime.judging.spec import Answer, CriterionSpec, JudgeSpec
from rmcompose.runtime.judging.transport import Backoff

__all__ = [
    "Answer",
    "Backoff",
    "Budget",
    "CassetteError",
    "CassetteMiss",
    "Client",
    "Config",
    "ConfigError",
    "CriterionSpec",
    "JudgeSpec",
    "Usage",
    "ask",
    "compare",
]
