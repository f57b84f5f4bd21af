"""Samples: reading them, recognising their shape, and writing results.

In come files and rows of any known shape, out go records and light views of them for the runtime, `DataSample` objects
for Python users, and result files. Look first at `view.py`, then at `readers.py` and `writers.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rmcompose.data.cells import CsvText
from rmcompose.data.errors import DataError, MappingError, RowError
from rmcompose.data.journal import Changed, Journal, Recorded, digest
from rmcompose.data.mapping import Mapping, parse_mapping
from rmcompose.data.readers import Format, Record, read
from rmcompose.data.results import Result, read_results
from rmcompose.data.rewriting import forget, lines_of, mend, rewriting
from rmcompose.data.view import MISSING, SAMPLE_FIELDS, STANDARD_FIELDS, Missing, SampleView, view
from rmcompose.data.writers import Completed, OutputFormat, Writer, completed, open_writer

if TYPE_CHECKING:
    from rmcompose.data.native import as_sample
    from rmcompose.data.schema import (
        ChatMessage,
        ChatResponse,
        ChatTool,
        DataOutput,
        DataSample,
        MessageRole,
        Reward,
        RewardDimension,
        RewardDimensionWithRank,
        RewardDimensionWithScore,
        RewardResult,
        Step,
        Tool,
        format_messages,
    )

__all__ = [
    "MISSING",
    "SAMPLE_FIELDS",
    "STANDARD_FIELDS",
    "Changed",
    "ChatMessage",
    "ChatResponse",
    "ChatTool",
    "Completed",
    "CsvText",
    "DataError",
    "DataOutput",
    "DataSample",
    "Format",
    "Journal",
    "Mapping",
    "MappingError",
    "MessageRole",
    "Missing",
    "OutputFormat",
    "Record",
    "Recorded",
    "Result",
    "Reward",
    "RewardDimension",
    "RewardDimensionWithRank",
    "RewardDimensionWithScore",
    "RewardResult",
    "RowError",
    "SampleView",
    "Step",
    "Tool",
    "Writer",
    "as_sample",
    "completed",
    "digest",
    "forget",
    "format_messages",
    "lines_of",
    "mend",
    "open_writer",
    "parse_mapping",
    "read",
    "read_results",
    "rewriting",
    "view",
]


def __getattr__(name: str) -> Any:
    # the pydantic classes are built on first use: a run over files never needs them
    if name == "as_sample":
        from rmcompose.data.native import as_sample

        return as_sample
    if name in __all__:
        from rmcompose.data import schema

        return getattr(schema, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
