"""How far a judge can be trusted: its results against labels, in figures with intervals.

In come rows with labels and their results, out goes a report of agreement, order and length bias, votes and what was
left unscored, as plain data or as a page. Look first at `report.py`, then at `labels.py` and `bootstrap.py`; the
formulas are in `agreement.py` and `ranks.py`.
"""
