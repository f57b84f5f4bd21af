"""The text of a spec with other defaults of its params, and not a character changed elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from rmcompose.diagnostics import Source
from rmcompose.ir import Composition, Constant, Document, Param
from rmcompose.ir.constants import evaluate
from rmcompose.ir.types import Number
from rmcompose.learning.errors import FitError


def with_defaults(source: Source, document: Document, composition: str, values: Mapping[str, Number]) -> str:
    """The text of `source` in which these params of a composition have these defaults.

    The document must be as it was read from the source, with its spans. Raises FitError where a default cannot be
    replaced where it stands: it is written once for several places (an alias of YAML).
    """
    [before] = [one for one in document.compositions if one.name == composition]
    text = source.text
    for param in sorted(before.params, key=_place, reverse=True):
        if param.name in values and evaluate(param.default, {}) != values[param.name]:
            span = param.default.span
            assert span is not None
            text = text[: span.start] + written(values[param.name]) + text[span.end :]
    _check(source, text, document, composition, values)
    return text


def written(value: Number) -> str:
    """A number as a literal of both syntaxes, with its sign and without an exponent."""
    if isinstance(value, int):
        return str(value)
    text = format(Decimal(repr(value)), "f")
    return text if "." in text else f"{text}.0"


def _place(param: Param) -> int:
    return param.default.span.start if param.default.span is not None else -1


def _check(source: Source, text: str, document: Document, name: str, values: Mapping[str, Number]) -> None:
    """That the new text reads as the old one but for these defaults, with the same comments."""
    from rmcompose.syntax import read

    old, new = read(source), read(Source(source.path, text))
    same = (
        new.document is not None
        and not any(one.is_error for one in new.diagnostics)
        and _without(new.document, name, values) == _without(document, name, values)
        and [one.text for one in new.comments] == [one.text for one in old.comments]
    )
    if same:
        assert new.document is not None
        [after] = [one for one in new.document.compositions if one.name == name]
        same = all(evaluate(one.default, {}) == values[one.name] for one in after.params if one.name in values)
    if not same:
        raise FitError(
            f"the defaults of `{name}` cannot be written where they stand: does a YAML alias share one with other keys?"
        )


def _without(document: Document, name: str, values: Mapping[str, Number]) -> Document:
    """The document with the defaults of the fitted params blotted out."""

    def blotted(one: Composition) -> Composition:
        if one.name != name:
            return one
        blank = {"default": Constant(value=0)}
        params = tuple(param.model_copy(update=blank) if param.name in values else param for param in one.params)
        return one.model_copy(update={"params": params})

    return document.model_copy(update={"compositions": tuple(blotted(one) for one in document.compositions)})
