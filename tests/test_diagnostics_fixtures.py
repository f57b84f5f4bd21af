"""Every diagnostic code, in both syntaxes where it can occur: what it says, in full, and where it points.

One folder a fault under `fixtures/invalid/`: `source.rm` and `source.rm.yaml` with the helpers they import, and
`expected.txt` with the full rendering of each (`pytest --update-golden` writes it). A folder gives exactly the code in
its name, and others only where its `codes.txt` lists them. The codes of a run (RM9) have `samples.jsonl`, and
`replies.json` for what the model answers; `expected.txt` is the reason each response is unscored for.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import rmcompose as rm
from rmcompose.compiler import Compilation
from rmcompose.diagnostics import Diagnostic
from rmcompose.diagnostics.catalogue import CATALOGUE, PARTS, UNSCORED_CODES, explanation
from rmcompose.diagnostics.render import render

INVALID = Path(__file__).parent / "fixtures" / "invalid"
PACKAGE = Path(rm.__file__).parent
FOLDERS = sorted(path for path in INVALID.iterdir() if path.is_dir())
STATIC = [folder for folder in FOLDERS if not folder.name.startswith("RM9")]
RUNNING = [folder for folder in FOLDERS if folder.name.startswith("RM9")]


def _code(folder: Path) -> str:
    return folder.name[:5]


def _sources(folder: Path) -> list[str]:
    return [name for name in ("source.rm", "source.rm.yaml") if (folder / name).exists()]


def _diagnostics(source: str) -> list[Diagnostic]:
    """What is wrong with a spec of the working directory; failed spec tests are faults too."""
    compilation = Compilation(source)
    found = compilation.diagnostics
    if not any(one.is_error for one in found):
        found = [*found, *(one for outcome in compilation.tests() for one in outcome.diagnostics)]
    return found


def _by_name(folder: Path) -> str:
    return folder.name


@pytest.mark.parametrize("folder", STATIC, ids=_by_name)
def test_a_fault_is_told_once_and_in_full(folder: Path, monkeypatch, update_golden):
    monkeypatch.chdir(folder)
    extra = (folder / "codes.txt").read_text(encoding="utf-8").split() if (folder / "codes.txt").exists() else []
    renderings = []
    for source in _sources(folder):
        found = _diagnostics(source)
        assert sorted(one.code for one in found) == sorted([_code(folder), *extra]), render(found, "full")
        renderings.append(f"{render(found, 'full')}\n")
    text = "\n".join(renderings)
    _compare(folder / "expected.txt", text, update_golden)


@pytest.mark.parametrize("folder", STATIC, ids=_by_name)
def test_a_message_keeps_the_house_style(folder: Path, monkeypatch):
    monkeypatch.chdir(folder)
    for source in _sources(folder):
        for one in _diagnostics(source):
            for text in (one.message, one.label, *(label.text for label in one.labels), *one.help):
                first = re.sub(r"`[^`]*`", "", text).partition(" ")[0]
                assert first == first.lower() or first == "YAML", text
                assert not text.endswith("."), text
            entry = CATALOGUE[one.code]
            assert one.severity == entry.severity


@pytest.mark.parametrize("folder", [f for f in STATIC if len(_sources(f)) == 2], ids=_by_name)
def test_both_syntaxes_say_the_same(folder: Path, monkeypatch):
    """The words are the same, but for the file's ending and for quotes that YAML does not need."""
    monkeypatch.chdir(folder)
    said, of_yaml = (
        [one.message.replace(".rm.yaml", ".rm").replace('"', "") for one in _diagnostics(source)]
        for source in _sources(folder)
    )
    assert said == of_yaml


class _Model(BaseHTTPRequestHandler):
    """A model that gives the replies of a fixture in turn, the last one for ever."""

    replies: list[dict[str, Any]]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every reply waits for an acknowledgement

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        message = {"role": "assistant", "content": reply.get("content", "")}
        body = {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": "judge",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
        data = json.dumps(body if "content" in reply else {"error": {"message": "no such key"}}).encode()
        self.send_response(reply.get("status", 200))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture
def model(monkeypatch, tmp_path) -> Iterator[type[_Model]]:
    """A model on loopback that the environment points to; its replies are to be set."""
    handler = type("Model", (_Model,), {"replies": [{"status": 500}]})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_address[1]}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(tmp_path / "cache"))
    yield handler
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("folder", RUNNING, ids=_by_name)
def test_what_fails_while_running_is_a_reason(folder: Path, monkeypatch, model, update_golden):
    monkeypatch.chdir(folder)
    samples = [json.loads(line) for line in (folder / "samples.jsonl").read_text(encoding="utf-8").splitlines()]
    told = []
    for source in _sources(folder):
        if (folder / "replies.json").exists():
            model.replies = json.loads((folder / "replies.json").read_text(encoding="utf-8"))
        assert [one for one in rm.check(source) if one.is_error] == []
        traces = asyncio.run(_traces(rm.load(source), samples))
        reasons = [response["reason"] for trace in traces for response in trace["responses"]]
        for reason in reasons:
            assert UNSCORED_CODES[reason["kind"]] == _code(folder), reason
        told.append("".join(json.dumps(reason) + "\n" for reason in reasons))
    assert told[0] == told[1], "the two syntaxes tell different reasons"
    _compare(folder / "expected.txt", told[0], update_golden)


async def _traces(reward: rm.RMComposition, samples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    try:
        return [await reward.atrace(sample) for sample in samples]
    finally:
        await reward.client.aclose()


def _compare(path: Path, text: str, update_golden: bool) -> None:
    if update_golden:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_every_code_has_a_folder():
    assert {_code(folder) for folder in FOLDERS} == set(CATALOGUE)


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_folder_carries_the_name_of_the_code(code: str):
    assert (INVALID / f"{code}-{CATALOGUE[code].name}").is_dir()


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_code_is_explained(code: str):
    found = explanation(code)
    assert found is not None
    assert set(found.parts) >= set(PARTS)
    assert all(text.strip() for text in found.parts.values())


def _code_outside_the_catalogue() -> str:
    modules = [path for path in PACKAGE.rglob("*.py") if path.name != "catalogue.py"]
    return "\n".join(path.read_text(encoding="utf-8") for path in modules)


def test_every_code_is_given_somewhere():
    text = _code_outside_the_catalogue()
    kinds = {code: {kind for kind, told in UNSCORED_CODES.items() if told == code} for code in CATALOGUE}
    silent = [
        code for code in CATALOGUE if f'"{code}"' not in text and not any(f'"{kind}"' in text for kind in kinds[code])
    ]
    assert silent == []


@pytest.mark.parametrize("folder", FOLDERS, ids=_by_name)
def test_both_syntaxes_are_there(folder: Path):
    """YAML's own faults have no twin; some of `.rm`'s have none either."""
    sources = _sources(folder)
    if _code(folder).startswith("RM15"):
        assert sources == ["source.rm.yaml"]
    elif _code(folder).startswith("RM10") or folder.name == "RM204-unknown-setting":
        # a key that a judge of YAML does not have is RM151
        assert "source.rm" in sources
    else:
        assert len(sources) == 2
