"""From a checked composition to the graph of steps that is run.

In comes what the analysis found (`CheckedComposition`) and the params, out goes a `Plan`. Look first at `steps.py`,
what a plan is made of; then `build.py`, and `passes/`, what makes it cheaper.
"""
