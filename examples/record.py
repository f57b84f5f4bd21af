"""Makes the cassette of an example: runs its spec against a stand-in for a model, on loopback, and records the replies.

    python examples/record.py examples/math/math.rm examples/chat/assistant.rm examples/end_to_end/main.rm

The stand-in is not a model. It looks up the response it is asked about in the example's data and answers from the
label that a person gave it (`is_correct`, `quality`, `harm`) and from plain features of the text, always the same. What
the cassettes hold is therefore good for running the examples without a key, and says nothing about any model.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Labelled = dict[str, Mapping[str, float]]
"""What is known of each response text: `quality` in [0, 1], `harm` 0 or 1."""


def labels_of(data: Path) -> Labelled:
    """The labels of every response of an example, by the response's text."""
    known: Labelled = {}
    for line in data.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        label = row.get("label", {})
        for index, text in enumerate(row["responses"]):
            if "is_correct" in label:
                quality = 1.0 if label["is_correct"][index] else 0.25
            else:
                quality = label["quality"][index]
            known[text] = {"quality": quality, "harm": label.get("harm", [0] * (index + 1))[index]}
    return known


class StandIn:
    """Answers a judge's question from what is known of the response in it."""

    def __init__(self, known: Labelled) -> None:
        self.known = known

    def reply(self, request: Mapping[str, Any]) -> str:
        """The text of the reply to a request of chat completions."""
        question = request["messages"][-1]["content"]
        return json.dumps(self.answer(question, request["response_format"]["json_schema"]["schema"]))

    def answer(self, question: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        """A reply of the shape that was asked for."""
        properties = schema["properties"]
        if "ranking" in properties:
            return {"reason": "stand-in", "ranking": self.ranking(question)}
        text = max((text for text in self.known if text in question), key=len)
        if "verdicts" not in properties:
            return {"reason": "stand-in", "score": self._score(question, text, "")}
        item = properties["verdicts"]["items"]["properties"]
        verdicts: list[dict[str, Any]] = []
        for criterion in item["id"]["enum"]:
            verdict: dict[str, Any] = {"id": criterion, "reason": "stand-in"}
            if "met" in item:
                verdict["met"] = self._met(text, criterion)
            else:
                verdict["score"] = self._score(question, text, criterion)
            verdicts.append(verdict)
        return {"verdicts": verdicts}

    def ranking(self, question: str) -> list[list[int]]:
        """The answers of a question by their quality, best first, numbered from 1 as they stand in it."""
        found: dict[int, str] = {}
        for text in sorted(self.known, key=len, reverse=True):
            # a text within a longer one is a part of that answer and no answer of its own
            question, place = question.replace(text, "\0" * len(text)), question.find(text)
            if place >= 0:
                found[place] = text
        quality = [self.known[found[place]]["quality"] for place in sorted(found)]
        groups: dict[float, list[int]] = {}
        for number, value in enumerate(quality, start=1):
            groups.setdefault(value, []).append(number)
        return [groups[value] for value in sorted(groups, reverse=True)]

    def _score(self, question: str, text: str, criterion: str) -> float:
        scale = re.findall(r"from (-?[\d.]+) to (-?[\d.]+\d|-?\d+)", question)[-1]
        low, high = (float(bound) for bound in scale)
        value = low + (high - low) * self.known[text]["quality"]
        if high - low > 1:
            value = max(low, round(value) - _faults(text, criterion))
        return value

    def _met(self, text: str, criterion: str) -> bool:
        if criterion == "no_harm":
            return not self.known[text]["harm"]
        if criterion == "moralising":
            return "should" in text
        return True


def _faults(text: str, criterion: str) -> int:
    """Steps down the scale for what can be counted in a solution: too few calculations, too few or too long lines."""
    if criterion == "rigor":
        return int(text.count("<<") < 2) + int(text.count("=") > 2 * text.count("<<"))
    lines = text.splitlines()
    return int(len(lines) < 3) + int(max(map(len, lines)) > 160)


def serve(stand_in: StandIn) -> ThreadingHTTPServer:
    """A chat-completions server on a free port of loopback, already running in a thread."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else every reply waits for an acknowledgement

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            question = request["messages"][-1]["content"]
            message = {"role": "assistant", "content": stand_in.reply(request)}
            body = {
                "id": "stand-in",
                "object": "chat.completion",
                "created": 0,
                "model": request["model"],
                "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                "usage": {
                    "prompt_tokens": len(question) // 4,
                    "completion_tokens": len(message["content"]) // 4,
                    "total_tokens": len(question) // 4 + len(message["content"]) // 4,
                },
            }
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def record(spec: Path) -> int:
    """Writes `cassette.jsonl` beside a spec, with every call that any way of running it makes."""
    folder = spec.parent
    cassette = folder / "cassette.jsonl"
    cassette.unlink(missing_ok=True)
    server = serve(StandIn(labels_of(folder / "data.jsonl")))
    with tempfile.TemporaryDirectory() as scratch:
        env = {
            **os.environ,
            "OPENAI_API_KEY": "no-key",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{server.server_address[1]}/v1",
            "RMCOMPOSE_CACHE_DIR": str(Path(scratch) / "cache"),
        }
        out = str(Path(scratch) / "out.jsonl")
        words = [sys.executable, "-m", "rmcompose", "run", spec.name, "data.jsonl", "-o", out]
        # every node of every arm, so that `--no-optimize` finds its answers too; one worker keeps the order of lines
        words += ["--record", cassette.name, "--no-optimize", "--concurrency", "1"]
        done = subprocess.run(words, cwd=folder, env=env, check=False)  # noqa: S603
    server.shutdown()
    server.server_close()
    return done.returncode


def main() -> int:
    """Records each spec that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("specs", type=Path, nargs="+", metavar="SPEC")
    codes = [record(spec) for spec in parser.parse_args().specs]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
