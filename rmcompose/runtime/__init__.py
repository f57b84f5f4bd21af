"""Plans at work: closures made once per composition, and the engine that asks judges.

In come a plan and samples, out go scores with a trace of every node. Look first at `composition.py`, what users hold;
then `program.py` and `lowering.py`, how a plan becomes closures, and `engine.py`, how judges are asked; `unknown.py`
says what stands in for a value that is not known.
"""
