"""A plan for people to read: what it reads, what it runs in which order, what gates guard, what it may cost."""

from __future__ import annotations

import math
from typing import Any

from rmcompose.ir import Type
from rmcompose.ir.reducing import REDUCERS
from rmcompose.plan.calls import call_bounds, calls_of
from rmcompose.plan.formulas import formula
from rmcompose.plan.plan import Plan
from rmcompose.plan.steps import (
    RESULT,
    STEP,
    AggregateStep,
    FormulaStep,
    GroupStep,
    InputStep,
    JudgeStep,
    ReduceStep,
    ResultStep,
    RuleStep,
    Step,
)

LEVELS = ("constant", "sample", "response", "step")
COSTS = ("trivial", "text", "heavy", "model call")


def plan_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON data: `inputs params steps gates calls`, the steps in evaluation order."""
    least, most = call_bounds(plan)
    return {
        "composition": plan.name,
        "path": plan.path,
        "doc": plan.doc,
        "spec": plan.digest,
        "optimized": plan.optimized,
        "returns": type_text(plan.returns),
        "params": plan.params,
        "inputs": [_input_json(step) for step in plan.steps.values() if isinstance(step, InputStep)],
        "steps": [_step_json(plan, step) for step in plan.steps.values() if not isinstance(step, InputStep)],
        "gates": _gates_json(plan),
        "calls": {"least": least, "most": int(most) if math.isfinite(most) else None},
    }


def _input_json(step: InputStep) -> dict[str, Any]:
    return {
        "name": shown(step.id),
        "type": type_text(step.type) if step.type is not None else "any",
        "from": binding_text(step),
        "level": LEVELS[step.level],
        "default": step.default if step.has_default else None,
    }


def _step_json(plan: Plan, step: Step) -> dict[str, Any]:
    kind, text = describe(step)
    also = [name for name, step_id in plan.nodes.items() if step_id == step.id and name != step.id]
    return {
        "name": shown(step.id),
        "kind": kind,
        "does": text,
        "level": level_text(step),
        "range": list(map(_bound, step.range)) if step.range is not None else None,
        "cost": COSTS[step.cost],
        "needs": [shown(name) for name in step.depends],
        "also": also,
        "behind": [shown(guard) for guard in plan.guards.get(step.id, ())],
    }


def _bound(value: float) -> float | None:
    # JSON has no infinity: null is no bound
    return None if value in (float("inf"), float("-inf")) else value


def _gates_json(plan: Plan) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for step in plan.steps.values():
        if not isinstance(step, ResultStep):
            continue
        guarded = [shown(name) for name in plan.nodes if step.id in plan.guards.get(name, ())]
        found.extend(
            {
                "of": shown(step.id),
                "require": formula(gate.condition),
                "else": formula(gate.otherwise),
                "because": gate.because,
                "guards": guarded,
            }
            for gate in step.gates
        )
    return found


def plan_text(plan: Plan) -> str:
    """The plan as text: inputs and their bindings, steps by level with range and cost, gates, calls."""
    told = plan_json(plan)
    lines = [f"{plan.name} -> {told['returns']}    {plan.path}"]
    if plan.doc:
        lines.append(f"  {plan.doc.splitlines()[0]}")
    if plan.params:
        lines += ["", "params", *table([[name, repr(value)] for name, value in plan.params.items()])]
    lines += [
        "",
        "inputs",
        *table([[i["name"], i["type"], f"<- {i['from']}", f"once per {i['level']}"] for i in told["inputs"]]),
    ]
    for level in ("constant", "sample", "step", "group", "response"):
        rows = [
            [step["name"], step["kind"], _range_text(step), step["cost"], step["does"] + _also(step)]
            for step in told["steps"]
            if step["level"] == level
        ]
        if rows:
            lines += ["", f"steps, once per {level}", *table(rows)]
    if told["gates"]:
        lines += ["", "gates"]
        for gate in told["gates"]:
            reason = f' because "{gate["because"]}"' if gate["because"] else ""
            lines.append(f"  {gate['of']}: require {gate['require']} else {gate['else']}{reason}")
            lines.append(f"    guards {', '.join(gate['guards']) or 'nothing that costs'}")
    least, most = told["calls"]["least"], told["calls"]["most"]
    bound = f"at most {most}" if most is not None else _unbounded(plan)
    lines += ["", f"model calls per response: at least {least}, {bound}"]
    lines += _group_calls(plan)
    if not plan.optimized:
        lines.append("not optimized: every node of every arm is evaluated")
    return "\n".join(lines) + "\n"


def _unbounded(plan: Plan) -> str:
    per_step = [judge for judge in plan.judges if judge.level == STEP]
    one = call_bounds(plan, steps=1)[1]
    if not per_step:
        return "and as many as the sample has criteria"
    if math.isinf(one):
        return "and as many as the sample has criteria and the response steps"
    return f"at most {one:g} for one step, {call_bounds(plan, steps=10)[1]:g} for 10 steps"


def _group_calls(plan: Plan) -> list[str]:
    comparing = [judge for judge in plan.judges if judge.compares]
    return [
        f"  {shown(judge.id)} compares the responses of a sample: {_calls_text(judge, 4)} calls for 4 responses, "
        f"{_calls_text(judge, 8)} for 8"
        for judge in comparing
    ]


def _calls_text(judge: JudgeStep, responses: int) -> str:
    least, most = calls_of(judge, responses)
    return str(least) if least == most else f"{least} to {most:g}"


def _range_text(told: dict[str, Any]) -> str:
    reach = told["range"]
    if reach is None:
        return "text"
    low, high = ("-inf" if reach[0] is None else f"{reach[0]:g}"), ("inf" if reach[1] is None else f"{reach[1]:g}")
    return f"[{low}, {high}]"


def _also(told: dict[str, Any]) -> str:
    return f"   (also {', '.join(told['also'])})" if told["also"] else ""


def table(rows: list[list[str]]) -> list[str]:
    """Rows as aligned, indented lines; the last column may be as long as it is."""
    if not rows:
        return ["  (none)"]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return ["  " + "  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip() for row in rows]


def shown(step_id: str) -> str:
    """A step's id as people see it: fields without the mark of ids that no author wrote."""
    name = step_id.removeprefix("@")
    if "field:" in name:
        return name.split("field:")[1].split(":")[0]
    return name


def binding_text(step: InputStep) -> str:
    """Where an input is read from."""
    return f"sample.{'.'.join(step.path)}" if step.path else f"sample.{step.field_name}"


def level_text(step: Step) -> str:
    """How often a step is evaluated: once per sample, response or group of responses."""
    comparing = (isinstance(step, JudgeStep) and step.compares) or (isinstance(step, RuleStep) and step.group)
    if isinstance(step, GroupStep) or comparing:
        return "group"
    return LEVELS[step.level]


def type_text(declared: Type) -> str:
    """A type as it is written."""
    if declared.kind == "enum":
        return f"enum[{', '.join(map(repr_text, declared.choices))}]"
    if declared.low is None:
        return declared.kind
    return f"{declared.kind}[{declared.low}, {declared.high}]"


def repr_text(text: str) -> str:
    """A text in double quotes, raw where that spares backslashes."""
    if "\\" in text and '"' not in text and "\n" not in text:
        return f'r"{text}"'
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def describe(step: Step) -> tuple[str, str]:
    """(kind, what it does) of a step in a few words."""
    match step:
        case InputStep():
            return "input", binding_text(step)
        case RuleStep():
            arguments = [f"{name} = {formula(value)}" for name, value in step.arguments]
            arguments += [f"{name} = {_constant_text(value)}" for name, value in step.constants]
            return "rule", f"{step.rule}({', '.join(arguments)})"
        case JudgeStep():
            given = ", ".join(label for label, _ in step.given)
            how = [step.setting("mode", "pointwise")]
            how += [f"{step.setting('votes')} votes"] if step.setting("votes", 1) != 1 else []
            how += ["a call a criterion"] if step.setting("calls") == "per_criterion" else []
            how += ["guarded"] if step.setting("guard") else []
            how += [f"where unsure {' and '.join(step.models('escalate'))}"] if step.setting("escalate") else []
            return "judge", f"{' and '.join(step.models())} sees {given} ({', '.join(how)})"
        case FormulaStep():
            return "let", formula(step.value)
        case GroupStep():
            return "group", f"{step.function}({formula(step.value)})"
        case ReduceStep():
            third = f", {step.by:g}" if REDUCERS[step.how] is not None else ""
            return "reduce", f'reduce({formula(step.value)}, "{step.how}"{third})'
        case AggregateStep():
            weights = step.weights or (None,) * len(step.members)
            members = [
                formula(m) + (f" weight {w:g}" if w is not None else "")
                for m, w in zip(step.members, weights, strict=True)
            ]
            return "aggregate", f"{step.function}({', '.join(members)})"
        case ResultStep():
            return ("return" if step.id == RESULT else "compose"), formula(step.value)
    raise AssertionError(step)


def _constant_text(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_constant_text, value)) + "]"
    return (
        repr_text(value)
        if isinstance(value, str)
        else ("true" if value is True else "false" if value is False else str(value))
    )
