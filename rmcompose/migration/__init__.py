"""Rewards of other systems as specs: their configuration comes in, a document and what a user must know come out.

`rm_gallery` reads the dict of a `SimpleComposition`, `openjudge` the grader configs of a `GradingRunner`. Look first at
`spec.py` for what both make, then at the tables beside each: what is there under which name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rmcompose.migration.findings import ConversionError
    from rmcompose.migration.openjudge import from_openjudge
    from rmcompose.migration.rm_gallery import from_simple_composition
    from rmcompose.migration.spec import Converted

_HOMES = {
    "ConversionError": "findings",
    "Converted": "spec",
    "from_openjudge": "openjudge",
    "from_simple_composition": "rm_gallery",
}

__all__ = ["ConversionError", "Converted", "from_openjudge", "from_simple_composition"]


def __getattr__(name: str) -> Any:
    """What is asked for, imported then."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
