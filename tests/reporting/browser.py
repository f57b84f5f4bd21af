"""A real browser without a window: Debian's chromium, or what is named like it."""

import os
import re
import shutil
import struct
import subprocess
import tempfile
import zlib
from html.parser import HTMLParser
from pathlib import Path

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
REQUIRED = os.environ.get("RMCOMPOSE_BROWSER") == "required"
"""Whether a browser that is not there is a failure and not a reason to skip."""


def _run(page, *options, state=""):
    assert BROWSER is not None, "RMCOMPOSE_BROWSER=required, and there is no chromium"
    with tempfile.TemporaryDirectory() as profile:
        command = [
            *(
                BROWSER,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                f"--user-data-dir={profile}",
            ),
            *(
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
                "--disable-dev-shm-usage",
            ),
            *("--enable-logging=stderr", "--v=0", "--virtual-time-budget=4000"),
            *(*options, f"{Path(page).resolve().as_uri()}{state}"),
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, encoding="utf-8")


class Shown(HTMLParser):
    """The page as the browser has it after its script ran, and what it said on the console."""

    def __init__(self, page, state="", *options):
        super().__init__()
        done = _run(page, "--dump-dom", *options, state=state)
        self.console = re.findall(r"CONSOLE[^\n]*", done.stderr)
        self.dom = done.stdout
        self.keys = re.findall(r'<details class="sample"[^>]*data-key="([^"]+)"', self.dom)
        self.marks = re.findall(r"<mark>(.*?)</mark>", self.dom)
        (self.count,) = re.findall(r'<p id="count"[^>]*>(.*?)</p>', self.dom)


def first_pixel(page, state="", *options, size=(1280, 900)):
    """The colour at the top left of a screenshot: of a first pixel all filters of PNG leave the bytes as they are."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "shot.png"
        _run(page, f"--screenshot={picture}", "--window-size={},{}".format(*size), *options, state=state)
        data = picture.read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    assert (width, height) == size
    place, packed = 8, b""
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        if data[place + 4 : place + 8] == b"IDAT":
            packed += data[place + 8 : place + 8 + length]
        place += 12 + length
    return tuple(zlib.decompress(packed)[1:4])
