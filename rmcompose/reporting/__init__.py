"""Reporting: results as one page.

In come result lines, as a file or as they are, with the spec and the data where there are any; out go figures as plain
data and a page that needs nothing else. Look first at `report.py`, then at `statistics.py`.
"""
