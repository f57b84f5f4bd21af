"""Judges: rubrics put to a model.

In come a `JudgeSpec`, the values it may see and a client; out goes an `Answer`, a number in the judge's range or the
reason why there is none. Look first at `spec.py` and `pointwise.py`, then `questions.py` and `comparing.py`.
"""

from rmcompose.runtime.judging.comparing import compare
from rmcompose.runtime.judging.pointwise import ask
from rmcompose.runtime.judging.spec import Answer, CriterionSpec, JudgeSpec

__all__ = [
    "Answer",
    "CriterionSpec",
    "JudgeSpec",
    "ask",
    "compare",
]
