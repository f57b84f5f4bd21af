"""The 25 verifiable instructions of IFEval, one rule each, and a rule that reads a row's own instructions.

In come a response and the settings of an instruction, out goes whether it was followed, strictly or loosely. Look first
at `instruction.py`, which makes a rule of a check, then at `rows.py`.
"""
