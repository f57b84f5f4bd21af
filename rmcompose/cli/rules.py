"""`rmcompose rules`: the registered rules by subject, or everything about one, with a picture of what it does."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import textwrap
from collections.abc import Iterator, Sequence

from rmcompose.cli.console import ascii_only, columns, out, say
from rmcompose.cli.faults import FINE, UsageFault
from rmcompose.primitives.catalogue import SUBJECTS
from rmcompose.primitives.describe import about, describe, format_range, format_signature, headline, subject_of
from rmcompose.primitives.registry import (
    ROLE_FIELDS,
    ArgumentSpec,
    RuleSignature,
    names,
    plugin_faults,
    signature,
    signatures,
)

_OWN = "yours"
_NARROWEST = 24


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "words",
        nargs="*",
        metavar="NAME|WORD",
        help="one rule, with its arguments and a picture of what it does; or words that all must be in a line",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def run(args: argparse.Namespace) -> int:
    """Prints one line a rule, or one rule in full. Words that fit nothing are wrong usage."""
    rule = signature(args.words[0]) if len(args.words) == 1 else None
    if rule is not None:
        _show(rule, args.format)
        return FINE
    found = _find(args.words)
    if args.format == "json":
        out(json.dumps([describe(one) for one in found], indent=2))
        return FINE
    # a pipe is for other programs, which want a rule in a line
    for line in listing(found, columns() if sys.stdout.isatty() else None):
        print(line)
    for fault in plugin_faults():
        say(fault)
    rules = "1 rule" if len(found) == 1 else f"{len(found)} rules"
    say(f"{rules}; `rmcompose rules NAME` shows one, `rmcompose rules WORD` finds some")
    return FINE


def _show(rule: RuleSignature, how: str) -> None:
    # pictures are a part of this command that a list does not need
    from rmcompose.primitives.pictures.picture import picture_of

    with contextlib.redirect_stdout(sys.stderr):  # what a rule of the user prints is no part of the picture
        picture = picture_of(rule)
    if how == "json":
        out(json.dumps({**describe(rule), "picture": picture.to_dict()}, indent=2, default=repr))
        return
    from rmcompose.cli.pictures import draw

    lines = draw(picture, columns() - 2, ascii=ascii_only())
    head = "picture, of a text of ours:" if picture.stock else "picture:"
    out("\n".join([in_full(rule, columns()), "", head, *(f"  {line}".rstrip() for line in lines)]))


def _find(words: Sequence[str]) -> list[RuleSignature]:
    wanted = [word.casefold() for word in words]
    found = [rule for rule in signatures() if all(word in _searched(rule) for word in wanted)]
    if words and not found:
        from rmcompose.diagnostics.suggest import nearest

        meant = nearest(" ".join(words), names())
        advice = f": did you mean `{meant}`?" if meant else " (`rmcompose rules` lists all)"
        raise UsageFault(f"no rule fits `{' '.join(words)}`{advice}")
    return found


def _searched(rule: RuleSignature) -> str:
    return " ".join((rule.name, subject_of(rule) or _OWN, format_range(rule), headline(rule), *rule.aliases)).casefold()


def listing(rules: Sequence[RuleSignature], width: int | None) -> Iterator[str]:
    """Rules by subject, each subject with a heading; wrapped to a width, or a line a rule where that is None."""
    first = True
    for subject in (*SUBJECTS, ""):
        inside = [rule for rule in rules if subject_of(rule) == subject]
        if not inside:
            continue
        if not first:
            yield ""
        first = False
        said = f": {about(subject)}" if subject else ": rules of yours, from `rmcompose.toml` or a package"
        yield from _wrapped(f"{subject or _OWN}{said}", width, "")
        columns_of = [(rule.name, format_range(rule)) for rule in inside]
        sizes = [max(len(row[place]) for row in columns_of) for place in (0, 1)]
        for rule, row in zip(inside, columns_of, strict=True):
            head = "  ".join(("", *map(str.ljust, row, sizes), ""))
            room = None if width is None else width - len(head)
            if room is not None and room < _NARROWEST:  # a narrow terminal: the text goes below
                yield "  ".join(("", *row))
                yield from _wrapped(headline(rule), width, "      ")
            else:
                lines = list(_wrapped(headline(rule), room, ""))
                yield f"{head}{lines[0] if lines else ''}".rstrip()
                yield from (f"{' ' * len(head)}{line}" for line in lines[1:])


def _wrapped(text: str, width: int | None, indent: str) -> list[str]:
    if width is None:
        return [indent + text]
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def in_full(rule: RuleSignature, width: int) -> str:
    """Everything about a rule but its picture, for people."""
    # an argument stays together with its default
    call = format_signature(rule).removesuffix(f" -> {format_range(rule)}")
    call = call.replace(" = ", "\0=\0").replace(": ", ":\0") + f" -> {format_range(rule)}".replace(" ", "\0")
    lines = [line.replace("\0", " ") for line in _hanging(call, width, "    ")]
    lines += ["", *_prose(rule.doc, width)]
    if rule.arguments:
        lines += ["", "arguments:"]
        longest = max(len(argument.name) for argument in rule.arguments)
        for argument in rule.arguments:
            said = "; ".join(filter(None, [argument.doc, *_remarks(argument)]))
            lines += _hanging(f"  {argument.name:<{longest}}  {said}".rstrip(), width, " " * (longest + 4))
    for title, text in (
        ("example", f"{rule.example}\n{rule.answered}"),
        ("quirks", rule.quirks),
        ("needs", ", ".join(rule.needs)),
        ("also known as", ", ".join(rule.aliases)),
    ):
        if text.strip():
            told = text.strip("\n").splitlines()
            lines += ["", f"{title}:", *(one for line in told for one in _hanging(f"  {line}".rstrip(), width, "  "))]
    return "\n".join(lines)


def _prose(doc: str, width: int) -> list[str]:
    """A doc with its paragraphs filled; what is indented or a list keeps its lines."""
    lines: list[str] = []
    for paragraph in doc.strip("\n").split("\n\n"):
        written = paragraph.splitlines()
        if any(line.startswith((" ", "\t", "- ", "* ", "|", "```")) for line in written):
            filled = [one for line in written for one in _hanging(line, width, "    ")]
        else:
            filled = _hanging(" ".join(written), width, "")
        lines += ["", *filled] if lines else filled
    return lines


def _hanging(line: str, width: int, indent: str) -> list[str]:
    """A line broken between words where it is too long; a word is never broken."""
    if len(line) <= width:
        return [line]
    return textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


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
