"""How an agent went about its task: loops, repeats, steps, and what it learnt from its tools.

In come the messages of a response with its tool calls and their results, out go counts and shares. Look first at
`trace.py`, which pairs calls with results.
"""
