"""A page as one file: its head, which forbids every request, the common style, and a script where there is one."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from rmcompose.pages.markup import esc, tag

_IN_SCRIPT = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def document(title: str, body: str, *, style: str = "", data: Any = None, script: str = "") -> str:
    """The page as text; `body` is markup, `style` comes after the common one.

    The policy in its head allows inline style and, where there is a `script`, that very text and no other: nothing is
    fetched, and nothing that a text of the data brings along runs. `data` is what the script reads, as JSON in an
    element with the id `data`; UTF-8 can hold it whatever the texts in it are.
    """
    common = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    tail = ""
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy += f"; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        tail = f'<script type="application/json" id="data">{json_text(data)}</script>\n<script>{script}</script>'
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        + tag("title", esc(title))
        + f"<style>\n{common}{style}</style>"
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{body}{tail}</body></html>\n'


def json_text(data: Any) -> str:
    """Data as JSON that may stand in an element of a page: no text in it can end the element or begin another."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_IN_SCRIPT)
    # half of a surrogate pair, which only an escape can hold
    return "".join(f"\\u{ord(char):04x}" if "\ud800" <= char <= "\udfff" else char for char in text)
