"""What is wrong with a spec, where, and what would help.

In come faults found by any room as `Diagnostic`s over a `Source`, out goes text for people (full, concise) and for
machines (JSON, GitHub annotations, SARIF). Look first at `diagnostic.py`, then `catalogue.py` for the codes and
`render/` for the formats.
"""

from rmcompose.diagnostics.diagnostic import Diagnostic, Label, Severity, SpecError, in_order
from rmcompose.diagnostics.source import Source, Span
from rmcompose.diagnostics.suggest import nearest

__all__ = ["Diagnostic", "Label", "Severity", "Source", "Span", "SpecError", "in_order", "nearest"]
