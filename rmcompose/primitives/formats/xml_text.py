"""Whether a text is XML, read by expat without entities, and whether it has the elements it should."""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.formats.fences import unfenced
from rmcompose.primitives.registry import TEXT, register, setting

_MOST_CHARACTERS = 5_000_000


class _NotXmlError(Exception):
    """The text is not well-formed, or not what is looked for."""


def _refuse_entity(*_: Any) -> None:
    raise RuleError("the XML declares entities, which are not read")


def _names(text: str) -> tuple[str, set[str]]:
    """The root and the names of all elements. Raises `_NotXmlError`, or `RuleError` where the text is not read."""
    if len(text) > _MOST_CHARACTERS:
        raise RuleError(f"the text is too long to read as XML: {len(text)} characters, at most {_MOST_CHARACTERS}")
    # the text is given in UTF-8 whatever its declaration says
    parser = expat.ParserCreate(encoding="utf-8")
    root: list[str] = []
    found: set[str] = set()

    def start(name: str, _attributes: dict[str, str]) -> None:
        if not root:
            root.append(name)
        found.add(name)

    parser.StartElementHandler = start
    # no entity is ever expanded or fetched: expansion is how a kilobyte becomes a gigabyte
    parser.EntityDeclHandler = _refuse_entity
    try:
        parser.Parse(text.strip().encode(), True)
    except expat.ExpatError as fault:
        message = expat.errors.messages.get(fault.code, "not well-formed")
        raise _NotXmlError(f"{message} at line {fault.lineno}, column {fault.offset + 1}") from None
    except UnicodeEncodeError:
        raise _NotXmlError("half of a surrogate pair") from None
    return root[0], found


def _texts(elements: Any) -> list[str]:
    names = list(elements or ())
    if not all(isinstance(name, str) for name in names):
        raise RuleError("`elements` must be a list of names")
    return names


def _fault(text: str, root: str, elements: Any) -> str:
    names = _texts(elements)
    try:
        first, found = _names(text)
    except _NotXmlError as fault:
        return f"it is not XML: {fault}"
    if root and first != root:
        return f"the root is `{first[:60]}`"
    lacking = next((name for name in names if name not in found), None)
    return "" if lacking is None else f"there is no `{lacking}`"


def _explain(_value: bool, text: str, root: str = "", elements: Any = None, fence: bool = False) -> str:
    return _fault(unfenced(text) if fence else text, root, elements) or "it is XML"


@register(
    "xml_valid",
    returns="bool",
    arguments={
        "text": TEXT,
        "root": setting("the name of the outermost element; empty for any"),
        "elements": setting("names of elements that must occur somewhere"),
        "fence": setting("whether a code fence around the whole text is taken off first"),
    },
    explain=_explain,
    example='xml_valid(text = "<a><b x=\'1\'/></a>", root = "a", elements = ["b"]) -> true',
)
def xml_valid(text: str, root: str = "", elements: list | None = None, fence: bool = False) -> bool:  # type: ignore[type-arg]  # a list of a spec
    """Whether the whole text is one well-formed XML document, with the root and the elements that are asked for.

    Names are compared as written, prefix included. A text with several outermost elements is not a document. A
    document that declares entities is unscored: they are never expanded, and nothing is fetched. White space around
    the document is left out, and an encoding that it declares does not count.
    """
    return not _fault(unfenced(text) if fence else text, root, elements)
