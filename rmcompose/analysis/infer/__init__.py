"""What a formula can give: its kind, the range of its values and its level, by interval arithmetic from the leaves up.

In come expressions and the scope of their names, out go `Inferred` values; faults of kind and range go to the scope's
report. Look first at `expression.py`, which has one case per construct.
"""

from rmcompose.analysis.infer.expression import infer

__all__ = ["infer"]
