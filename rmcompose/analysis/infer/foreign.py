"""What to say of a function that does not exist: the right word for what other languages call it."""

from __future__ import annotations

from rmcompose.diagnostics.suggest import nearest
from rmcompose.ir import AGGREGATES, FUNCTIONS
from rmcompose.primitives import registry

_WORDS = {
    "average": "mean",
    "avg": "mean",
    "clip": "clamp",
    "iif": "if … then … else",
    "ln": "log",
    "lowercase": "lower",
    "maximum": "max",
    "minimum": "min",
    "pow": "exp",
    "scale": "normalize",
    "size": "len",
    "length": "len",
    "regex": "matches",
    "switch": "route",
    "tolower": "lower",
    "total": "sum",
}


def proposal(name: str) -> tuple[str, ...]:
    """The help for an unknown function."""
    if name in AGGREGATES:
        return (f"it is an aggregate: `aggregate x = {name} {{ member … }}`",)
    if registry.signature(name) is not None:
        return (f"it is a rule: `rule x = {name}(…)`",)
    found = _WORDS.get(name.lower()) or nearest(name, FUNCTIONS)
    return (f"did you mean `{found}`?",) if found is not None else ()
