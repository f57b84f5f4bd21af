"""Each pass on small compositions: `tests/fixtures/passes/<pass>.txt` holds bodies and the steps they become."""

from __future__ import annotations

from pathlib import Path

import pytest

from rmcompose.compiler import Compilation
from rmcompose.plan import passes
from rmcompose.plan.build import build, param_values
from rmcompose.plan.plan import Plan
from rmcompose.plan.show import describe

FOLDER = Path(__file__).parent.parent / "fixtures" / "passes"
RULE = "-" * 60 + "\n"


def built(body: str) -> Plan:
    compilation = Compilation("main.rm", f"rmcompose 1\n{body}")
    compilation.require()
    name = compilation.compositions[-1]
    checked = compilation.composition(name)
    return build(checked, param_values(checked, {}))


def steps_of(plan: Plan, name: str) -> str:
    lines = []
    for step in plan.steps.values():
        more = f"   tier {step.tier}" if name == "order" else ""
        if name == "gates" and step.id in plan.guards:
            more = f"   behind {', '.join(plan.guards[step.id])}"
        if step.id.startswith("@") and name != "share":
            continue
        lines.append(f"{step.id} = {' '.join(describe(step))}{more}\n")
    if name == "share":
        lines += [f"{node} -> {step}\n" for node, step in plan.nodes.items()]
    return "".join(lines)


@pytest.mark.parametrize("name", ["fold", "share", "order", "gates", "bounds"])
def test_a_pass_turns_each_body_into_these_steps(name: str, update_golden: bool) -> None:
    path = FOLDER / f"{name}.txt"
    cases = path.read_text().split(RULE)
    bodies = [case.partition("=>\n")[0] for case in cases]
    found = []
    for body in bodies:
        plan = built(body)
        if name == "bounds":
            plan = passes.fold(plan)
        found.append(f"{body}=>\n{steps_of(getattr(passes, name)(plan), name)}")
    if update_golden:
        path.write_text(RULE.join(found))
    assert RULE.join(found) == RULE.join(cases)


def test_every_pass_has_a_fixture_and_a_module() -> None:
    names = {one.__name__ for one in passes.PASSES}
    assert names == {path.stem for path in FOLDER.glob("*.txt")}
    folder = Path(passes.__file__).parent
    assert names == {path.stem for path in folder.glob("*.py")} - {"__init__"}
