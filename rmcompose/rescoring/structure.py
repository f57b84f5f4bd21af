"""What changed between two specs: statements that came, went or read otherwise, and nodes that changed through others.

A node whose own statement is the same, but which reads something that is not, is told as changed by that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rmcompose.analysis.result import CheckedComposition
from rmcompose.plan.definitions import step_digests
from rmcompose.plan.plan import Plan
from rmcompose.syntax import print_expression, print_statement, print_type

What = Literal["added", "removed", "changed", "reads"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `old` and `new` are the statements as they are written, None where there is none.

    `what` is `reads` for a node whose own statement is the same.
    """

    name: str
    what: What
    old: str | None
    new: str | None

    def as_dict(self) -> dict[str, Any]:
        """The change as plain data."""
        return {"name": self.name, "change": self.what, "old": self.old, "new": self.new}


def changes(old: CheckedComposition, old_plan: Plan, new: CheckedComposition, new_plan: Plan) -> list[Change]:
    """All changes from one composition to another, those of the new one in its order, then what went.

    The plans are those of the compositions without passes.
    """
    before, after = _statements(old, old_plan.params, ""), _statements(new, new_plan.params, "")
    was, now = _digests(old_plan), _digests(new_plan)
    found = []
    for name, text in after.items():
        if name not in before:
            found.append(Change(name, "added", None, text))
        elif before[name] != text:
            found.append(Change(name, "changed", before[name], text))
        elif name in was and name in now and was[name] != now[name]:
            found.append(Change(name, "reads", text, text))
    gates_before, gates_after = _gates(old, ""), _gates(new, "")
    for prefix in dict.fromkeys((*gates_before, *gates_after)):
        found += _gate_changes(prefix, gates_before.get(prefix, {}), gates_after.get(prefix, {}))
    return found + [Change(name, "removed", text, None) for name, text in before.items() if name not in after]


def _gate_changes(prefix: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """Changes of the gates of one composition, by condition. Of those that match none, the first meets the first."""
    found = []
    gone = [condition for condition in before if condition not in after]
    come = [condition for condition in after if condition not in before]
    paired = dict(zip(come, gone, strict=False))
    for condition, text in after.items():
        name = f"{prefix}require {condition}"
        if condition in paired:
            found.append(Change(name, "changed", before[paired[condition]], text))
        elif condition not in before:
            found.append(Change(name, "added", None, text))
        elif before[condition] != text:
            found.append(Change(name, "changed", before[condition], text))
    left = gone[len(come) :]
    found += [Change(f"{prefix}require {condition}", "removed", before[condition], None) for condition in left]
    if not gone and not come and list(before) != list(after):
        order = ("\n".join(before.values()), "\n".join(after.values()))
        found.append(Change(f"{prefix}order of gates", "changed", *order))
    return found


def _gates(checked: CheckedComposition, prefix: str) -> dict[str, dict[str, str]]:
    """The gates of a composition and of those it composes, by condition, under the prefix of their names."""
    gates = {print_expression(gate.condition): print_statement(gate) for gate in checked.composition.gates}
    found = {prefix: gates} if gates else {}
    for name, target in checked.targets.items():
        found |= _gates(target, f"{prefix}{name}.")
    return found


def _digests(plan: Plan) -> dict[str, str]:
    digests = step_digests(plan)
    return {name: digests[step_id][1] for name, step_id in plan.nodes.items()}


def _statements(checked: CheckedComposition, params: Mapping[str, Any] | None, prefix: str) -> dict[str, str]:
    """The statements of a composition and of those it composes, by the name that they have in results.

    `params` are the values in force, where they may differ from the defaults.
    """
    one = checked.composition
    found = {f"{prefix}returns": print_type(one.returns)}
    for declared in one.inputs:
        found[f"{prefix}input {declared.name}"] = print_statement(declared)
    for param in one.params:
        text = print_statement(param)
        found[f"{prefix}param {param.name}"] = text if params is None else f"{text}  # {params[param.name]!r}"
    for node in one.nodes:
        found[prefix + node.name] = print_statement(node)
        target = checked.targets.get(node.name)
        if target is not None:
            found |= _statements(target, None, f"{prefix}{node.name}.")
    if one.result is not None:
        found[f"{prefix}return"] = f"return {print_expression(one.result)}"
    return found
