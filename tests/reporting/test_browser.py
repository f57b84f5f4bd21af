"""The page in a real browser: filters, search and order, both themes, a quiet console, and no request to anywhere."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rmcompose.cli.main import main
from tests.reporting.browser import BROWSER, REQUIRED, Shown, first_pixel
from tests.reporting.conftest import Page, line, node, response, unscored_node
from tests.reporting.test_report import HOSTILE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        BROWSER is None and not REQUIRED, reason="there is no chromium (Debian: apt-get install chromium)"
    ),
]

TEXTS = ["alpha beta", "Alpha", "gamma", "beta GAMMA", "a.b*c"]


@pytest.fixture
def written(folder, capsys):
    """A page over thirty responses of ten samples, two of them unscored, with all that is on it."""
    lines, rows = [], []
    for n in range(10):
        answers = []
        for index in range(3):
            place = 3 * n + index
            nodes = {"words": node(float(place % 7)), "judge": node(place / 10, calls=1, tokens=9)}
            reason = None
            if place in (4, 20):
                nodes["judge"] = unscored_node("timeout" if place == 4 else "refused")
                reason = nodes["judge"]["reason"]
            answers.append(response(None if reason else place / 30, nodes, index=index, reason=reason))
        lines.append(line(*answers, id=f"s{n}"))
        rows.append({"id": f"s{n}", "prompt": f"prompt {n}", "responses": [TEXTS[(3 * n + i) % 5] for i in range(3)]})
    return write(folder, lines, rows)


def write(folder, lines, rows):
    for name, some in (("out.jsonl", lines), ("data.jsonl", rows)):
        (folder / name).write_text("".join(json.dumps(one) + "\n" for one in some), encoding="utf-8")
    assert main(["report", "out.jsonl", "-o", "report.html", "--data", "data.jsonl"]) == 0
    return folder / "report.html"


def key(place):
    return f"{place // 3 + 1}.{place % 3}"


SCORED = [place for place in range(30) if place not in (4, 20)]

STATES = {
    "": [*SCORED, 4, 20],
    "#sort=high": [*reversed(SCORED), 4, 20],
    "#sort=unscored": [4, 20, *SCORED],
    "#sort=row": list(range(30)),
    "#status=scored": SCORED,
    "#status=unscored": [4, 20],
    "#status=best": [3 * n + (2 if 3 * n + 2 not in (4, 20) else 1) for n in range(10)],
    "#kind=refused": [20],
    "#min=0.5&max=0.7": [p for p in SCORED if 0.5 <= p / 30 <= 0.7],
    "#node=words&nmin=6": [p for p in SCORED if p % 7 == 6] + [p for p in (4, 20) if p % 7 == 6],
    "#node=judge&nmax=0.3": [0, 1, 2, 3],
    "#q=alpha": [p for p in [*SCORED, 4, 20] if p % 5 in (0, 1)],
    "#q=BETA%20gamma": [p for p in [*SCORED, 4, 20] if p % 5 == 3],
    "#q=a.b*c": [p for p in [*SCORED, 4, 20] if p % 5 == 4],
    "#q=%22prompt%207%22": [21, 22, 23],
    "#q=cached": [],
    "#q=timeout": [4],
    "#q=nothing-has-this": [],
    "#sort=high&q=alpha&max=0.4": [p for p in reversed(SCORED) if p % 5 in (0, 1) and p / 30 <= 0.4],
    "#graph": [*SCORED, 4, 20],
    "#sort=odd&node=no-such-node": [*SCORED, 4, 20],
}


@pytest.mark.parametrize("state", STATES)
def test_filters_search_and_order(written, state):
    shown = Shown(written, state)
    expected = [key(place) for place in STATES[state]]
    assert shown.keys == expected
    assert shown.count == (f"{len(expected)} of 30 fit." if expected else "Nothing here fits.")
    assert shown.console == []


def test_words_that_were_found_are_marked(written):
    assert {mark.lower() for mark in Shown(written, "#q=alp%20gAm&open=all").marks} == set()
    assert set(Shown(written, "#q=alpha&open=all").marks) == {"alpha", "Alpha"}


def test_a_trace_opens_by_its_address(written):
    shown = Shown(written, f"#open={key(20)},{key(0)}")
    opened = re.findall(r'<details class="sample" data-key="([^"]+)" open', shown.dom)
    assert opened == [key(0), key(20)]
    assert "refused at judge: it is refused" in shown.dom
    assert shown.dom.count("<h4>Trace</h4>") == 2


def test_hostile_text_is_text(folder):
    reason = {"kind": HOSTILE, "node": HOSTILE, "message": HOSTILE}
    nodes = {HOSTILE: node(HOSTILE, reason=HOSTILE, detail={HOSTILE: [HOSTILE]})}
    lines = [line(response(0.5, nodes), response(None, nodes, index=1, reason=reason), id=HOSTILE, composition=HOSTILE)]
    page = write(folder, lines, [{"id": HOSTILE, "prompt": HOSTILE, "responses": [HOSTILE, HOSTILE]}])
    shown = Shown(page, "#open=all&q=alert")
    assert shown.keys == ["1.0", "1.1"]
    assert shown.console == []
    assert not re.search(r"<img|<script>alert", shown.dom)
    assert "&lt;img src=x onerror=" in shown.dom
    assert "\u05e9\u05dc\u05d5\u05dd" in shown.dom


def test_a_page_with_a_spec_is_quiet_too(scored, folder):
    words = ["--spec", "graded.rm", "--data", "data.jsonl"]
    assert main(["report", "out.jsonl", "-o", "report.html", *words]) == 0
    shown = Shown(folder / "report.html", "#open=all")
    assert len(shown.keys) == 50
    assert "Show more</button>" in shown.dom
    assert shown.console == []


def test_the_console_would_be_heard(written):
    text = written.read_text(encoding="utf-8")
    written.write_text(text.replace("<main>", "<main><script>broken(</script>", 1), encoding="utf-8")
    assert Shown(written).console != []


def test_nothing_is_fetched_and_no_other_script_runs(written):
    """Not by the page, and not by what would be put into it: its policy holds."""
    asked = []

    class Listening(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listening)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    home = f"http://127.0.0.1:{server.server_address[1]}"
    put_in = (
        f'<img src="{home}/img"><link rel="stylesheet" href="{home}/css"><iframe src="{home}/frame"></iframe>'
        f'<script src="{home}/js"></script><script>document.title = "owned"; fetch("{home}/fetch")</script>'
        f'<p style="background: url({home}/style)">x</p>'
    )
    try:
        text = written.read_text(encoding="utf-8")
        open_page = written.with_name("open.html")
        bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
        open_page.write_text(bare.replace("<main>", f"<main>{put_in}", 1), encoding="utf-8")
        assert "<title>owned</title>" in Shown(open_page).dom  # without the policy all of it would happen
        assert {"/img", "/css", "/js", "/fetch"} <= set(asked)
        asked.clear()
        written.write_text(text.replace("<main>", f"<main>{put_in}", 1), encoding="utf-8")
        shown = Shown(written, "#open=all")
        assert "<title>owned</title>" not in shown.dom
        assert len(shown.keys) == 30
        assert asked == []
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_nothing_on_the_page_leads_elsewhere(written):
    page = Page(written.read_text(encoding="utf-8"))
    links = [attrs.get("href") or attrs.get("src") for _, attrs in page.tags if "href" in attrs or "src" in attrs]
    assert links
    assert all(link.startswith("#") for link in links)
    anchors = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    assert {link[1:] for link in links} <= anchors
    assert not re.search(r"https?://", page.text)


LIGHT, DARK = (0xFB, 0xFB, 0xF9), (0x14, 0x17, 0x1B)
SYSTEM_DARK, SYSTEM_LIGHT = ("--blink-settings=preferredColorScheme=0", "--blink-settings=preferredColorScheme=1")


@pytest.mark.parametrize(
    ("state", "system", "colour"),
    [
        ("", SYSTEM_LIGHT, LIGHT),
        ("", SYSTEM_DARK, DARK),
        ("#theme=dark", SYSTEM_LIGHT, DARK),
        ("#theme=light", SYSTEM_DARK, LIGHT),
    ],
)
def test_light_and_dark(written, state, system, colour):
    assert first_pixel(written, state, system) == colour


@pytest.mark.parametrize("width", [390, 820, 1280])
def test_nothing_is_wider_than_the_window(scored, folder, width):
    assert main(["report", "out.jsonl", "-o", "report.html", "--spec", "graded.rm", "--data", "data.jsonl"]) == 0
    text = (folder / "report.html").read_text(encoding="utf-8")
    # a frame of that width tells its own size: a window of a browser may not be that narrow
    page = folder / "framed.html"
    frame = text.replace("&", "&amp;").replace('"', "&quot;")
    script = (
        "<script>addEventListener('load', () => { const f = document.querySelector('iframe');"
        "document.title = f.contentDocument.documentElement.scrollWidth + ' of ' + f.clientWidth; })</script>"
    )
    framed = (
        f'<p id="count">-</p><iframe style="width:{width}px;height:900px;border:0" srcdoc="{frame}"></iframe>{script}'
    )
    page.write_text(f'<!doctype html><meta charset="utf-8"><title>-</title>{framed}', encoding="utf-8")
    (told,) = re.findall("<title>(.*?)</title>", Shown(page).dom.partition("<body")[0])
    assert told == f"{width} of {width}"
