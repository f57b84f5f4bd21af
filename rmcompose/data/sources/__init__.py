"""Rows of published data sets, each in the columns that it is published with, as rows of the native shape.

In come rows of RM-Gallery's twelve sources and of LLMBar, out go rows with `input` and `output`, where the label of an
answer says whether it is the chosen or a rejected one. Look first at `SOURCES`, then at `native.py` and `pairs.py`.
"""

from __future__ import annotations

from rmcompose.data.sources.native import Row, Source
from rmcompose.data.sources.others import chat_message, generic, native, prmbench, rated, responses
from rmcompose.data.sources.pairs import (
    best_of_n,
    helpsteer2,
    helpsteer3,
    judgebench,
    llmbar,
    pair,
    rewardbench2,
    rmb_pair,
    rmbench,
)

__all__ = ["SOURCES", "Row", "Source", "recognised"]

SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source("judgebench", ("question", "response_A", "response_B", "label"), judgebench),
        Source("llmbar", ("input", "output_1", "output_2", "label"), llmbar),
        Source("rmbbenchmark_bestofn", ("conversation_input", "bon_best", "loser_list"), best_of_n),
        Source("rmbbenchmark_pairwise", ("conversation_input", "chosen", "reject"), rmb_pair),
        Source("prmbench", ("question", "original_process", "modified_process", "error_steps"), prmbench),
        Source("helpsteer3_preference", ("context", "response1", "response2", "overall_preference"), helpsteer3),
        Source("helpsteer2_pairwise", ("prompt", "response_1", "response_2", "preference_strength"), helpsteer2),
        Source("rmbench", ("prompt", "chosen", "rejected", "domain"), rmbench, lists=True),
        Source("rewardbench2", ("prompt", "chosen", "rejected", "subset"), rewardbench2, lists=True),
        Source("native", ("output",), native, lists=True),
        Source("responses", ("responses",), responses),
        Source("rewardbench", ("chosen", "rejected"), pair),
        Source("helpsteer2_pointwise", ("prompt", "response", "helpfulness"), rated),
        Source("chat_message", ("messages",), chat_message),
        Source("*", (), generic),
    )
}
"""By name, the particular before the general; `native`, `responses` and `llmbar` are no sources of RM-Gallery."""


def recognised(row: Row) -> Source:
    """The source that a row is from, by its columns; `*` where they say nothing."""
    return next(source for source in SOURCES.values() if source.fits(row))
