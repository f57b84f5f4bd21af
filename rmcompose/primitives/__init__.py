"""The atomic rewards: typed, documented functions of a response and what it is compared with.

In come plain values (texts, numbers, messages), out goes a number or a bool, or a `RuleError` that says why not.
Look first at `registry.py`; each other module holds the rules of one subject.
"""
