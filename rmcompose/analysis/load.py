"""Files: reads a spec and everything it imports, each once, and has them analysed from the leaves up.

Imports are relative to the importing file and stay inside the project: the nearest folder above the spec with
`rmcompose.toml` or `.git`, else the spec's own folder. Links are followed before that is asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from rmcompose.analysis.document import Parsed, check_document
from rmcompose.analysis.graph import components, cycle
from rmcompose.analysis.report import Report
from rmcompose.analysis.result import CheckedDocument
from rmcompose.diagnostics.diagnostic import in_order
from rmcompose.diagnostics.source import Source, Span
from rmcompose.ir import Document, Import

Read = Callable[[Source], Parsed]

MARKS = ("rmcompose.toml", ".git")
"""What makes a folder the root of a project."""

MAX_BYTES = 16_000_000
"""The largest file that is read; the readers have a bound of their own in characters."""

UNNAMED = "<text>"
"""What a spec without a file is called in diagnostics."""


class _Unreadable(Exception):
    """A file that cannot be read: the code and message of its diagnostic."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class _File:
    """One file that was read. `folder` is where its imports are relative to; `imports` are its sound ones, by alias."""

    source: Source
    parsed: Parsed
    folder: Path
    report: Report = field(default_factory=Report)
    imports: dict[str, tuple[Import, str]] = field(default_factory=dict)


def check_project(path: Path | None, text: str | None, read: Read) -> CheckedDocument:
    """The checked spec with the diagnostics of all its files, in order and each once.

    `path` is the spec as the user gave it; with `text` the file itself is not read (standard input, an editor), and
    without a path imports are relative to the working directory. A spec that cannot be read gives an empty document
    and one diagnostic: nothing is raised.
    """
    shown = path.as_posix() if path is not None else UNNAMED
    try:
        folder = (path.parent if path is not None else Path()).resolve()
        source = Source(shown, text if text is not None else _text(path, shown))
    except (_Unreadable, OSError, RuntimeError, ValueError) as fault:
        report = Report()
        code = fault.code if isinstance(fault, _Unreadable) else "RM001"
        report.error(code, str(fault) if isinstance(fault, _Unreadable) else f"cannot read `{shown}`", None)
        return CheckedDocument(Source(shown, ""), Document(), report.diagnostics)
    key = str(folder / path.name) if path is not None else ""
    files = _read_all(key, _File(source, read(source), folder), _root(folder), read)
    return _check_all(key, files)


def _text(path: Path | None, shown: str) -> str:
    """The text of a file. Raises _Unreadable."""
    if path is None:
        raise _Unreadable("RM001", "no spec was given")
    try:
        if path.is_dir():
            raise _Unreadable("RM001", f"`{shown}` is a folder, not a file")
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _Unreadable("RM001", f"file not found: `{shown}`") from None
    except (OSError, ValueError) as fault:
        reason = fault.strerror.lower() if isinstance(fault, OSError) and fault.strerror else "not a path"
        raise _Unreadable("RM001", f"cannot read `{shown}`: {reason}") from None
    if len(raw) > MAX_BYTES:
        raise _Unreadable("RM155", f"`{shown}` is larger than {MAX_BYTES // 1_000_000} MB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise _Unreadable("RM001", f"`{shown}` is not UTF-8 text (byte {fault.start})") from None


def _root(folder: Path) -> Path:
    for above in (folder, *folder.parents):
        if any((above / mark).exists() for mark in MARKS):
            return above
    return folder


def _read_all(key: str, first: _File, root: Path, read: Read) -> dict[str, _File]:
    """Every file that is reached, by its real path; the first one is the spec."""
    files = {key: first}
    real = os.path.realpath(key) if key else ""
    aliases = {real: key}
    work = [key]
    while work:
        file = files[work.pop()]
        for one in file.parsed.document.imports if file.parsed.document is not None else ():
            target = _find(one, file, root)
            if target is None:
                continue
            name = aliases.get(str(target), str(target))
            if name not in files:
                read_file = _open(one, target, file, read)
                if read_file is None:
                    continue
                files[name] = read_file
                work.append(name)
            file.imports.setdefault(one.name, (one, name))
    return files


def _find(one: Import, file: _File, root: Path) -> Path | None:
    """The real path of an import, or None after RM005 or RM001."""
    if PurePosixPath(one.path).is_absolute() or PureWindowsPath(one.path).is_absolute():
        file.report.error(
            "RM005",
            f"the import `{one.path}` is not relative",
            one.span,
            label="outside of the project",
            help=("imports are relative to the file they stand in",),
        )
        return None
    try:
        target = (file.folder / one.path).resolve()
    except (OSError, RuntimeError, ValueError):
        file.report.error("RM001", f"cannot read `{_printable(one.path)}`", one.span, label="not a path")
        return None
    if not target.is_relative_to(root):
        file.report.error(
            "RM005",
            f"the import `{one.path}` leaves the project",
            one.span,
            label="outside of the project",
            help=("a project is the nearest folder above the spec with `rmcompose.toml` or `.git`",),
        )
        return None
    return target


def _open(one: Import, target: Path, file: _File, read: Read) -> _File | None:
    """The imported file, or None after a diagnostic at the import."""
    shown = os.path.normpath(PurePosixPath(file.source.path).parent / one.path).replace(os.sep, "/")
    try:
        source = Source(shown, _text(target, shown))
    except _Unreadable as fault:
        file.report.error(fault.code, str(fault), one.span, label="imported here")
        return None
    return _File(source, read(source), target.parent)


def _printable(path: str) -> str:
    return path.encode("unicode_escape", "replace").decode("ascii")


def _check_all(key: str, files: dict[str, _File]) -> CheckedDocument:
    edges = {name: [target for _, target in file.imports.values()] for name, file in files.items()}
    checked: dict[str, CheckedDocument] = {}
    for component in components(list(files), edges):
        way = cycle(component, edges)
        if way:
            _report_cycle(way, files)
        for name in component:
            file = files[name]
            document = file.parsed.document
            imports: dict[str, CheckedDocument | None] = {}
            if document is not None:
                imports.update({one.name: None for one in document.imports})
            for alias, (_, target) in file.imports.items():
                # what a cycle runs through cannot be had by either side
                imports[alias] = None if way and target in component else checked.get(target)
            checked[name] = check_document(file.source, file.parsed, imports, file.report.diagnostics)
    everything = [one for name in files for one in checked[name].diagnostics]
    root = checked[key]
    root.diagnostics = in_order(everything)
    return root


def _report_cycle(way: list[str], files: dict[str, _File]) -> None:
    """RM003 at the import of the file that was read first, with a label at each import along the way."""
    places: list[tuple[Span | None, str]] = []
    for name, target in zip(way, [*way[1:], way[0]], strict=True):
        one = next(one for one, found in files[name].imports.values() if found == target)
        places.append((one.span, f"imports `{files[target].source.path}`"))
    paths = [files[name].source.path for name in (*way, way[0])]
    files[way[0]].report.error(
        "RM003",
        "imports form a cycle: " + " -> ".join(f"`{path}`" for path in paths)
        if len(way) > 1
        else f"`{paths[0]}` imports itself",
        places[0][0],
        label=places[0][1],
        labels=places[1:9],
    )
