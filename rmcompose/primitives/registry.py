"""The registry of primitives: typed signatures that the compiler checks and the runtime calls.

`signature(name)` answers what a rule takes and gives without importing the library the rule needs; `register` adds one.
Look first at `RuleSignature`.

How a rule is called: `call = signature.bind(**constants)` once per composition, then `call(**data)` per response. It
returns a bool, a number or a text; `RuleError` means that it cannot judge this input, which is unscored and not zero.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from rmcompose.primitives.catalogue import BUILT_IN, RULES

if TYPE_CHECKING:
    from rmcompose.primitives.asking import Answer, Ask, Task
    from rmcompose.primitives.pictures.declared import Declared

Role = Literal[
    "text",
    "reference",
    "prompt",
    "messages",
    "label",
    "metadata",
    "steps",
    "list",
    "number",
    "tool_calls",
    "trace",
    "tools",
]
ArgumentKind = Literal["text", "texts", "int", "float", "bool", "list", "any"]
ReturnKind = Literal["bool", "int", "float", "text"]
Level = Literal["sample", "response", "group"]
Law = Literal["symmetric", "reflexive"]
Function = TypeVar("Function", bound=Callable[..., Any])

ROLE_FIELDS: dict[str, str] = {
    "text": "response",
    "reference": "reference",
    "prompt": "prompt",
    "messages": "messages",
    "label": "label",
    "metadata": "metadata",
    "steps": "steps",
    "tool_calls": "response.tool_calls",
    "trace": "response.messages",
    "tools": "tools",
}
"""The sample field that a data argument of each role binds to when it is left out; with a dot it is a path."""
_BY_NAME = frozenset(ROLE_FIELDS) - {"steps"}
"""The roles that an argument has by its name alone; `steps` may as well be a number of them."""

_KINDS: dict[Any, ArgumentKind] = {str: "text", int: "int", float: "float", bool: "bool", list: "list"}


@dataclass(frozen=True, slots=True)
class ArgumentSpec:
    """One argument of a rule.

    `role` is set for data arguments: left out, they bind to the sample. Settings have a `default`; `required` says
    that there is none. `constant` arguments must be known when the composition is compiled (patterns, schemas).
    `choices`, `low` and `high` bound constants. `check`, given a constant, returns a message where it is wrong.
    `optional` data arguments are passed as None where the sample lacks them. The kind `texts` is a text or a list of
    texts, from the annotation `str | list[str]`: several references of which the best counts.
    """

    name: str
    kind: ArgumentKind
    doc: str
    role: str | None = None
    default: Any = None
    required: bool = False
    constant: bool = False
    optional: bool = False
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    check: Callable[[Any], str | None] | None = None


@dataclass(frozen=True, slots=True)
class RuleSignature:
    """What the compiler knows of a rule.

    `returns` is `bool`, `int` or `float`, with the closed range `low`..`high` of its values (infinite where there is
    none). `cost` orders evaluation: 0 trivial, 1 text processing, 2 heavy (a parser, a subprocess). `version` changes
    when values change. `prepare`, where given, is called once per composition with the constant arguments and returns
    the callable that is used per response (a compiled pattern, a loaded schema). `explain`, where given, is called for
    traces only, as `explain(value, **arguments)` with all arguments of the call, and returns one line. `example` is one
    call and its value, `rule(argument = value) -> value`. `needs` names the packages it needs, as in `packages.py`, and
    `needed`, where given, says by its constant arguments which of them a call needs. `laws` are what the rule claims
    for every input, held by a test: `symmetric`, text and reference may change places; `reflexive`, a text that is its
    own reference has the highest value.

    `ask` is given by rules that ask a model for a `task`: where the constant `model` is set, `ask(**arguments)` says
    what is asked, and the function is called with the answers as `answers`, in that order. `asks` names, for each of
    these questions, the arguments that it is made of; `answers` are what the model is taken to say in `example`.

    `picture` says how `rmcompose rules NAME` draws what the rule does; left out, the example is varied.
    """

    name: str
    doc: str
    arguments: tuple[ArgumentSpec, ...]
    returns: ReturnKind
    low: float
    high: float
    function: Callable[..., Any]
    prepare: Callable[..., Callable[..., Any]] | None = None
    level: Level = "response"
    cost: int = 1
    version: str = "1"
    example: str = ""
    aliases: tuple[str, ...] = ()
    quirks: str = ""
    needs: tuple[str, ...] = ()
    needed: Callable[[Mapping[str, Any]], tuple[str, ...]] | None = None
    explain: Callable[..., str] | None = None
    laws: tuple[Law, ...] = ()
    task: Task | None = None
    ask: Callable[..., tuple[Ask, ...]] | None = None
    asks: tuple[tuple[str, ...], ...] = ()
    answers: tuple[Answer, ...] = ()
    picture: Declared | None = None

    def needs_with(self, constants: Mapping[str, Any]) -> tuple[str, ...]:
        """The packages that it needs with these constant arguments."""
        return self.needs if self.needed is None else self.needed(constants)

    def argument(self, name: str) -> ArgumentSpec | None:
        """The argument of that name, or None."""
        return next((a for a in self.arguments if a.name == name), None)

    @property
    def answered(self) -> str:
        """What the model is taken to answer in the example, in words; "" for a rule that asks none there."""
        if not self.answers:
            return ""
        said = [json.dumps(answer) for answer in self.answers]
        return f"where the model answers {' and '.join(said)}"

    @property
    def range(self) -> tuple[float, float]:
        """The closed range of the values."""
        return self.low, self.high

    def bind(self, **constants: Any) -> Callable[..., Any]:
        """The callable for one composition: its constant arguments are set, the others are passed at each call.

        Raises `RuleError` where a constant cannot be prepared; `ArgumentSpec.check` finds the same earlier.
        """
        if self.prepare is not None:
            return self.prepare(**constants)
        return functools.partial(self.function, **constants) if constants else self.function


class _Declared(NamedTuple):
    """What `data` and `setting` say of an argument; its kind and default come from the function."""

    doc: str
    role: str | None = None
    constant: bool = False
    optional: bool = False
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    check: Callable[[Any], str | None] | None = None


def data(role: Role, doc: str, *, optional: bool = False) -> _Declared:
    """Declares a data argument: left out in a spec, it binds to the sample's field of that role."""
    return _Declared(doc, role=role, optional=optional)


def setting(
    doc: str,
    *,
    constant: bool = False,
    choices: tuple[str, ...] = (),
    low: float | None = None,
    high: float | None = None,
    check: Callable[[Any], str | None] | None = None,
) -> _Declared:
    """Declares a setting; the function's default is its default, and without one it is required."""
    return _Declared(doc, constant=constant, choices=choices, low=low, high=high, check=check)


TEXT = data("text", "the text that is judged")
REFERENCE = data("reference", "what the text is compared with")

_rules: dict[str, RuleSignature] = {}
_aliases: dict[str, str] = {}
_loading_plugins = False


def register(
    name: str,
    *,
    returns: ReturnKind,
    low: float | None = None,
    high: float | None = None,
    arguments: Mapping[str, _Declared] | None = None,
    example: str = "",
    cost: int = 1,
    version: str = "1",
    level: Level = "response",
    prepare: Callable[..., Callable[..., Any]] | None = None,
    explain: Callable[..., str] | None = None,
    aliases: tuple[str, ...] = (),
    quirks: str = "",
    needs: tuple[str, ...] = (),
    needed: Callable[[Mapping[str, Any]], tuple[str, ...]] | None = None,
    laws: tuple[Law, ...] = (),
    task: Task | None = None,
    ask: Callable[..., tuple[Ask, ...]] | None = None,
    asks: tuple[tuple[str, ...], ...] = (),
    answers: tuple[Answer, ...] = (),
    picture: Declared | None = None,
    replace: bool = False,
) -> Callable[[Function], Function]:
    """Registers the decorated function as the rule `name`; the function itself is returned unchanged.

    Its docstring is the rule's doc; kinds and defaults of arguments come from its annotations and defaults. What
    those cannot say is in `arguments`, made with `data` and `setting`. A parameter that is not in there and is named
    like a role (`text`, `reference`, `prompt` …) is data of that role, any other is a setting. A bool needs no range.
    A rule of level `group` is called once for all responses: what may differ between them is annotated as a list, one
    item a response (a constant comes as itself), and it returns as many values.
    Raises `ValueError` where the declaration is inconsistent or the name is taken (see `add`).
    """

    def decorate(function: Function) -> Function:
        bounds = (0.0, 1.0) if returns == "bool" else (-math.inf, math.inf)
        signature = RuleSignature(
            name=name,
            doc=inspect.getdoc(function) or "",
            arguments=tuple(
                one
                for one in _arguments(name, function, dict(arguments or {}), level)
                if ask is None or one.name != "answers"
            ),
            returns=returns,
            low=bounds[0] if low is None else float(low),
            high=bounds[1] if high is None else float(high),
            function=function,
            prepare=prepare,
            level=level,
            cost=cost,
            version=version,
            example=example,
            aliases=aliases,
            quirks=quirks,
            needs=needs,
            needed=needed,
            explain=explain,
            laws=laws,
            task=task,
            ask=ask,
            asks=asks,
            answers=answers,
            picture=picture,
        )
        add(signature, replace=replace)
        return function

    return decorate


def add(rule: RuleSignature, *, replace: bool = False) -> None:
    """Adds a finished signature. Raises `ValueError` where its name or an alias belongs to another rule.

    The same object may be added twice; `replace` lets a rule take the place of the one of its name, never of a built-in
    rule while plugins are loaded, and never of an alias of another rule.
    """
    if not (rule.function.__module__ or "").startswith(f"{__package__}."):
        for name in (rule.name, *rule.aliases):
            _load_built_in(name)  # a rule of the user meets the built-in one here, not at the first look-up
        if _loading_plugins and rule.name in BUILT_IN:
            replace = False
    if rule.low > rule.high:
        raise ValueError(f"rule `{rule.name}` has an empty range")
    if _rules.get(rule.name) is rule:
        return
    taken = rule.name in _rules and not replace
    if taken or rule.name in _aliases:
        raise ValueError(f"a rule named `{rule.name}` is already registered")
    for alias in rule.aliases:
        if alias in _rules or _aliases.get(alias, rule.name) != rule.name:
            raise ValueError(f"the alias `{alias}` of rule `{rule.name}` is already taken")
    _rules[rule.name] = rule
    _aliases.update(dict.fromkeys(rule.aliases, rule.name))


def signature(name: str) -> RuleSignature | None:
    """The signature of the rule of that name or alias, or None.

    The user's own modules and the packages that bring rules are loaded where the name is not known without them.
    Raises `ConfigError` where the user's configuration names a module that cannot be loaded.
    """
    if name not in _rules and name not in _aliases and not _load_built_in(name):
        _load_plugins()
    return _rules.get(_aliases.get(name, name))


def signatures() -> tuple[RuleSignature, ...]:
    """All signatures, by name."""
    for name in BUILT_IN:
        _load_built_in(name)
    _load_plugins()
    return tuple(_rules[name] for name in sorted(_rules))


def names() -> tuple[str, ...]:
    """The names of all rules, sorted; aliases are left out. Built-in rules are not loaded for that."""
    _load_plugins()
    return tuple(sorted(RULES | _rules.keys()))


def plugin_faults() -> tuple[str, ...]:
    """What went wrong with the rules of installed packages, one line each."""
    from rmcompose.primitives import plugins

    return plugins.faults()


def _load_built_in(name: str) -> bool:
    """Whether a rule of that name or alias is built in; it is then loaded, with those of its module."""
    home = BUILT_IN.get(name)
    if home is None:
        return False
    importlib.import_module(f"{__package__}.{home}")
    return True


def _load_plugins() -> None:
    global _loading_plugins  # noqa: PLW0603  # the registry is one for the process, and so is what it is doing
    if _loading_plugins:
        return  # a plugin looks something up while it is loaded
    from rmcompose.primitives import plugins

    _loading_plugins = True
    try:
        plugins.load()
    finally:
        _loading_plugins = False


def _arguments(
    name: str, function: Callable[..., Any], declared: dict[str, _Declared], level: Level
) -> tuple[ArgumentSpec, ...]:
    hints = typing.get_type_hints(function)
    specs = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise ValueError(f"rule `{name}`: `{parameter.name}` must be an ordinary parameter")
        role = parameter.name if parameter.name in _BY_NAME else None
        about = declared.pop(parameter.name, _Declared("", role=role))
        has_default = parameter.default is not parameter.empty
        hint = hints.get(parameter.name, Any)
        if level == "group" and not about.constant:
            hint = _of_one(hint)
        specs.append(
            ArgumentSpec(
                name=parameter.name,
                kind=_kind(hint),
                doc=about.doc,
                role=about.role,
                default=parameter.default if has_default else None,
                required=about.role is None and not has_default,
                constant=about.constant,
                optional=about.optional,
                choices=about.choices,
                low=about.low,
                high=about.high,
                check=about.check,
            )
        )
    if declared:
        raise ValueError(f"rule `{name}` has no parameter `{next(iter(declared))}`")
    return tuple(specs)


def _of_one(hint: Any) -> Any:
    """What a group's argument is for one response: `list[str]` and `list[str] | None` are a text."""
    given = [part for part in (typing.get_args(hint) or ()) if part is not type(None)]
    if isinstance(hint, types.UnionType) and len(given) == 1:
        return _of_one(given[0])
    return given[0] if typing.get_origin(hint) is list and given else hint


def _kind(hint: Any) -> ArgumentKind:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inner = [part for part in typing.get_args(hint) if part is not type(None)]
        if {typing.get_origin(part) or part for part in inner} == {str, list}:
            return "texts"
        hint = inner[0] if len(inner) == 1 else Any
    return _KINDS.get(typing.get_origin(hint) or hint, "any")
