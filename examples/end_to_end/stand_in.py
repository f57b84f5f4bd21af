"""The judge of the tutorial where no model is at hand: a server on loopback that looks up what it is asked about.

It is the stand-in of `examples/record.py`, which knows each response from the labels in `data.jsonl`. It answers the
judges of `main.rm`, who ask for JSON, and the rewards of `tutorial.py`, who ask for sections, by the same labels.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from record import StandIn, labels_of, serve  # noqa: E402  # it lies in the folder above


class Judge(StandIn):
    """Answers in sections, too: `<score>` where that is asked for, else `<ranking>`."""

    def reply(self, request: Mapping[str, Any]) -> str:
        """The text of the reply to a request of chat completions, in JSON where the request asks for that."""
        if "response_format" in request:
            return super().reply(request)
        question = request["messages"][-1]["content"]
        if "<ranking>" in question:
            return f"<reason>stand-in</reason><ranking>{json.dumps(self.ranking(question))}</ranking>"
        text = max((text for text in self.known if text in question), key=len)
        return f"<reason>stand-in</reason><score>{self.known[text]['quality']}</score>"


@contextmanager
def judge() -> Iterator[str]:
    """The address of the judge, for as long as the block runs."""
    server = serve(Judge(labels_of(HERE / "data.jsonl")))
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
