"""Recorded judges of two public data sets, asked again over HTTP: their figures are those computed elsewhere."""

import json

import pytest

from tests.calibration.conftest import rows_of


@pytest.fixture
def prometheus(judged):
    items = rows_of("prometheus")
    rows = [{"id": i["id"], "prompt": i["id"], "response": "x" * i["length"], "label": i["scores"][2]} for i in items]
    replies = {i["id"]: [{"reason": "", "score": score} for score in i["scores"][:2]] for i in items}
    return judged(rows, replies, "votes = 2 vote_by = mean")


@pytest.fixture
def pandalm(judged):
    items = rows_of("pandalm")
    names = {"1": "A", "2": "B", "Tie": "tie"}
    rows = []
    replies = {}
    for i in items:
        rows.append(
            {
                "id": f"item-{i['id']}",
                "prompt": f"item-{i['id']}",
                "responses": ["a" * i["lengths"][0], "b" * i["lengths"][1]],
                "metadata": {"majority": max(set(i["annotators"]), key=i["annotators"].count)},
            }
        )
        reply = {"reason": "", "winner": names[i["gpt"]]} if i["gpt"] in names else "garbage"
        replies[f"item-{i['id']}"] = [reply]
    return judged(rows, replies, "mode = pairwise both_orders = false", "[0, 1]")


def test_demo1(prometheus, report, rmcompose):
    code, r = report("--label", "label", "--html", "/tmp/jr/prom.html")
    __import__("pathlib").Path("/tmp/jr/prom.json").write_text(json.dumps(r, indent=1))
    print(rmcompose("judge-report", "main.rm", "data.jsonl", "--label", "label").out)


def test_demo2(pandalm, report, rmcompose):
    code, r = report("--label", "metadata.majority", "--label-base", "1", "--html", "/tmp/jr/panda.html")
    __import__("pathlib").Path("/tmp/jr/panda.json").write_text(json.dumps(r, indent=1))
    d = rmcompose("judge-report", "main.rm", "data.jsonl", "--label", "metadata.majority", "--label-base", "1")
    print(code, d.out, d.err)
