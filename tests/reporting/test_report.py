"""The page and its figures: recomputed from the rows, whatever they hold, and never markup of their own."""

import json
import math
import re
import statistics
import tracemalloc

import pytest

import rmcompose as rm
from rmcompose.cli.main import main
from rmcompose.data import DataError
from rmcompose.reporting.page import LARGEST
from tests.reporting.conftest import ROWS, Page, line, node, response, unscored_node

HOSTILE = (
    '</script><script>alert("1")</script><img src=x onerror=alert(2)>&amp;\u202e\u2028\x00\ud800 '
    "\u05e9\u05dc\u05d5\u05dd"
)


def write(folder, lines, name="out.jsonl"):
    text = "".join(json.dumps(one) + "\n" for one in lines)
    (folder / name).write_text(text, encoding="utf-8")
    return name


def responses_of(lines):
    return [one for row in lines for one in row["responses"]]


def close(text, value, digits=4):
    return float(text.replace(",", "").replace("−", "-")) == pytest.approx(value, rel=10.0 ** (1 - digits))


# ---- numbers ---------------------------------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_rows(scored, page_of):
    page = page_of("out.jsonl", "--spec", "graded.rm", "--data", "data.jsonl")
    told = page.data["figures"]
    everything = responses_of(scored)
    scores = [one["score"] for one in everything]
    assert (told["rows"], told["responses"], told["scored"], told["unscored"]) == (40, 120, 120, 0)
    assert told["score"]["mean"] == pytest.approx(statistics.fmean(scores))
    assert told["score"]["std"] == pytest.approx(statistics.pstdev(scores))
    assert told["score"]["median"] == sorted(scores)[59]
    assert sum(count for *_, count in told["score"]["bars"]) == 120
    for name, one in told["nodes"].items():
        nodes = [each["nodes"][name] for each in everything]
        values = [each["value"] for each in nodes if each["value"] is not None]
        assert (one["scored"], one["n"]) == (len(values), len(values)), name
        assert one["skipped"] == sum(each["status"] == "skipped" for each in nodes)
        assert one["mean"] == pytest.approx(statistics.fmean(values))
        assert sum(count for *_, count in one["bars"]) == len(values)
    for pair in told["correlations"]["pairs"]:
        both = [
            (a, b)
            for a, b in ((_value(one, pair["a"]), _value(one, pair["b"])) for one in everything)
            if a is not None and b is not None
        ]
        assert pair["n"] == len(both)
        if pair["r"] is not None:
            assert pair["r"] == pytest.approx(statistics.correlation(*zip(*both, strict=True)))
    for edge in told["edges"]:
        start, end = edge["from"], "score" if edge["to"] == "graded" else edge["to"]
        assert edge["values"] == sum(None not in (_value(one, start), _value(one, end)) for one in everything)


def _value(one, name):
    return one["score"] if name == "score" else one["nodes"][name]["value"]


def test_the_tables_show_the_figures(scored, page_of):
    page = page_of("out.jsonl", "--spec", "graded.rm")
    told = page.data["figures"]
    spread = dict(page.tables["scores", ""][1:])
    for name, key in (("mean", "mean"), ("std", "std"), ("lower quartile", "q25"), ("max", "max")):
        assert close(spread[name], told["score"][key]), name
    parts = page.tables["decides", "Shares of the variance"][1:]
    assert [row[0] for row in parts] == [part["name"] for part in told["decides"]["parts"]]
    assert sum(float(row[3].strip(" %").replace("−", "-")) for row in parts) == pytest.approx(100, abs=0.2)
    ways = page.tables["decides", "Ways to the result"][1:]
    assert sum(int(row[1]) for row in ways) == 120
    empty = sum(one["nodes"]["chars"]["value"] <= 2 for one in responses_of(scored))
    (gate,) = page.tables["stopped", "What gates stopped"][1:]
    assert gate == ["chars > 2", "next to nothing", "120", str(empty), f"{100 * empty / 120:.1f} %", "0"]
    nodes = {title for section, title in page.tables if section == "nodes"}
    assert nodes == set(told["nodes"])
    mean = page.tables["nodes", "words"][1][0]
    assert close(mean, told["nodes"]["words"]["mean"], 3)
    with_score = {row[0]: row for row in page.tables["decides", "Nodes and the score"][1:]}
    strongest = max(
        (one for one in told["correlations"]["pairs"] if one["a"] == "score" and one["r"]),
        key=lambda one: abs(one["r"]),
    )
    assert close(with_score[strongest["b"]][1], strongest["r"])


def test_it_is_the_same_from_python_and_from_the_command(scored, folder, capsys):
    figures = rm.report(scored, "one.html", "graded.rm", ROWS)
    assert (
        main(
            [
                "report",
                "out.jsonl",
                "-o",
                "two.html",
                "--spec",
                "graded.rm",
                "--data",
                "data.jsonl",
                "--summary",
                "json",
            ]
        )
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads(json.dumps(figures))
    one, two = (Page((folder / name).read_text(encoding="utf-8")) for name in ("one.html", "two.html"))
    assert one.data == two.data


def test_prompts_and_responses_stand_beside_the_traces(scored, page_of):
    samples = page_of("out.jsonl", "--data", "data.jsonl").data["samples"]
    assert len(samples) == 120
    for one in samples:
        row = ROWS[one["row"] - 1]
        assert one["id"] == row["id"]
        assert one["prompt"] == row["prompt"]
        assert one["text"] == row["responses"][one["index"]]
        assert one["reference"] == "yes"
        result = scored[one["row"] - 1]["responses"][one["index"]]
        assert (one["score"], one["nodes"]) == (result["score"], result["nodes"])
        assert one["best"] == (scored[one["row"] - 1]["best"] == one["index"])


def test_without_the_spec_gates_are_told_by_what_they_spared(scored, page_of):
    page = page_of("out.jsonl")
    told = page.data["figures"]
    # every response that the gate stopped has nodes that were skipped for it
    skipped = sum(
        any(
            str(one["reason"]).startswith("a gate failed")
            for one in each["nodes"].values()
            if one["status"] == "skipped"
        )
        for each in responses_of(scored)
    )
    assert told["gates"] == ([{"because": "next to nothing", "stopped": skipped}] if skipped else [])
    assert skipped > 0
    assert told["decides"] is None
    assert "edges" not in told


def test_costs_are_sums(folder, page_of):
    lines = [
        line(response(0.5, {"judge": node(1.0, calls=2, tokens=30, cost=0.25), "rule": node(1.0)}), id="a"),
        line(response(0.7, {"judge": node(1.0, cached=True), "rule": node(1.0)}), id="b"),
        line(response(None, {"judge": unscored_node("timeout"), "rule": node(None, status="skipped")}), id="c"),
    ]
    page = page_of(write(folder, lines))
    told = page.data["figures"]
    assert [told[key] for key in ("calls", "tokens", "cost", "asked", "cached")] == [2, 30, 0.25, 2, 1]
    assert page.tables["costs", ""][1] == ["judge", "2", "30", "0.25", "50 %", "0.00", "1"]
    assert told["nodes"]["judge"]["unscored"] == {"timeout": 1}
    assert told["nodes"]["rule"]["skipped"] == 1
    assert page.tables["stopped", "Unscored by reason"][1][:4] == ["refused", "judge", "1", "33.3 %"]


def test_steps_are_counted_each(folder, page_of):
    steps = [{"index": n, "score": 0.25 * n, "status": "scored", "reason": None} for n in range(4)]
    each = [node(float(n)) for n in range(3)] + [node(None, status="skipped", reason="settled")]
    lines = [
        line(response(0.5, {"s": node(None, steps=each), "r": node(2.0)}, steps=steps), id=str(n)) for n in range(5)
    ]
    page = page_of(write(folder, lines))
    told = page.data["figures"]
    assert (told["nodes"]["s"]["stepwise"], told["nodes"]["s"]["scored"], told["nodes"]["s"]["skipped"]) == (
        True,
        15,
        5,
    )
    assert told["nodes"]["s"]["mean"] == 1.0
    assert (told["step_score"]["n"], told["step_score"]["mean"]) == (20, pytest.approx(0.375))
    assert "s" not in told["correlations"]["columns"]
    assert len(page.data["samples"][0]["nodes"]["s"]["steps"]) == 4


def test_texts_are_counted(folder, page_of):
    lines = [line(response(0.5, {"label": node(text)}), id=text) for text in ("red", "red", "blue")]
    assert page_of(write(folder, lines)).tables["nodes", "label"][1:] == [["red", "2"], ["blue", "1"]]


# ---- what files may hold ---------------------------------------------------------------------------------------------


def test_parquet_gives_the_same_page(scored, folder, page_of):
    assert main(["run", "graded.rm", "data.jsonl", "-o", "out.parquet", "--summary", "none"]) == 0
    one, two = (
        page_of(name, "--spec", "graded.rm", "--data", "data.jsonl").data for name in ("out.jsonl", "out.parquet")
    )
    for told in (one, two):
        for each in (*told["figures"]["nodes"].values(), *(n for s in told["samples"] for n in s["nodes"].values())):
            del each["ms"]  # the one value of a run that another run has not
    assert one == two


def test_no_rows_make_a_page_that_says_so(folder, page_of):
    page = page_of(write(folder, []), "--spec", "graded.rm")
    assert page.data["samples"] == []
    assert "holds no results: there is nothing to tell" in page.text
    assert "No response is scored." in page.text
    assert not re.search(r"\b(nan|inf|None|NaN|Infinity)\b", page.text.partition("<script>")[0])


def test_one_row(folder, page_of):
    page = page_of(write(folder, [line(response(0.25, {"a": node(3)}))]))
    assert page.data["figures"]["score"]["no_interval"] == "one row has no interval"
    assert dict(page.tables["scores", ""][1:])["mean"] == "0.25"


@pytest.mark.parametrize("lines", [[], [line(response(0.5))], [line(response(0.5, {"a": node(1.0)}), id="b")]])
def test_links_lead_to_sections_that_are_there(folder, page_of, lines):
    page = page_of(write(folder, lines))
    anchors = {attrs["id"] for tag, attrs in page.tags if tag == "section"}
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert sorted(links) == sorted(f"#{anchor}" for anchor in anchors)


def test_nothing_is_scored(folder, page_of):
    page = page_of(write(folder, [line(response(None, {"judge": unscored_node()}), id=str(n)) for n in range(3)]))
    assert page.data["figures"]["unscored"] == 3
    assert "No response is scored." in page.text
    assert [one["score"] for one in page.data["samples"]] == [None] * 3


def test_extreme_numbers_make_a_page(folder, page_of):
    values = [1.7e308, -1.7e308, 5e-324, 0.0, 10**300]
    lines = [line(response(value, {"a": node(value), "b": node(-value)}), id=str(value)) for value in values]
    page = page_of(write(folder, lines))
    assert page.data["figures"]["score"]["max"] == 1.7e308
    assert not re.search(r'="[^"]*\b(nan|inf)\b', page.text)


def test_text_of_results_and_data_is_never_markup(folder, page_of):
    reason = {"kind": HOSTILE, "node": HOSTILE, "message": HOSTILE}
    nodes = {HOSTILE: node(HOSTILE, reason=HOSTILE, detail={HOSTILE: [HOSTILE]}), "x": node(1.0)}
    lines = [line(response(0.5, nodes), response(None, nodes, index=1, reason=reason), id=HOSTILE, composition=HOSTILE)]
    write(folder, lines)
    write(
        folder,
        [{"id": HOSTILE, "prompt": HOSTILE, "responses": [HOSTILE, HOSTILE], "reference": HOSTILE}],
        "data.jsonl",
    )
    page = page_of("out.jsonl", "--data", "data.jsonl")
    names = [tag for tag, _ in page.tags]
    assert names.count("script") == 2
    assert page.text.count("</script") == 2
    assert "img" not in names
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert not set("\u202e\x00\ud800") & set(page.text)
    assert "\u2028" not in page.text.partition('id="data">')[2]
    (first, *_) = page.data["samples"]
    assert first["text"].startswith(
        '</script><script>alert("1")</script><img src=x onerror=alert(2)>&amp;\N{REPLACEMENT CHARACTER}'
    )
    assert first["text"].endswith("\u05e9\u05dc\u05d5\u05dd")


def test_long_texts_are_cut_with_a_note(folder, page_of):
    write(folder, [line(response(0.5, {"a": node(1.0, reason="y" * 1_000_000)}), id="a")])
    write(folder, [{"id": "a", "prompt": "p", "response": "x" * 1_000_000}], "data.jsonl")
    page = page_of("out.jsonl", "--data", "data.jsonl")
    assert len(page.text) < 80_000
    assert page.data["samples"][0]["text"].endswith("… [1,000,000 characters, cut at 4,000]")


def test_a_page_is_never_larger_than_it_says(folder, page_of, monkeypatch):
    monkeypatch.setattr("rmcompose.reporting.page.LARGEST", 20_000)
    lines = [line(response(n / 100, {"a": node(1.0, reason="y" * 900)}), id=str(n)) for n in range(100)]
    page = page_of(write(folder, lines), "--rows", "80")
    samples = page.data["samples"]
    assert 5 < len(samples) < 25
    assert f"{len(samples)} of 100 responses are here" in page.text
    assert f"{80 - len(samples)} more were left out, because the page would be too large" in page.text
    assert {one["why"] for one in samples} == {"lowest", "highest", "drawn"}
    assert LARGEST == 8_000_000


def test_memory_does_not_grow_with_the_rows(folder):
    def many(count):
        for n in range(count):
            nodes = {name: node(math.sin(n * place), reason=f"r{n}") for place, name in enumerate("abc")}
            yield line(response(math.cos(n), nodes), id=f"row {n}")

    def peak(count):
        tracemalloc.start()
        rm.report(many(count), None, rows=20)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(100)  # what is loaded once
    few, more = peak(3000), peak(12_000)
    assert more < 1.25 * few


def test_rows_says_how_many_are_shown(scored, page_of):
    page = page_of("out.jsonl", "--rows", "20")
    assert len(page.data["samples"]) == 20
    assert page.data["figures"]["samples"] == {
        "shown": 20,
        "of": 120,
        "lowest": 5,
        "highest": 5,
        "unscored": 0,
        "drawn": 10,
    }
    assert page_of("out.jsonl", "--rows", "0").data["samples"] == []


# ---- what does not fit -----------------------------------------------------------------------------------------------


def test_another_spec_is_said_on_the_page_and_on_stderr(scored, folder, capsys):
    assert main(["report", "out.jsonl", "-o", "r.html", "--spec", "graded.rm"]) == 0
    assert "another spec" not in capsys.readouterr().err
    write(folder, [*scored, line(response(0.5))])
    assert main(["report", "out.jsonl", "-o", "r.html", "--spec", "graded.rm"]) == 0
    said = capsys.readouterr().err
    text = (folder / "r.html").read_text(encoding="utf-8")
    for shown in (said, text):
        assert "1 of 41 rows were written by another spec, or with other params" in shown
        assert "2 specs or sets of params" in shown


def test_data_that_are_not_those_of_the_results_are_said(scored, folder, capsys):
    write(folder, [{"id": "other", "prompt": "p", "response": "r"}], "other.jsonl")
    assert main(["report", "out.jsonl", "-o", "r.html", "--data", "other.jsonl"]) == 0
    assert "40 of the 40 samples shown have no row in `other.jsonl`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"id": "a"}\n', "`out.jsonl:1` is not a result of `rmcompose run`: it has no list of `responses`"),
        ("\n" + json.dumps(line(response(0.5))) + "\n{torn\n", "`out.jsonl:3`: "),
        ('{"responses": [3]}\n', "`out.jsonl:1` is not a result of `rmcompose run`: response 0 is no object"),
        ('{"responses": [{"score": "x", "nodes": {}}]}\n', "the score of response 0 is not a finite number"),
        (
            '{"responses": [{"score": 1, "nodes": {"a": {"status": "odd"}}}]}\n',
            "node `a` of response 0 has no `status`",
        ),
        (
            '{"responses": [{"score": 1, "nodes": {"a": {"status": "scored", "calls": "x"}}}]}\n',
            "node `a` of response 0 has a `calls` that is no number from 0",
        ),
        (
            '{"responses": [{"score": 1, "nodes": {"a": {"status": "scored", "steps": [1]}}}]}\n',
            "node `a` of response 0 has no `status`",
        ),
    ],
)
def test_what_is_no_result_is_told_with_its_line(folder, capsys, text, fault):
    (folder / "out.jsonl").write_text(text, encoding="utf-8")
    assert main(["report", "out.jsonl", "-o", "r.html"]) == 4
    said = capsys.readouterr().err
    assert fault in said
    assert said.count("\n") == 1
    assert not (folder / "r.html").exists()


@pytest.mark.parametrize(
    ("words", "code", "fault"),
    [
        (["none.jsonl", "-o", "r.html"], 4, "there is no file `none.jsonl`"),
        (
            ["graded.rm", "-o", "r.html"],
            4,
            "`graded.rm` is not a file of results: `run` writes `.jsonl` and `.parquet`",
        ),
        (["out.jsonl", "-o", "out.jsonl"], 2, "the page would overwrite `out.jsonl`"),
        (["out.jsonl", "-o", "."], 4, "`.` is a folder: name a file in it, as `report.html`"),
        (["out.jsonl", "-o", "no/r.html"], 4, "`no/r.html`: no such file or directory"),
        (["out.jsonl", "-o", "r.html", "--set", "a=1"], 2, "`--set` sets a param of the spec"),
        (["out.jsonl", "-o", "r.html", "--map", "a=b"], 2, "`--map` says how data are read"),
        (["out.jsonl", "-o", "-", "--summary", "json"], 2, "cannot both go to stdout"),
        (["out.jsonl"], 2, "the following arguments are required: -o/--output"),
        (["out.jsonl", "-o", "r.html", "--spec", "gradde.rm"], 4, "`gradde.rm`: no such file"),
    ],
)
def test_mistakes_are_one_line(folder, capsys, words, code, fault):
    write(folder, [line(response(0.5))])
    assert main(["report", *words]) == code
    said = capsys.readouterr().err
    assert fault in said
    assert said.count("\n") == 1


def test_result_lines_from_python_are_checked_too():
    with pytest.raises(DataError, match="result 2 is none of `rmcompose`"):
        rm.report([line(response(0.5)), {"responses": None}])
