"""The `rmcompose` command.

In come words of the command line, out go text on stdout, one clear line on stderr for what is not a fault of a spec,
and an exit code. Look first at `main.py`; each command is a module of its own that says what it takes (`arguments`) and
does (`run`), and imports what it needs only when it runs.
"""
