"""RM-Gallery's `SimpleComposition` as a spec.

    {"name": …, "weights": {reward: weight}, "params": {"llm": …},
     "rewards": {reward: {"cls": registered name or class, "params": {…}}}}

The score there is Σ w·s / Σ w over all details, with weight 1 for a reward that `weights` does not name, and the plain
mean where the weights sum to 0 (rm_gallery/core/reward/composition.py, 0.1.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rmcompose import ir
from rmcompose.library import aliases
from rmcompose.migration.embedding import embedded
from rmcompose.migration.findings import Findings, kind_of, mapping, meant, number, shown
from rmcompose.migration.models import DEFAULT, Model, Models, settings_of
from rmcompose.migration.names import Names
from rmcompose.migration.rm_gallery_names import BASES, REFUSED, RULES, class_names
from rmcompose.migration.settings import rule_settings
from rmcompose.migration.spec import Converted, Member, arguments, combine, finish, note_drops, number_type
from rmcompose.primitives.catalogue import BUILT_IN
from rmcompose.primitives.registry import signature

_RUN = {"is_parallel": "rewards that ask a model are always asked side by side", "max_workers": "it is `--concurrency`"}
_FIELDS = ("name", "weights", "rewards", "params", *_RUN, "cls")
_OLD = ("reward_modules", "dimensions", "reward_configs")
_PROSE = ("desc", "scenario", "examples")
_LLM_PARAMS = ("llm", "rubrics", *_PROSE, "template", "max_retries", "max_workers", "name")
_GIVEN = ir.ListOf(items=(ir.Name(name="prompt"), ir.Name(name="response")))


def from_simple_composition(config: Mapping[str, Any], name: str | None = None) -> Converted:
    """The spec of a `SimpleComposition`, given as the dict of its arguments.

    `name` is what the composition is called, else the config's own name. Raises ConversionError with everything that
    cannot be converted.
    """
    return _Conversion().run(config, name)


class _Conversion:
    def __init__(self) -> None:
        self.found = Findings()
        self.models = Models(self.found)
        self.names = Names("total")
        self.files = Names(standard=False)
        self.nodes: list[ir.Statement] = []
        self.copies: list[ir.Composition] = []
        self.shared: dict[str, Any] = {}
        self.used: set[str] = set()
        self.comparing = False

    def run(self, config: Any, name: str | None) -> Converted:
        given = mapping(config, "the config", self.found)
        self.found.settle()
        self._refuse(given)
        for key in given:
            if key in _RUN:
                if given[key]:
                    self.found.note(f"`{key}` is left out: {_RUN[key]}")
            elif key not in (*_FIELDS, *_OLD):
                self.found.note(f"{shown(key)} is no field of SimpleComposition, and is left out{meant(key, _FIELDS)}")
        rewards = mapping(given.get("rewards"), "`rewards`", self.found)
        if not rewards:
            self.found.error("`rewards` is empty: there is nothing to score")
        self.found.settle()
        own = given.get("name")
        if own is not None and not isinstance(own, str):
            self.found.error(f"`name` is {kind_of(own)}, not a text")
        title = self.files.take(name or (own if isinstance(own, str) else None) or "reward", "reward")
        self.shared = mapping(given.get("params") or {}, "`params`", self.found)
        weights = self._weights(given.get("weights"), rewards)
        members = [self._member(key, one, weights[key]) for key, one in rewards.items()]
        for key in self.shared:
            if key not in self.used:
                self.found.note(f"`params`: no reward has a param {shown(key)}; RM-Gallery ignores it, too")
        self.found.settle()
        return finish(self._document(title, own, members), self.found)

    def _refuse(self, given: dict[str, Any]) -> None:
        for key in _OLD:
            if key in given:
                self.found.error(f"`{key}` is of an older RM-Gallery: give `rewards: {{name: {{cls, params}}}}`")
        cls = given.get("cls")
        if "router" in given or (isinstance(cls, str) and cls.endswith("RouterComposition")):
            self.found.error(f"a RouterComposition cannot be converted: {REFUSED['RouterComposition']}")
        elif cls is not None and not (isinstance(cls, str) and cls.endswith("SimpleComposition")):
            self.found.error(f"the config has a `cls` that is not SimpleComposition: {shown(cls)}")
        self.found.settle()

    def _document(self, title: str, own: Any, members: list[Member]) -> ir.Document:
        total, result, values = combine(members, "total")
        if total is not None:
            self.nodes.append(total)
            note_drops(total, "reward", "RM-Gallery", self.found)
            if sum(one.weight for one in members) == 0:
                self.found.note("the weights sum to 0: this is the plain mean, as in RM-Gallery")
            if min(one.weight for one in members) < 0:
                self.found.note("a weight is negative: Σ w·s / Σ w can leave the range of the rewards and change sign")
        if len({one.range for one in members}) > 1:
            self.found.note("the rewards have different ranges: they are averaged as they are, as in RM-Gallery")
        named = f" `{own}`" if isinstance(own, str) and own.isprintable() and own else ""
        main = ir.Composition(
            name=title,
            doc=f"Converted from RM-Gallery's SimpleComposition{named}.",
            returns=number_type(values),
            params=self.models.declared(),
            nodes=tuple(self.nodes),
            result=result,
        )
        return ir.Document(compositions=(main, *self.copies))

    def _weights(self, given: Any, rewards: dict[str, Any]) -> dict[str, float]:
        weights = mapping(given if given is not None else {}, "`weights`", self.found)
        for key in weights:
            if key not in rewards and not (key == "detoxify" and _is_detoxify(rewards)):
                hint = meant(key, rewards)
                self.found.note(f"`weights` names {shown(key)}, which is no reward{hint or ', and is left out'}")
        values = {}
        for key, one in rewards.items():
            if key not in weights and weights:
                detail = isinstance(one, Mapping) and one.get("cls") == "detoxify_reward" and "detoxify" in weights
                if detail:
                    weights[key] = weights["detoxify"]
                else:
                    self.found.note(f"`weights` does not name {shown(key)}: its weight is 1, as in RM-Gallery")
            plain = number(weights[key], f"the weight of {shown(key)}", self.found) if key in weights else 1.0
            values[key] = plain if plain is not None else 1.0
        return values

    # ---- rewards ----------------------------------------------------------------------------------------------------

    def _member(self, key: str, config: Any, weight: float) -> Member:
        node = self.names.take(key, "reward")
        if node != key:
            self.found.note(f"the reward {shown(key)} is called `{node}` in the spec")
        range_ = self._reward(key, node, config)
        return Member(node, weight, range_)

    def _reward(self, key: str, node: str, config: Any) -> tuple[float, float]:
        what = shown(key)
        nothing = 0.0, 1.0
        if not isinstance(config, Mapping):
            self.found.error(f"{what} is {kind_of(config)}, not `{{cls, params}}`")
            return nothing
        given = mapping(config, what, self.found)
        for extra in given:
            if extra not in ("cls", "params"):
                self.found.note(f"{what}: {shown(extra)} beside `cls` and `params` is left out, as in RM-Gallery")
        cls = self._class(given.get("cls"), what)
        if cls is None:
            return nothing
        own = mapping(given.get("params") or {}, f"the params of {what}", self.found)
        if "name" in own:
            self.found.note(f"{what}: its param `name` is left out, RM-Gallery calls it by its key")
        if cls in RULES:
            return self._rule(node, cls, own, what)
        if cls in BASES or cls in aliases():
            return self._judge(node, cls, own, what)
        self.nodes.append(ir.Rule(name=node, rule=ir.Callee(name=cls), arguments=self._settings(cls, own, what)))
        known = signature(cls)
        return (known.low, known.high) if known is not None else nothing

    def _class(self, cls: Any, what: str) -> str | None:
        """The registered name, or the base class, or a rule of the user's own."""
        if isinstance(cls, type):
            cls = cls.__name__
        if not isinstance(cls, str):
            self.found.error(f"{what} has no `cls`" if cls is None else f"{what}: `cls` is {kind_of(cls)}, not a text")
            return None
        last = cls.rpartition(".")[2]
        classes = class_names()
        if last in REFUSED:
            self.found.error(f"{what}: a {last} cannot be converted: {REFUSED[last]}")
            return None
        if last in classes:
            return classes[last]
        known = {*RULES, *aliases(), *BASES}
        if cls in known or (last in BASES):
            return cls if cls in known else last
        if cls not in BUILT_IN and signature(cls) is not None:
            return cls
        hint = meant(cls, {*known, *classes})
        self.found.error(
            f"{what}: RM-Gallery has no reward {shown(cls)}"
            f"{hint or '; one of your own is registered with `rm.RewardRegistry` or `rm.register` before converting'}"
        )
        return None

    def _rule(self, node: str, cls: str, own: dict[str, Any], what: str) -> tuple[float, float]:
        known = signature(cls)
        assert known is not None, cls
        if RULES[cls].note:
            self.found.note(f"{what}: {RULES[cls].note}")
        self.nodes.append(ir.Rule(name=node, rule=ir.Callee(name=cls), arguments=self._settings(cls, own, what)))
        return known.low, known.high

    def _settings(self, cls: str, own: dict[str, Any], what: str) -> tuple[ir.Argument, ...]:
        known = RULES.get(cls)
        rule = signature(cls)
        assert rule is not None
        allowed = known.params if known else tuple(one.name for one in rule.arguments if one.role is None)
        ignored = {"name": "", "max_workers": "it is `--concurrency`", **(known.ignored if known else {})}
        values = {}
        for key, one in {**{k: v for k, v in self.shared.items() if k in allowed}, **own}.items():
            if key in allowed:
                values[key] = one
                self.used.add(key)
            elif key in ignored:
                if ignored[key]:
                    self.found.note(f"{what}: `{key}` is left out: {ignored[key]}")
            else:
                self.found.note(
                    f"{what}: `{cls}` has no param {shown(key)}; RM-Gallery ignores it, too{meant(key, allowed)}"
                )
        self.used |= {key for key in self.shared if key in ignored}
        return arguments(rule_settings(rule, values, what, self.found))

    # ---- judges -----------------------------------------------------------------------------------------------------

    def _judge(self, node: str, cls: str, own: dict[str, Any], what: str) -> tuple[float, float]:
        params = {key: one for key, one in self.shared.items() if key in _LLM_PARAMS} | own
        self.used |= {key for key in self.shared if key in _LLM_PARAMS}
        for key in own:
            if key not in _LLM_PARAMS:
                self.found.note(
                    f"{what}: {shown(cls)} has no param {shown(key)}; RM-Gallery ignores it, too"
                    f"{meant(key, _LLM_PARAMS)}"
                )
        if params.get("template") is not None:
            self.found.error(f"{what}: a `template` is Python code: write its prompt as the rubric of a `judge`")
        model = self._model(params, what)
        settings = dict(model.settings)
        if params.get("max_retries") is not None:
            tries = number(params["max_retries"], f"{what}: `max_retries`", self.found)
            settings["retries"] = min(20, max(0, int(tries) - 1)) if tries is not None else 0
        listwise = BASES.get(cls, "listwise" if cls.partition("_list")[1] else "pointwise") == "listwise"
        if listwise:
            self._note_ranking()
        form = {"mode": "listwise"} if listwise else {"style": "checklist"}
        prose = {key: self._text(params.get(key), f"{what}: `{key}`") for key in _PROSE}
        rubrics = self._rubrics(params.get("rubrics"), what)
        param = ir.Name(name=self.models.param(model))
        if rubrics is None and cls in BASES:
            self.found.error(f"{what}: a {cls} needs `rubrics`, a list of texts")
        elif rubrics is None:
            self._library(node, cls, param, settings, prose, what)
        else:
            self._own(node, form, param, settings, prose, rubrics, what)
        return 0.0, 1.0

    def _model(self, params: dict[str, Any], what: str) -> Model:
        if params.get("llm") is None:
            self.found.note(f"{what} has no `llm`: its model is `{DEFAULT}` until `judge_model` says another")
            return Model(DEFAULT)
        return self.models.read(params["llm"], f"the `llm` of {what}")

    def _note_ranking(self) -> None:
        self.found.note(
            "a listwise reward of RM-Gallery gives 1 to the best answer and 0 to all others; here a response gets the "
            "share of the others that it beats, so the best has 1 and equal ones share"
        )

    def _text(self, value: Any, what: str) -> str:
        if value is None:
            return ""
        if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
            return "\n".join(value)
        if not isinstance(value, str):
            self.found.error(f"{what} is {kind_of(value)}, not a text")
            return ""
        return value.strip()

    def _rubrics(self, value: Any, what: str) -> list[str] | None:
        if value is None:
            return None
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            self.found.error(f"{what}: `rubrics` is no list of texts")
            return None
        rubrics = [one.strip() for one in value if one.strip()]
        if not rubrics:
            self.found.error(f"{what}: `rubrics` is empty: there is nothing to judge by")
        return rubrics

    def _library(
        self, node: str, cls: str, model: ir.Name, settings: dict[str, Any], prose: dict[str, str], what: str
    ) -> None:
        spec = aliases()[cls]
        addition = _paragraphs(prose)
        if addition:
            self.found.note(
                f"{what}: its own text is added to the rubric of `{spec}`, whose criteria stand for those of RM-Gallery"
            )
        name = spec.rpartition("/")[2]
        copy = embedded(spec, name, settings, addition)
        for other in self.copies:
            if other.model_copy(update={"name": name}) == copy:
                copy = other
                break
        else:
            copy = copy.model_copy(update={"name": self.files.take(name, "judge")})
            self.copies.append(copy)
        self.found.note(f"{what}: `{cls}` is `{spec}` of the library, with a rubric of its own")
        self.nodes.append(
            ir.Compose(name=node, target=ir.Callee(name=copy.name), arguments=arguments({"judge_model": model}))
        )

    def _own(
        self,
        node: str,
        form: dict[str, str],
        model: ir.Name,
        settings: dict[str, Any],
        prose: dict[str, str],
        rubrics: list[str],
        what: str,
    ) -> None:
        listwise = "mode" in form
        task = "Rank the answers by the rubrics." if listwise else "Tell which of the rubrics the response keeps."
        self.nodes.append(
            ir.Judge(
                name=node,
                type=ir.Type(kind="score", low=0, high=1),
                settings=settings_of({"model": model, "given": _GIVEN, **form, **settings}),
                rubric=_paragraphs(prose) or task,
                criteria=tuple(
                    ir.Criterion(name=f"rubric_{index}", text=one) for index, one in enumerate(rubrics, start=1)
                ),
            )
        )
        if not listwise:
            self.found.note(
                f"{what}: its value is the share of the rubrics that are met, 1 - violations / rubrics as in RM-Gallery"
            )


def _is_detoxify(rewards: dict[str, Any]) -> bool:
    return any(isinstance(one, Mapping) and one.get("cls") == "detoxify_reward" for one in rewards.values())


def _paragraphs(prose: dict[str, str]) -> str:
    parts = [prose["desc"], prose["scenario"] and f"Scenario: {prose['scenario']}"]
    return "\n\n".join(part for part in (*parts, prose["examples"] and f"Examples:\n{prose['examples']}") if part)
