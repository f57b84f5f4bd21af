"""How large a spec may be: bounds that keep every later pass within its stack and its time (RM155)."""

MAX_CHARACTERS = 4_000_000
"""The longest text that is read, in characters."""

MAX_DEPTH = 100
"""The deepest expression, in levels of IR nodes: passes over expressions recurse."""

MAX_YAML_DEPTH = 120
"""The deepest nesting of YAML collections."""

MAX_YAML_NODES = 400_000
"""The most YAML nodes after aliases are expanded."""

MAX_FAULTS = 100
"""The most syntax errors told for one file: past these, one more helps nobody."""
