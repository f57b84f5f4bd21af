"""OpenJudge's `GradingRunner` as a spec: its grader configs and aggregators, written as data.

    grader_configs:
      relevance:
        grader: {class_name: RelevanceGrader, kwargs: {model: {model: qwen3-32b}}}
        mapper: {query: question, response: answer}
    aggregators:
      - {class_name: WeightedSumAggregator, kwargs: {name: overall, weights: {relevance: 1.0}}}

`{class_name, module_path, kwargs}` is how OpenJudge writes an object as data (openjudge/utils/instance.py). A score
there is Σ w·s / Σ w, with weight 0 for a grader that `weights` does not name, on whatever scales the graders have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rmcompose import ir
from rmcompose.migration.embedding import embedded
from rmcompose.migration.fields import Fields
from rmcompose.migration.findings import Findings, kind_of, mapping, meant, number, shown
from rmcompose.migration.models import DEFAULT, Models, settings_of
from rmcompose.migration.names import Names
from rmcompose.migration.openjudge_names import (
    ARGUMENTS,
    CHOOSING,
    GENERIC,
    KNOWN,
    LIBRARY,
    REFUSED,
    RULES,
    RuleGrader,
)
from rmcompose.migration.openjudge_rules import chosen
from rmcompose.migration.prompts import Template, read_template
from rmcompose.migration.settings import rule_settings
from rmcompose.migration.spec import (
    Converted,
    Member,
    Range,
    arguments,
    combine,
    finish,
    literal,
    note_drops,
    number_type,
)
from rmcompose.primitives.registry import signature

_RUN = ("max_concurrency", "show_progress", "executor")
_CLASS = ("class_name", "cls", "class")
_PLACE = ("module_path", "module")
_KWARGS = ("kwargs", "params")
_COMMON = ("name", "description", "mode", "strategy", "mapper")
_JUDGE = ("model", "threshold", "language", "template")
FIVE: Range = (1.0, 5.0)


def from_openjudge(config: Mapping[str, Any], name: str | None = None) -> Converted:
    """The spec of a `GradingRunner`, given as the dict of its arguments.

    Each aggregator is a composition; without one, each grader is. `name` is what the first is called, else its own
    name. Raises ConversionError with everything that cannot be converted.
    """
    return _Conversion(name).run(config)


class _Conversion:
    def __init__(self, name: str | None) -> None:
        self.found = Findings()
        self.first = name
        self.files = Names(standard=False)
        self.copies: list[ir.Composition] = []

    def run(self, config: Any) -> Converted:
        given = mapping(config, "the config", self.found)
        self.found.settle()
        for key in given:
            if key in _RUN:
                self.found.note(f"`{key}` is left out: it is an option of the run, as `--concurrency` is")
            elif key not in ("grader_configs", "aggregators"):
                hint = meant(key, ("grader_configs", "aggregators"))
                self.found.note(f"{shown(key)} is no argument of GradingRunner, and is left out{hint}")
        graders = mapping(given.get("grader_configs"), "`grader_configs`", self.found)
        if not graders:
            self.found.error("`grader_configs` is empty: there is nothing to grade")
        aggregators = [self._aggregator(one, graders) for one in _listed(given.get("aggregators"))]
        if not aggregators:
            aggregators = [(key, {key: 1.0}) for key in graders]
            if len(graders) > 1:
                self.found.note("there is no aggregator: each grader is a composition of its own, as there")
        self.found.settle()
        mains = [self._composition(title, weights, graders) for title, weights in aggregators]
        return finish(ir.Document(compositions=(*mains, *self.copies)), self.found)

    def _aggregator(self, config: Any, graders: dict[str, Any]) -> tuple[str, dict[str, float]]:
        """The name of an aggregator, and the weight of every grader."""
        cls, kwargs = self._object(config, "an aggregator")
        if cls is not None and cls.rpartition(".")[2] != "WeightedSumAggregator":
            self.found.error(f"an aggregator {shown(cls)} cannot be converted: only WeightedSumAggregator is data")
        title = kwargs.get("name", "overall")
        if not isinstance(title, str):
            self.found.error(f"the `name` of an aggregator is {kind_of(title)}, not a text")
            title = "overall"
        what = f"the weights of {shown(title)}"
        for key in kwargs:
            if key not in ("name", "weights"):
                self.found.note(f"the aggregator {shown(title)} has no argument {shown(key)}, which is left out")
        weights = mapping(kwargs.get("weights") or {}, what, self.found)
        if not weights:
            return title, {key: 1.0 / len(graders) for key in graders}
        for key in weights:
            if key not in graders:
                hint = meant(key, graders)
                self.found.note(f"{what} name {shown(key)}, which is no grader{hint or ', and is left out'}")
        for key in graders:
            if key not in weights:
                self.found.note(f"{what} do not name {shown(key)}: it does not count, as in OpenJudge, and is left out")
        values = {}
        for key in graders:
            if key in weights:
                plain = number(weights[key], f"the weight of {shown(key)}", self.found)
                values[key] = plain if plain is not None else 1.0
        if sum(values.values()) <= 0:
            self.found.error(f"{what} do not sum to more than 0: OpenJudge gives 0 to everything")
        return title, values

    def _object(self, config: Any, what: str) -> tuple[str | None, dict[str, Any]]:
        """A class and its arguments, however they are written; the class is None after an error."""
        if isinstance(config, str):
            return config, {}
        given = mapping(config, what, self.found)
        cls = next((given[key] for key in _CLASS if key in given), None)
        if not isinstance(cls, str):
            if isinstance(config, Mapping):
                self.found.error(f"{what} has no `class_name`" if cls is None else f"{what}: `class_name` is no text")
            return None, {}
        kwargs: dict[str, Any] = {}
        for key, one in given.items():
            if key in _KWARGS:
                kwargs |= mapping(one or {}, f"the `{key}` of {what}", self.found)
            elif key not in (*_CLASS, *_PLACE):
                kwargs[key] = one
        return cls, kwargs

    def _composition(self, title: str, weights: dict[str, float], graders: dict[str, Any]) -> ir.Composition:
        name = self.files.take(self.first or title, "overall")
        self.first = None
        body = _Body(self.found, self.files, self.copies)
        members = [body.member(key, graders[key], weight, self._object) for key, weight in weights.items()]
        total, result, values = combine(members, "total")
        if total is not None:
            body.nodes.append(total)
            note_drops(total, "grader", "OpenJudge", self.found)
        if len({one.range for one in members}) > 1:
            self.found.note("the graders have different scales: they are averaged as they are, as in OpenJudge")
        heading = f" `{title}`" if title.isprintable() and title else ""
        return ir.Composition(
            name=name,
            doc=f"Converted from OpenJudge's grader configs{heading}.",
            returns=number_type(values),
            inputs=body.fields.declared(),
            params=body.models.declared(),
            nodes=tuple(body.nodes),
            result=result,
        )


class _Body:
    """The inputs, params and nodes of one composition."""

    def __init__(self, found: Findings, files: Names, copies: list[ir.Composition]) -> None:
        self.found = found
        self.files = files
        self.copies = copies
        self.names = Names("total")
        self.fields = Fields(found, self.names)
        self.models = Models(found)
        self.nodes: list[ir.Statement] = []

    def member(self, key: str, config: Any, weight: float, read: Any) -> Member:
        node = self.names.take(key, "grader")
        what = shown(key)
        if node != key:
            self.found.note(f"the grader {what} is called `{node}` in the spec")
        grader, mapper = config, None
        if isinstance(config, list | tuple):
            if not 1 <= len(config) <= 2:
                self.found.error(f"{what} is a list of {len(config)}, not of a grader and a mapper")
                return Member(node, weight, (0.0, 1.0))
            grader, mapper = config[0], config[1] if len(config) == 2 else None
        elif isinstance(config, Mapping) and "grader" in config:
            grader, mapper = config["grader"], config.get("mapper")
            for extra in config:
                if extra not in ("grader", "mapper"):
                    self.found.error(f"{what}: {shown(extra)} is neither `grader` nor `mapper`")
        cls, kwargs = read(grader, what)
        if mapper is None:
            mapper = kwargs.get("mapper")
        paths = self.fields.mapper(mapper, what)
        return Member(node, weight, self._grader(node, cls, kwargs, paths, what) if cls is not None else (0.0, 1.0))

    def _grader(self, node: str, cls: str, kwargs: dict[str, Any], paths: dict[str, str] | None, what: str) -> Range:
        last = cls.rpartition(".")[2]
        if last in REFUSED:
            self.found.error(f"{what}: a {last} has no equivalent: {REFUSED[last]}")
        elif last not in KNOWN:
            self.found.error(f"{what}: OpenJudge has no grader {shown(cls)}{meant(last, KNOWN)}")
        elif last in RULES:
            return self._rule(node, last, RULES[last], kwargs, paths, what)
        elif last in CHOOSING:
            rest = {key: one for key, one in kwargs.items() if key not in _COMMON}
            choice = chosen(last, rest, what, self.found)
            if choice is not None:
                return self._rule(node, last, choice[0], choice[1] | _common(kwargs), paths, what)
        elif last == GENERIC:
            return self._judge(node, kwargs, paths, what)
        else:
            return self._library(node, last, kwargs, paths, what)
        return 0.0, 1.0

    def _rule(
        self, node: str, cls: str, grader: RuleGrader, kwargs: dict[str, Any], paths: dict[str, str] | None, what: str
    ) -> Range:
        rule = signature(grader.rule)
        assert rule is not None, grader.rule
        if grader.note:
            self.found.note(f"{what}: {grader.note}")
        if kwargs.get("strategy") is not None:
            self.found.note(f"{what}: its `strategy` is left out, a rule gives the same value every time")
        values = dict(grader.fixed)
        for key, one in kwargs.items():
            if key in grader.params:
                if one is not None:
                    values[grader.params[key]] = one
            elif key in grader.ignored:
                self.found.note(f"{what}: {shown(key)} is left out, it has no effect on the score there")
            elif key not in _COMMON:
                self.found.error(f"{what}: {cls} has no param {shown(key)}{meant(key, grader.params)}")
        for one in rule.arguments:
            if one.required and one.role is None and one.name not in (*values, *grader.data.values()):
                param = next((key for key, name in grader.params.items() if name == one.name), one.name)
                self.found.error(f"{what}: give `{param}`: without it the reference is taken, which no rule does")
        data: dict[str, Any] = {}
        for field, argument in grader.data.items():
            spec = rule.argument(argument)
            assert spec is not None, (grader.rule, argument)
            bound = self.fields.argument(field, spec, paths, what)
            if bound is not None:
                data[argument] = bound
        self.fields.unused(paths, grader.data, what)
        settings = rule_settings(rule, values, what, self.found)
        self.nodes.append(ir.Rule(name=node, rule=ir.Callee(name=grader.rule), arguments=arguments(data | settings)))
        return rule.low, rule.high

    # ---- graders that ask a model -----------------------------------------------------------------------------------

    def _asked(self, kwargs: dict[str, Any], what: str) -> tuple[ir.Name, dict[str, Any]]:
        """The param of the model, and the settings of the judge."""
        if kwargs.get("model") is None:
            self.found.note(f"{what} has no `model`: it is `{DEFAULT}` until `judge_model` says another")
            model = self.models.read(DEFAULT, what)
        else:
            model = self.models.read(kwargs["model"], f"the `model` of {what}")
        if kwargs.get("threshold") is not None:
            self.found.note(f"{what}: `threshold` is left out, it does not change the score there")
        if kwargs.get("language") not in (None, "en", "EN"):
            self.found.note(f"{what}: `language` is left out: a rubric is in the language that it is written in")
        return ir.Name(name=self.models.param(model)), dict(model.settings) | self._votes(kwargs.get("strategy"), what)

    def _votes(self, strategy: Any, what: str) -> dict[str, Any]:
        if strategy is None:
            return {}
        given: dict[str, Any] = {"class_name": strategy} if isinstance(strategy, str) else {}
        if isinstance(strategy, Mapping):
            given = mapping(strategy, f"the `strategy` of {what}", self.found)
            for key in _KWARGS:
                if isinstance(given.get(key), Mapping):
                    given = given | mapping(given[key], f"the `strategy` of {what}", self.found)
        cls = next((given[key] for key in _CLASS if isinstance(given.get(key), str)), "").rpartition(".")[2]
        forms = {
            "VotingEvaluationStrategy": ("num_votes", "majority"),
            "AverageEvaluationStrategy": ("num_evaluations", "mean"),
        }
        if cls == "DirectEvaluationStrategy":
            return {}
        if cls not in forms:
            self.found.error(f"{what}: a strategy {shown(cls or strategy)} cannot be converted: use `mode = pairwise`")
            return {}
        key, how = forms[cls]
        count = number(given.get(key, 3), f"{what}: `{key}`", self.found)
        if count is None or count != int(count) or not 1 <= count <= 100:
            self.found.error(f"{what}: `{key}` is no whole number from 1 to 100")
            return {}
        if how == "majority":
            self.found.note(f"{what}: votes that tie leave it unscored; there `tie_breaker` picks one of them")
        return {"votes": int(count), "vote_by": how}

    def _library(self, node: str, cls: str, kwargs: dict[str, Any], paths: dict[str, str] | None, what: str) -> Range:
        grader = LIBRARY[cls]
        for key in kwargs:
            if key not in (*_COMMON, *_JUDGE):
                self.found.error(f"{what}: {cls} has no param {shown(key)}{meant(key, _JUDGE)}")
        if kwargs.get("template") is not None:
            self.found.note(f"{what}: its own `template` takes the place of the library's rubric")
            return self._judge(node, {"min_score": 1, "max_score": 5, **kwargs}, paths, what)
        param, settings = self._asked(kwargs, what)
        spec = grader.spec
        context = paths is None or "context" in paths
        fields = grader.fields
        if cls == "HallucinationGrader" and (paths is None or not context):
            spec, fields = "factuality/factuality", ("query", "response")
            self.found.note(f"{what}: no `context` is mapped: it is judged by what the judge knows")
        copy = self._copy(spec, settings)
        given: dict[str, Any] = {}
        for field in fields:
            name, kind = ARGUMENTS[field]
            given[name] = self.fields.input(field, name, kind, paths, what)
        for field in grader.unused:
            if paths is not None and field in paths:
                self.found.note(f"{what}: {shown(field)} is left out, `{spec}` does not read it")
        self.fields.unused(paths, (*fields, *grader.unused, "context"), what)
        share = self.names.take(f"{node}_share", "share")
        self.nodes.append(
            ir.Compose(name=share, target=ir.Callee(name=copy), arguments=arguments({**given, "judge_model": param}))
        )
        scaled = ir.Binary(op="*", left=literal(4.0), right=ir.Name(name=share))
        self.nodes.append(ir.Let(name=node, value=ir.Binary(op="+", left=literal(1.0), right=scaled)))
        self.found.note(
            f"{what}: {cls} is `{spec}` of the library, with a rubric of its own; its value in [0, 1] is moved to "
            f"[1, 5], the scale of OpenJudge"
        )
        return FIVE

    def _copy(self, spec: str, settings: dict[str, Any]) -> str:
        base = spec.rpartition("/")[2]
        made = embedded(spec, base, settings)
        for one in self.copies:
            if one.model_copy(update={"name": base}) == made:
                return one.name
        name = self.files.take(base, "judge")
        self.copies.append(made.model_copy(update={"name": name}))
        return name

    def _judge(self, node: str, kwargs: dict[str, Any], paths: dict[str, str] | None, what: str) -> Range:
        """A grader with a prompt of its own: the prompt is the rubric, what it fills in is given."""
        if kwargs.get("mode") not in (None, "pointwise", "POINTWISE"):
            self.found.error(f"{what} ranks several answers: write it as a judge with `mode = listwise`")
            return 0.0, 1.0
        for key in ("structured_model", "callback"):
            if kwargs.get(key) is not None:
                self.found.error(f"{what}: `{key}` is Python code, and cannot be converted")
        param, settings = self._asked(kwargs, what)
        template = read_template(kwargs, (*_COMMON, *_JUDGE, "structured_model", "callback"), what, self.found)
        if template is None:
            return 0.0, 1.0
        given = [self._shown(field, paths, what) for field in template.fields]
        self.fields.unused(paths, template.fields, what)
        names = dict(zip(template.fields, (one.name for one in given), strict=True))
        if template.system:
            settings["system"] = Template.filled(template.system, names)
        self.nodes.append(
            ir.Judge(
                name=node,
                type=number_type(template.range),
                settings=settings_of({"model": param, "given": ir.ListOf(items=tuple(given)), **settings}),
                rubric=Template.filled(template.text, names),
            )
        )
        self.found.note(
            f"{what}: nothing is put into a prompt here: the template is the rubric, and what it named in braces is "
            f"shown beside it as data"
        )
        return template.range

    def _shown(self, field: str, paths: dict[str, str] | None, what: str) -> ir.Name:
        name, _ = ARGUMENTS.get(field, (field, "text"))
        return self.fields.input(field, name, "text", paths, what)


def _common(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in kwargs.items() if key in _COMMON}


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
