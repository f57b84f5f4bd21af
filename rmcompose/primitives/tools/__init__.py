"""Whether a response calls the right tools in the right way.

In come tool calls in any of the usual forms, tools as JSON Schemas and the calls that were wanted; out go bools and
shares. Look first at `calls.py`, which reads calls, then at `match.py`.
"""
