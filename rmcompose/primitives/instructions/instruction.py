"""How a check becomes the rule of an instruction: its id, its name, and IFEval's two ways of applying it.

A check is a function of a text and the instruction's settings. IFEval (Zhou et al. 2023, arXiv 2311.07911) applies it
to the response as it is (*strict*) or to eight variants of it, one of which must pass (*loose*); a response of white
space follows nothing.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.pictures.declared import Variants
from rmcompose.primitives.registry import TEXT, register, setting

Check = Callable[..., bool]
Function = TypeVar("Function", bound=Check)

MODES = ("strict", "loose")
MODE = setting("`strict`, the response as it is, or `loose`, any of eight variants of it", choices=MODES)
RELATIONS = ("less than", "at least")
RELATION = setting("`less than` the number, or `at least` the number", choices=RELATIONS)


class Instruction(NamedTuple):
    """An instruction: its id in IFEval, the rule that checks it, the check itself and the names of its settings."""

    id: str
    rule: str
    check: Check
    settings: tuple[str, ...]


INSTRUCTIONS: dict[str, Instruction] = {}
"""By IFEval's id. `rows.instruction_of` looks one up and loads the modules first."""


def variants(text: str) -> list[str]:
    """IFEval's eight variants: without the first line, the last, both; each also without asterisks."""
    lines = text.split("\n")
    whole = [text, *("\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1]))]
    return list(dict.fromkeys([*whole, *(one.replace("*", "") for one in whole)]))


def followed(check: Check, text: str, mode: str, settings: Mapping[str, Any]) -> bool:
    """Whether the instruction is followed. Raises `RuleError` where a setting is wrong."""
    if mode not in MODES:
        raise RuleError(f"`mode` is `{mode}`: it must be `strict` or `loose`")
    texts = [text] if mode == "strict" else variants(text)
    # checked before white space is: a wrong setting is an error whatever the text is
    return any(check(one, **settings) and bool(one.strip()) for one in texts)


def holds(count: int, relation: str, number: int) -> bool:
    """Whether a count stands in IFEval's relation to a number."""
    if relation not in RELATIONS:
        raise RuleError(f"`relation` is `{relation}`: it must be `less than` or `at least`")
    return count < number if relation == "less than" else count >= number


def filled(name: str, value: str) -> str:
    """A setting without white space around it. Raises `RuleError` where nothing is left."""
    stripped = value.strip()
    if not stripped:
        raise RuleError(f"`{name}` is empty")
    return stripped


def instruction(
    identifier: str,
    name: str,
    *,
    example: str,
    arguments: Mapping[str, Any] | None = None,
    found: Callable[..., str] | None = None,
    quirks: str = "",
    needs: tuple[str, ...] = (),
    picture: Variants | None = None,
) -> Callable[[Function], Function]:
    """Registers a check as the rule `name`; IFEval's id becomes an alias, so that it can be looked up.

    The rule takes the settings of the check and `mode`. `found(text, **settings)` says for traces what the text has.
    """

    def decorate(check: Function) -> Function:
        def rule(text: str, mode: str = "strict", **settings: Any) -> bool:
            return followed(check, text, mode, settings)

        def explain(_value: bool, text: str, mode: str = "strict", **settings: Any) -> str:
            said = found(text, **settings) if found is not None else ""
            return f"{said}, {mode}" if said else f"{identifier}, {mode}"

        shape = inspect.signature(check)
        mode = inspect.Parameter("mode", inspect.Parameter.KEYWORD_ONLY, default="strict", annotation=str)
        rule.__signature__ = shape.replace(parameters=[*shape.parameters.values(), mode])  # type: ignore[attr-defined]  # read by inspect.signature
        rule.__annotations__ = {**typing.get_type_hints(check), "mode": str}
        rule.__doc__ = f"{inspect.getdoc(check)}\n\nIFEval `{identifier}` (Zhou et al. 2023)."
        rule.__name__, rule.__module__ = name, check.__module__
        register(
            name,
            returns="bool",
            arguments={"text": TEXT, **(arguments or {}), "mode": MODE},
            example=example,
            explain=explain,
            aliases=(identifier,),
            quirks=quirks,
            needs=needs,
            picture=picture,
        )(rule)
        settings = tuple(one for one in shape.parameters if one != "text")
        INSTRUCTIONS[identifier] = Instruction(identifier, name, check, settings)
        return check

    return decorate
