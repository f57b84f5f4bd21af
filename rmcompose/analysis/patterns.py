"""Whether a regular expression can be compiled, asked of the rule that takes one: there is one dialect."""

from __future__ import annotations

from rmcompose.primitives import registry


def pattern_fault(pattern: object) -> str | None:
    """What is wrong with a pattern, or None."""
    rule = registry.signature("regex_match")
    argument = rule.argument("pattern") if rule is not None else None
    return argument.check(pattern) if argument is not None and argument.check is not None else None
