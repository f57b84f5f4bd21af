"""`rmcompose rules`: the registered rules, or everything about one."""

from __future__ import annotations

import argparse
import json

from rmcompose.cli.console import out, say
from rmcompose.cli.faults import FINE, UsageFault
from rmcompose.primitives.describe import describe, format_range, format_signature
from rmcompose.primitives.registry import (
    ROLE_FIELDS,
    ArgumentSpec,
    RuleSignature,
    names,
    plugin_faults,
    signature,
    signatures,
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="one rule, with its arguments and an example")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def run(args: argparse.Namespace) -> int:
    """Prints one line a rule, or one rule in full. A rule that does not exist is wrong usage."""
    if args.name is not None:
        rule = _find(args.name)
        out(json.dumps(describe(rule), indent=2) if args.format == "json" else in_full(rule))
    elif args.format == "json":
        out(json.dumps([describe(rule) for rule in signatures()], indent=2))
    else:
        _list(signatures())
    return FINE


def _list(rules: tuple[RuleSignature, ...]) -> None:
    name_width = max(len(rule.name) for rule in rules)
    range_width = max(len(format_range(rule)) for rule in rules)
    for rule in rules:
        out(f"{rule.name:<{name_width}}  {format_range(rule):<{range_width}}  {rule.doc.partition(chr(10))[0]}")
    for fault in plugin_faults():
        say(fault)
    say(f"{len(rules)} rules; `rmcompose rules NAME` shows arguments and an example")


def _find(name: str) -> RuleSignature:
    from rmcompose.diagnostics.suggest import nearest

    rule = signature(name)
    if rule is None:
        meant = nearest(name, names())
        advice = f": did you mean `{meant}`?" if meant else " (`rmcompose rules` lists all)"
        raise UsageFault(f"unknown rule `{name}`{advice}")
    return rule


def in_full(rule: RuleSignature) -> str:
    """Everything about a rule, for people."""
    lines = [format_signature(rule), "", rule.doc]
    if rule.arguments:
        lines += ["", "arguments:"]
        width = max(len(argument.name) for argument in rule.arguments)
        for argument in rule.arguments:
            said = "; ".join(filter(None, [argument.doc, *_remarks(argument)]))
            lines.append(f"  {argument.name:<{width}}  {said}".rstrip())
    for title, text in (
        ("example", f"{rule.example}\n{rule.answered}"),
        ("quirks", rule.quirks),
        ("needs", ", ".join(rule.needs)),
        ("also known as", ", ".join(rule.aliases)),
    ):
        if text:
            lines += ["", f"{title}:", *(f"  {line}".rstrip() for line in text.strip("\n").splitlines())]
    return "\n".join(lines)


def _remarks(argument: ArgumentSpec) -> list[str]:
    """What holds of an argument beside its description."""
    remarks = []
    field = ROLE_FIELDS.get(argument.role) if argument.role else None
    if field is not None:
        remarks.append(f"left out, it is the sample's `{field}`")
    elif argument.required:
        remarks.append("required")
    if argument.constant:
        remarks.append("a constant")
    if argument.choices:
        remarks.append("one of " + ", ".join(f"`{choice}`" for choice in argument.choices))
    if argument.low is not None:
        remarks.append(f"at least {argument.low:g}")
    if argument.high is not None:
        remarks.append(f"at most {argument.high:g}")
    return remarks
