"""Pictures of rules: what a rule gives for its example and for changes of it, computed by running the rule.

In comes a signature, out come plain numbers and texts; how they are drawn is the command line's matter. Look first at
`declared.py` for what a rule may say of its picture, and at `picture.py` for how one is made; `variants.py` has the
changes that every rule is tried with.
"""
