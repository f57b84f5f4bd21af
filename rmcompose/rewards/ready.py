"""The rewards that come with the package, as classes: its rules, and the compositions of its library.

`RewardRegistry.get` gives them by name. A class has the settings of the rule, or the params of the composition, as its
fields; what it scores is scored by the runtime of specs, so that Python and a spec give the same bits.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, cast

from pydantic import AfterValidator, ConfigDict, Field, PrivateAttr, create_model, model_validator

from rmcompose.data.schema import (
    DataSample,
    RewardDimensionWithRank,
    RewardDimensionWithScore,
    RewardResult,
)
from rmcompose.library.places import aliases, names
from rmcompose.primitives import registry as rules
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import ArgumentSpec, RuleSignature
from rmcompose.rewards.base import BaseReward
from rmcompose.rewards.chat import BaseLLM
from rmcompose.rewards.listwise import BaseListWiseReward
from rmcompose.rewards.openai_llm import OpenaiLLM
from rmcompose.rewards.outcome import Failure, Outcome, unscored
from rmcompose.rewards.pointwise import BasePointWiseReward

if TYPE_CHECKING:
    from rmcompose.runtime.client import Client
    from rmcompose.runtime.composition import RMComposition

_TYPES: dict[str, Any] = {"text": str, "texts": str | list[str], "enum": str, "list": list[Any], "any": Any}
_TYPES |= {"int": int, "float": float, "score": float, "bool": bool}
_RUBRICS = ("rubrics", "examples", "desc", "scenario", "template", "max_retries")
"""Fields that RM-Gallery's judges have and that a composition writes down instead."""

_made: dict[str, tuple[object, type[BaseReward]]] = {}


def known() -> dict[str, tuple[str, str]]:
    """The names of the rewards that come with the package, each with what it is and one line about it."""
    found = {rule.name: ("rule", rule.doc.partition("\n")[0]) for rule in rules.signatures() if _unusable(rule) is None}
    library = {name: _title(path) for name, path in names().items()}
    found |= {name: ("spec", title) for name, title in library.items()}
    return found | {alias: (f"spec {name}", library[name]) for alias, name in aliases().items()}


def find(name: str) -> type[BaseReward] | None:
    """The class of the reward of that name; None where none comes with the package.

    Raises:
        KeyError: it is a rule that is no reward, with one line that says why.
    """
    rule = rules.signature(name)
    spec = None if rule is not None else aliases().get(name, name)
    path = None if spec is None else names().get(spec)
    origin: object = path if rule is None else rule
    if origin is None:
        return None
    made = _made.get(name)
    if made is not None and (made[0] is origin if path is None else made[0] == path):
        return made[1]
    kind = _of_spec(name, cast("str", spec), cast("Path", path)) if rule is None else _of_rule(name, rule)
    _made[name] = (origin, kind)
    return kind


class _Ready(BaseReward):
    """What the classes have in common: a composition, and the results of its runtime as those of a reward."""

    model_config = ConfigDict(protected_namespaces=(), populate_by_name=True)

    registered: ClassVar[str]
    client: Any = Field(default=None, description="a `Client` with a cassette, a budget or a configuration of its own")

    _held: _Held = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:  # noqa: ARG002  # the hook of pydantic
        """Make the composition, so that what is wrong with a setting is told before anything is scored."""
        self._held = _Held(self._compose())

    def __reduce__(self) -> tuple[Callable[..., BaseReward], tuple[str, dict[str, Any]]]:
        # the class itself is made on demand: another process makes it again
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return _again, (self.registered, given)

    def close(self) -> None:
        """Close the connections to models."""
        self._held.composition.close()

    def _compose(self) -> RMComposition:
        raise NotImplementedError

    def _given(self) -> dict[str, Any]:
        """The settings that the user set, by their names in specs."""
        fields = type(self).model_fields
        common = {*BaseReward.model_fields, "client", "llm"}
        set_here = [name for name in fields if name in self.model_fields_set - common]
        values = {_plain_name(name): getattr(self, name) for name in set_here}
        return {name: value for name, value in values.items() if value is not None}

    def _responses(self, sample: DataSample) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._held.composition.trace(sample)["responses"]
        return found

    def _extra(self, response: Mapping[str, Any]) -> dict[str, Any]:
        # what an evaluation cost is no part of what it came to, and may differ from one to the next
        kept = ("value", "status", "reason", "detail")
        nodes = {name: {key: node[key] for key in kept if key in node} for name, node in response["nodes"].items()}
        return {"nodes": nodes}


class _Held:
    """The composition of a reward. Copies of the reward share it."""

    def __init__(self, composition: RMComposition) -> None:
        self.composition = composition

    def __deepcopy__(self, memo: dict[int, Any]) -> _Held:
        return self


class _ReadyPointWise(_Ready, BasePointWiseReward):
    def _evaluate(self, sample: DataSample, **kwargs: Any) -> RewardResult[Any]:  # noqa: ARG002  # as in the base
        response = self._responses(sample)[0]
        if response["score"] is None:
            raise RuleError(response["reason"]["message"], response["reason"]["kind"])
        detail = RewardDimensionWithScore(name=self.name, score=response["score"], reason=_reasons(response))
        return RewardResult(name=self.name, details=[detail], extra_data=self._extra(response))


class _Group(RewardResult[RewardDimensionWithRank]):
    """A result for all responses; `failures` tells of those without a score, whose place in `rank` is NaN."""

    failures: dict[int, Any] = Field(default_factory=dict)


class _ReadyListWise(_Ready, BaseListWiseReward):
    def _evaluate(self, sample: DataSample, **kwargs: Any) -> RewardResult[Any]:  # noqa: ARG002  # as in the base
        responses = self._responses(sample)
        failures = {
            index: Failure(response["reason"]["kind"], response["reason"]["message"])
            for index, response in enumerate(responses)
            if response["score"] is None
        }
        if len(failures) == len(responses):
            raise RuleError(failures[0].message, failures[0].kind)
        rank = [math.nan if response["score"] is None else response["score"] for response in responses]
        detail = RewardDimensionWithRank(name=self.name, rank=rank, reason=_reasons(responses[0]))
        extra = {"responses": [self._extra(response) for response in responses]}
        return _Group(name=self.name, details=[detail], extra_data=extra, failures=failures)

    def _reward(self, sample: DataSample, outcomes: Sequence[Outcome]) -> None:
        super()._reward(sample, outcomes)
        for outcome in outcomes:
            for index, failure in outcome.failures.items() if isinstance(outcome, _Group) else ():
                sample.output[index].answer.reward = unscored(self.name, failure)


class _RuleReward(_Ready):
    """A rule."""

    def _compose(self) -> RMComposition:
        from rmcompose.compiler import loads
        from rmcompose.diagnostics import SpecError

        given = {name: _literal(value) for name, value in self._given().items()}
        node: dict[str, Any] = {"rule": self.registered, **({"args": given} if given else {})}
        # JSON is YAML
        spec = {"rmcompose": 1, "composition": "main", "returns": "float", "nodes": {"r": node}, "return": "r"}
        try:
            return loads(json.dumps(spec), path=f"{self.registered}.rm.yaml", client=self.client)
        except SpecError as error:
            raise ValueError("; ".join(one.message for one in error.diagnostics)) from None


class _SpecReward(_Ready):
    """A composition of the library."""

    path: ClassVar[Path]
    spec: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _no_rubrics(cls, values: Any) -> Any:
        wrong = [name for name in _RUBRICS if isinstance(values, dict) and name in values]
        if wrong:
            raise ValueError(f"`{wrong[0]}` is written in the spec `{cls.spec}`: copy {cls.path.name} to change it")
        return values

    def _compose(self) -> RMComposition:
        from rmcompose.compiler import Compilation

        given = self._given()
        client = self.client
        llm = getattr(self, "llm", None)
        if llm is not None:
            if client is not None or "judge_model" in given:
                raise ValueError("`llm` says which model is asked and where: leave `judge_model` and `client` out")
            client, given["judge_model"] = _client_of(llm), llm.model
        return Compilation(self.path).reward(None, given, client=client)


def _again(name: str, given: dict[str, Any]) -> BaseReward:
    found = find(name)
    assert found is not None
    return found(**given)


def _of_rule(name: str, rule: RuleSignature) -> type[BaseReward]:
    unusable = _unusable(rule)
    if unusable is not None:
        raise KeyError(f"`{name}` is a rule, but no reward: {unusable}")
    shape = _ReadyListWise if rule.level == "group" else _ReadyPointWise
    settings = [argument for argument in rule.arguments if argument.role is None]
    made = {_field_name(one.name): _rule_field(rule.name, one) for one in settings}
    return _class(name, (_RuleReward, shape), made, rule.doc, (rule.low, rule.high))


def _of_spec(name: str, spec: str, path: Path) -> type[BaseReward]:
    from rmcompose.compiler import Compilation
    from rmcompose.plan.show import level_text

    compilation = Compilation(path)
    plan, composition = compilation.plan(), compilation.composition().composition
    compares = any(level_text(step) == "group" for step in plan.steps.values())
    made: dict[str, Any] = {}
    for param in composition.params:
        low, high = param.type.bounds
        kind = _TYPES[param.type.kind]
        if param.type.kind == "enum":
            kind = Literal[tuple(param.type.choices)]
        bounds = _bounds(low, high) if kind in (int, float) else {}
        made[_field_name(param.name)] = (kind, Field(default=plan.params[param.name], description=param.doc, **bounds))
    if "judge_model" in made:
        made["llm"] = (BaseLLM | None, Field(default=None, description="the judge, as an `OpenaiLLM`"))
    shape = _ReadyListWise if compares else _ReadyPointWise
    kind = _class(name, (_SpecReward, shape), made, _title(path), plan.returns.bounds)
    kind.path, kind.spec = path, spec  # type: ignore[attr-defined]  # of `_SpecReward`
    return kind


def _class(
    name: str, bases: tuple[type, ...], made: dict[str, Any], doc: str, bounds: tuple[float, float]
) -> type[BaseReward]:
    title = "".join(word[:1].upper() + word[1:] for word in re.split(r"\W|_", name))
    title = title if title.endswith("Reward") else f"{title}Reward"
    made["name"] = (str, Field(default=name, description=BaseReward.model_fields["name"].description))
    kind = cast("type[BaseReward]", create_model(title, __base__=bases, __doc__=doc, __module__=__name__, **made))
    kind.score_range = (float(bounds[0]), float(bounds[1]))
    kind.registered = name  # type: ignore[attr-defined]  # of `_Ready`
    return kind


def _rule_field(rule: str, argument: ArgumentSpec) -> tuple[Any, Any]:
    kind: Any = Literal[argument.choices] if argument.choices else _TYPES[argument.kind]
    if argument.check is not None:
        kind = Annotated[kind, AfterValidator(_checked(rule, argument))]
    settings: dict[str, Any] = {"description": argument.doc}
    if argument.kind in ("int", "float"):
        low, high = argument.low, argument.high
        settings |= _bounds(-math.inf if low is None else low, math.inf if high is None else high)
    if not argument.required:
        settings["default"] = argument.default
        kind = kind | None if argument.default is None else kind
    alias = argument.name if _field_name(argument.name) != argument.name and argument.name != "name" else None
    return kind, Field(alias=alias, **settings)


def _checked(rule: str, argument: ArgumentSpec) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        assert argument.check is not None
        said = argument.check(value)
        if said is not None:
            raise ValueError(f"`{argument.name}` of `{rule}`: {said}")
        return value

    return check


def _bounds(low: float, high: float) -> dict[str, Any]:
    return {name: bound for name, bound in (("ge", low), ("le", high)) if math.isfinite(bound)}


def _unusable(rule: RuleSignature) -> str | None:
    """Why a rule cannot be a reward."""
    if rule.returns == "text":
        return "it gives a text"
    loose = [one.name for one in rule.arguments if one.role in ("list", "number") and not one.optional]
    if loose:
        return f"its `{loose[0]}` is a value of a spec"
    return None


def _field_name(name: str) -> str:
    """The field of a setting; one that would hide a part of the class has a `_` behind it."""
    return f"{name}_" if hasattr(BaseReward, name) or name in (*BaseReward.model_fields, "client", "llm") else name


def _plain_name(field: str) -> str:
    return field.removesuffix("_")


def _literal(value: Any) -> Any:
    """A setting as a YAML spec has it; a text that looks like an expression is written as one."""
    if isinstance(value, str) and "${" in value:
        return f"${{{json.dumps(value, ensure_ascii=False)}}}"
    return [_literal(one) for one in value] if isinstance(value, list) else value


def _reasons(response: Mapping[str, Any]) -> str:
    """What the nodes say of their values, in their order, by name where several do."""
    nodes: dict[str, Any] = response["nodes"]
    said = {name: one["reason"] for name, one in nodes.items() if one["status"] == "scored"}
    texts = {name: reason for name, reason in said.items() if isinstance(reason, str)}
    return "; ".join(texts.values() if len(texts) == 1 else (f"{name}: {text}" for name, text in texts.items()))


def _title(path: Path) -> str:
    found = re.search(r"^## *(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1].strip() if found else ""


def _client_of(llm: BaseLLM) -> Client:
    """A client that asks the model of an `OpenaiLLM`.

    Raises ValueError where the model is something else, or is set to be asked in a way that the spec decides.
    """
    from rmcompose.runtime.client import Client, Config

    if not isinstance(llm, OpenaiLLM):
        raise ValueError(f"`llm` is an `OpenaiLLM`, not `{type(llm).__name__}`")  # noqa: TRY004  # as pydantic has it
    decided = ("temperature", "top_p", "max_tokens", "stop", "seed", "stream", "extra_body", "enable_thinking")
    fields = OpenaiLLM.model_fields
    wrong = [one for one in decided if getattr(llm, one) != fields[one].get_default(call_default_factory=True)]
    if wrong:
        raise ValueError(f"`{wrong[0]}` of `llm` is for a spec to say: copy the spec and set it in its judge")
    table, environ = llm.where()
    return Client(Config({llm.model: table}, environ))
