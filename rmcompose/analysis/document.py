"""The analysis of one file whose imports were analysed before it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from rmcompose.analysis.check import Reading, check_composition
from rmcompose.analysis.cycles import order_compositions
from rmcompose.analysis.names import unique
from rmcompose.analysis.report import Report
from rmcompose.analysis.result import CheckedDocument
from rmcompose.analysis.scope import Callees
from rmcompose.diagnostics.diagnostic import Diagnostic
from rmcompose.diagnostics.source import Source
from rmcompose.ir import Composition, Document


class Parsed(Protocol):
    """What a reader gives for one text; see `rmcompose/syntax`.

    `poisoned` names, by composition, what broken statements would have declared, under `""` for the whole file;
    `broken_results` are compositions whose `return` could not be read.
    """

    @property
    def document(self) -> Document | None:
        """What could be read, None where nothing could."""

    @property
    def diagnostics(self) -> Sequence[Diagnostic]:
        """What was wrong with the text."""

    @property
    def poisoned(self) -> Mapping[str, Collection[str]]:
        """Names that must not be called unknown."""

    @property
    def broken_results(self) -> Collection[str]:
        """Compositions whose result is missing for a reason that was told."""


def check_document(
    source: Source, parsed: Parsed, imports: Mapping[str, CheckedDocument | None], found: Sequence[Diagnostic]
) -> CheckedDocument:
    """The checked file. Its diagnostics are those of the reader, `found` (faults of its imports) and its own.

    `imports` has each alias with its document, None where it could not be had.
    """
    document = parsed.document or Document()
    faults = [*parsed.diagnostics, *found]
    unread = [one for one in parsed.diagnostics if one.is_error]
    report = Report()
    unique(((one.name, one.name_span or one.span) for one in document.imports), report)
    own = unique(((one.name, one.name_span or one.span) for one in document.compositions), report)
    first: dict[str, Composition] = {}
    for composition in document.compositions:
        first.setdefault(composition.name, composition)
    filewide = frozenset(parsed.poisoned.get("", ()))
    callees = Callees(own=first, imports=imports, poisoned=filewide)
    result = CheckedDocument(
        source,
        document,
        names=(*own, *(name for name in sorted(filewide) if name not in own)),
        imports={alias: file for alias, file in imports.items() if file is not None},
    )
    ordered, cyclic = order_compositions(list(first.values()), report)
    later = [one for one in document.compositions if first[one.name] is not one]
    for composition in (*(first[name] for name in ordered), *later):
        name = composition.name
        reading = Reading(
            poisoned=filewide | frozenset(parsed.poisoned.get(name, ())),
            broken_result=name in parsed.broken_results,
            torn=any(_touches(one, composition) for one in unread),
            hushed=bool(unread),
        )
        part = Report()
        checked = check_composition(composition, source.path, callees, reading, part)
        report.diagnostics += part.diagnostics
        sound = checked is not None and name not in cyclic and first[name] is composition
        if sound and checked is not None and not reading.torn:
            callees.checked[name] = checked
    result.diagnostics = [*faults, *report.diagnostics]
    result.compositions = {name: callees.checked[name] for name in own if name in callees.checked}
    return result


def _touches(fault: Diagnostic, composition: Composition) -> bool:
    """Whether a fault of the text may have taken a part of the composition away."""
    if fault.span is None or composition.span is None:
        return True
    return composition.span.start <= fault.span.start < composition.span.end
