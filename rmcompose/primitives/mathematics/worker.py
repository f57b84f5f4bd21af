"""The program of a worker process that compares two mathematical answers, one request a line.

Run as a script by `pool`; it needs the standard library and `math_verify`, and nothing of this package. A request
is `{"gold": [mode, text], "pred": [mode, text], "decimals": n, "intervals": bool, "first": bool, "seconds": s}`. The
reply is `{"equal":
bool, "gold": bool, "pred": bool}`, where the last two say whether an answer was found, or `{"error": text}`. A request
that takes longer than its seconds ends the process: computer algebra can run for ever where no signal interrupts it.
"""

from __future__ import annotations

import faulthandler
import functools
import importlib
import json
import logging
import os
import re
import sys
from pathlib import Path
from typing import Any, TextIO

_MOST_MEMORY = 4 * 2**30
_DROPPED = re.compile(r"\s*(?:[\^(]|\\(?![)\]])|[abeiknpqrtuvwxyzπθ](?![a-zA-Z]))")
_RATE = re.compile(r"%|percent|per cent|pct", re.IGNORECASE)
_PRECISION = 60
_CHUNK = re.compile(r"[-+*/^().,\w]+")


def main() -> None:
    """Answers requests until its input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    sys.stdout = sys.stderr  # whatever a library prints is not a reply
    _limit_memory()
    logging.disable(logging.CRITICAL)
    try:
        compare = _Comparison()
    except ImportError as fault:
        _send(replies, {"error": f"the package `{fault.name}` is not installed"})
        return
    _send(replies, {"ready": True})
    with Path(os.devnull).open("w") as nowhere:
        for line in sys.stdin:
            request = json.loads(line)
            # a watchdog thread without the interpreter's lock: it fires in the middle of any computation
            faulthandler.dump_traceback_later(request["seconds"], exit=True, file=nowhere)
            reply = compare(request)
            faulthandler.cancel_dump_traceback_later()
            _send(replies, reply)


class _Comparison:
    def __init__(self) -> None:
        parser = importlib.import_module("math_verify.parser")
        self._parse = parser.parse
        self._verify = importlib.import_module("math_verify.grader").verify
        sympy = importlib.import_module("sympy")
        self._basic = (sympy.Basic, sympy.MatrixBase)
        self._number, self._float, self._expression = sympy.Number, sympy.Float, sympy.Expr
        self._slow = (sympy.Integral, sympy.Sum, sympy.Product, sympy.Limit)
        plain, latex = parser.ExprExtractionConfig(), parser.LatexExtractionConfig()
        self._targets = {
            "raw": [latex, plain],
            "prose": [latex, plain],
            "boxed": [parser.LatexExtractionConfig(boxed_match_priority=0), plain],
            "latex": [latex],
        }
        self._read = functools.lru_cache(maxsize=256)(self._read_uncached)

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            gold, pred = self._read(*request["gold"]), self._read(*request["pred"])
            if request["first"]:
                gold, pred = gold[:1], pred[:1]
            equal = None if request["first"] or not (gold and pred) else self._numerically(gold[0], pred[0], request)
            if equal is None:
                equal = bool(gold and pred) and self._verify(
                    gold,
                    pred,
                    float_rounding=request["decimals"],
                    allow_set_relation_comp=request["intervals"],
                    timeout_seconds=None,
                )
        except MemoryError:
            return {"error": "the comparison needs too much memory"}
        except RecursionError:
            return {"error": "the expression is nested too deeply"}
        except Exception as fault:  # noqa: BLE001  # the library raises whatever sympy does
            return {"error": f"the comparison failed ({type(fault).__name__})"}
        return {"equal": bool(equal), "gold": bool(gold), "pred": bool(pred)}

    def _numerically(self, gold: Any, pred: Any, request: dict[str, Any]) -> bool | None:
        """Whether two exact numbers are the same to 50 digits; None where that does not settle it.

        The library would expand `(1 + sqrt(3))**4033` to find out. What is in percent it compares in a way of its own.
        """
        for side in (gold, pred):
            if not isinstance(side, self._expression) or not side.is_number or side.has(*self._slow):
                return None
        if any(_RATE.search(request[name][1]) for name in ("gold", "pred")):
            return None
        left, right = gold.evalf(_PRECISION), pred.evalf(_PRECISION)
        if not all(abs(side).is_Float for side in (left, right)):
            return None  # infinite, or undefined
        apart, size = abs(left - right), max(abs(left), abs(right))
        if size and apart < size * 10**-50:
            return True
        if apart <= 2 * 10.0 ** -request["decimals"]:
            return None
        is_rounded = any(side.has(self._float) for side in (gold, pred))
        return None if is_rounded and apart <= size * 1e-9 else False

    def _read_uncached(self, mode: str, text: str) -> list[Any]:
        """The expression found in the text and its source, `[expression, text]`, or `[text]`, or nothing."""
        if mode != "latex":
            found = self._extract(mode, text)
            return self._whole(found, text) if mode == "prose" else found
        found = self._extract("latex", f"${text}$")
        if found and isinstance(found[0], self._basic):
            return found
        return found if re.search(r"[^\W\d_]", text) else self._extract("raw", text)

    def _extract(self, mode: str, text: str) -> list[Any]:
        return list(self._parse(text, self._targets[mode], parsing_timeout=None))

    def _whole(self, found: list[Any], text: str) -> list[Any]:
        """`2x` where only its `2` was found: the extraction stops at the first character that is no digit."""
        if not found or not isinstance(found[0], self._number) or not isinstance(found[-1], str):
            return found
        start = text.rfind(found[-1])
        end = start + len(found[-1])
        if start < 0 or not _DROPPED.match(text, end):
            return found
        chunk = _CHUNK.match(text, start)
        return self._extract("latex", f"${chunk.group().rstrip('.,')}$") if chunk else []


def _limit_memory() -> None:
    try:
        resource = importlib.import_module("resource")
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    except (ImportError, ValueError, OSError):
        return  # not on this platform, or the limit is lower already


def _send(replies: TextIO, reply: dict[str, Any]) -> None:
    replies.write(json.dumps(reply) + "\n")
    replies.flush()


if __name__ == "__main__":
    main()
