"""The two concrete syntaxes: `.rm` and `.rm.yaml`, read into one IR and written from it.

In comes the text of a spec as a `Source`, out goes a `Parsed` (the IR of every healthy statement, diagnostics,
comments); from IR go texts in either syntax. Look first at `parser.py`, then `builder.py`, with the grammar beside them
in `grammar/`.
"""
