"""Servers that answer with numbers: reward models, classifiers, embeddings.

The text of a reply is JSON, the same whichever server gave it: a list of numbers for a reward (one, or one for each
head of the model) and for an embedding, an object from class to probability for a classification. A server whose
answer is anything else, or has not as many items as were asked, has not answered.

    vllm-classify   POST /classify       {model, input | messages, use_activation}  -> data[].probs
    vllm-pooling    POST /pooling        {model, input | messages, use_activation}  -> data[].data
    tei             POST /predict        {inputs, raw_scores, truncate}             -> [[{label, score}]]
                    POST /embed          {inputs, normalize, truncate}              -> [[number]]
    openrlhf        POST the address     {query, prompts}                           -> {rewards | scores}
    openai          POST /embeddings     {model, input}                             -> data[].embedding
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from rmcompose.runtime.client.config import Endpoint
from rmcompose.runtime.client.question import Question, Reply, Task
from rmcompose.runtime.client.rendering import prompt_of, texts_of
from rmcompose.runtime.client.trouble import Trouble, line

Measured = list[float] | dict[str, float]


class Unreadable(Exception):
    """An answer is not what its protocol says; the text completes `the server's answer …`."""


class Measuring:
    """A `Dialect` of one server for one task. `template` is that of `rendering.py`."""

    def __init__(self, endpoint: Endpoint, task: Task, template: str) -> None:
        self.endpoint, self.task, self.template = endpoint, task, template
        self.most = endpoint.batch

    def url(self, endpoint: Endpoint) -> str:
        """The address of the route."""
        raise NotImplementedError

    def body(self, batch: Sequence[Question], endpoint: Endpoint) -> dict[str, Any]:
        """The request."""
        raise NotImplementedError

    def read(self, data: Any, count: int) -> list[Measured]:
        """What the answer says of each question, in order. Raises `Unreadable`."""
        raise NotImplementedError

    def learn(self, trouble: Trouble, body: Mapping[str, Any]) -> bool:  # noqa: ARG002  # nothing to be said otherwise
        """Nothing is said another way."""
        return False

    def replies(self, content: bytes, batch: Sequence[Question], endpoint: Endpoint) -> list[Reply] | Trouble:
        """A reply for each question: calls are questions that were answered, tokens are shared by length."""
        try:
            data = json.loads(content)
        except (ValueError, RecursionError):
            return Trouble(None, "the server's answer is no JSON", final=True)
        try:
            found = self.read(data, len(batch))
        except Unreadable as error:
            return Trouble(None, line(f"the server's answer {error}", endpoint), final=True)
        if len(found) != len(batch):
            said = f"the server's answer has {len(found)} items for {len(batch)} texts"
            return Trouble(None, said, final=True)
        return [reply_for(one, used) for one, used in zip(found, _shares(data, batch), strict=True)]

    def texts(self, asked: Question) -> tuple[str, ...]:
        """What is sent of a question."""
        return texts_of(asked.messages, asked.task, self.template)

    def text(self, asked: Question) -> str:
        """What is sent of a question, where that is one text."""
        (text,) = self.texts(asked)
        return text


def reply_for(found: Measured, tokens: int = 0) -> Reply:
    """The reply that holds what was measured; without a finite number it has none."""
    numbers = found.values() if isinstance(found, dict) else found
    if not all(math.isfinite(number) for number in numbers):
        return Reply("the model gave no finite number", "non_finite", tokens_in=tokens, calls=1)
    return Reply(json.dumps(found, ensure_ascii=False), tokens_in=tokens, calls=1)


class _Vllm(Measuring):
    """What the routes of vLLM have in common."""

    route = ""

    def __init__(self, endpoint: Endpoint, task: Task, template: str) -> None:
        super().__init__(endpoint, task, template)
        if template == "chat":
            self.most = 1  # a request with messages holds one conversation

    def url(self, endpoint: Endpoint) -> str:
        """The route at the root of the server, though the address may be that of its `/v1`."""
        return _root(endpoint) + self.route

    def body(self, batch: Sequence[Question], endpoint: Endpoint) -> dict[str, Any]:
        """Messages for the chat template of the model, or texts."""
        body: dict[str, Any] = {"model": endpoint.model}
        if self.template == "chat":
            body |= {"messages": [dict(message) for message in batch[0].messages], "add_generation_prompt": False}
        else:
            body["input"] = [self.text(asked) for asked in batch]
        if self.raw:
            # the second is what older servers call it; newer ones pass over it
            body |= {"use_activation": False, "activation": False}
        if endpoint.truncate:
            body["truncate_prompt_tokens"] = -1
        return body

    @property
    def raw(self) -> bool:
        """Whether logits are asked for."""
        return self.task == "reward" or self.endpoint.activation is not None

    def rows(self, data: Any) -> list[dict[str, Any]]:
        """The items of `data`, in the order of their `index`."""
        rows = data.get("data") if isinstance(data, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Unreadable("has no `data`")
        return _in_order(rows)


class VllmClassify(_Vllm):
    """`/classify`. It names the winning class only: names of the others come from `labels`."""

    route = "/classify"

    def read(self, data: Any, count: int) -> list[Measured]:  # noqa: ARG002  # rows say how many they are
        """`probs` of each item."""
        return [self._one(row) for row in self.rows(data)]

    def _one(self, row: Mapping[str, Any]) -> Measured:
        numbers = _numbers(row.get("probs"), "`probs`")
        if self.task == "reward":
            return numbers
        said = row.get("label")
        names = list(self.endpoint.labels)
        if not names and len(numbers) == 1 and isinstance(said, str):
            names = [said]
        if len(names) != len(numbers):
            raise Unreadable(f"has {len(numbers)} classes without names: set `labels` of the model, in its order")
        best = max(range(len(numbers)), key=numbers.__getitem__)
        sure = len(numbers) > 1 and numbers.count(numbers[best]) == 1
        named = isinstance(said, str) and not _INDEXED.fullmatch(said)
        if sure and named and names[best].casefold() != str(said).casefold():
            raise Unreadable(f"names the class `{said}` where `labels` has `{names[best]}`: they are in another order")
        return _activated(dict(zip(names, numbers, strict=True)), self.endpoint.activation, default="none")


class VllmPooling(_Vllm):
    """`/pooling`. A model that gives a number for each token is read at the last one, where the answer is complete."""

    route = "/pooling"

    def read(self, data: Any, count: int) -> list[Measured]:  # noqa: ARG002  # rows say how many they are
        """`data` of each item."""
        return [self._one(row.get("data")) for row in self.rows(data)]

    @staticmethod
    def _one(found: Any) -> list[float]:
        if isinstance(found, list) and found and isinstance(found[0], list):
            found = found[-1]
        return _numbers(found, "`data`")


class TeiPredict(Measuring):
    """`/predict` of text-embeddings-inference: logits, and the activation is computed here."""

    def url(self, endpoint: Endpoint) -> str:
        """The route."""
        return _root(endpoint) + "/predict"

    def body(self, batch: Sequence[Question], endpoint: Endpoint) -> dict[str, Any]:
        """A batch of texts and pairs, each a list."""
        inputs = [list(self.texts(asked)) for asked in batch]
        return {"inputs": inputs, "raw_scores": True, "truncate": endpoint.truncate}

    def read(self, data: Any, count: int) -> list[Measured]:
        """The classes of each text."""
        if not isinstance(data, list):
            raise Unreadable("is no list")
        if count == 1 and data and isinstance(data[0], dict):
            data = [data]  # as for a single text
        return [self._one(row) for row in data]

    def _one(self, row: Any) -> Measured:
        if not isinstance(row, list) or not row or not all(isinstance(one, dict) for one in row):
            raise Unreadable("has a text without classes")
        if self.task == "reward":
            if len(row) == 1:
                return _numbers([row[0].get("score")], "`score`")
            # heads have the order of their names, LABEL_0 and so on: the answer is sorted by score
            places = [_INDEXED.fullmatch(str(one.get("label"))) for one in row]
            if not all(places):
                raise Unreadable("has several classes that are no heads of a reward model")
            row = sorted(row, key=lambda one: int(str(one["label"]).rpartition("_")[2]))
            return _numbers([one.get("score") for one in row], "`score`")
        named = {self._name(one.get("label")): one.get("score") for one in row}
        if len(named) != len(row):
            raise Unreadable("has a class twice")
        numbers = _numbers(list(named.values()), "`score`")
        classes = dict(sorted(zip(named, numbers, strict=True)))
        return _activated(classes, self.endpoint.activation, default="softmax" if len(classes) > 1 else "sigmoid")

    def _name(self, label: object) -> str:
        if not isinstance(label, str):
            raise Unreadable("has a class without a name")
        place = _INDEXED.fullmatch(label)
        if place is not None and int(place[1]) < len(self.endpoint.labels):
            return self.endpoint.labels[int(place[1])]
        return label


class TeiEmbed(Measuring):
    """`/embed` of text-embeddings-inference."""

    def url(self, endpoint: Endpoint) -> str:
        """The route."""
        return _root(endpoint) + "/embed"

    def body(self, batch: Sequence[Question], endpoint: Endpoint) -> dict[str, Any]:
        """The texts."""
        texts = [self.text(asked) for asked in batch]
        return {"inputs": texts, "normalize": True, "truncate": endpoint.truncate}

    def read(self, data: Any, count: int) -> list[Measured]:  # noqa: ARG002  # one list for each text
        """A vector for each text."""
        if not isinstance(data, list):
            raise Unreadable("is no list")
        return [_numbers(row, "a vector") for row in data]


class OpenRLHF(Measuring):
    """The remote reward model of OpenRLHF, at `/get_reward` where the address has no path."""

    def url(self, endpoint: Endpoint) -> str:
        """The address as it is configured."""
        url = endpoint.base_url or ""
        return url if urlsplit(url).path.strip("/") else url.rstrip("/") + "/get_reward"

    def body(self, batch: Sequence[Question], endpoint: Endpoint) -> dict[str, Any]:  # noqa: ARG002  # one model
        """`query` holds prompt and response, `prompts` the prompt alone."""
        prompts = [prompt_of(asked.messages, self.template) for asked in batch]
        return {"query": [self.text(asked) for asked in batch], "prompts": prompts}

    def read(self, data: Any, count: int) -> list[Measured]:
        """`rewards`, else `scores`: a number each, or a list of one."""
        found = None
        if isinstance(data, dict):
            found = data.get("rewards", data.get("scores"))
        if count == 1 and isinstance(found, int | float):
            found = [found]
        if not isinstance(found, list):
            raise Unreadable("has neither `rewards` nor `scores`")
        return [_numbers(one if isinstance(one, list) else [one], "`rewards`") for one in found]


class Embeddings(Measuring):
    """`/embeddings` of the protocol of OpenAI, below the configured address."""

    def url(self, endpoint: Endpoint) -> str:  # noqa: ARG002  # below the address of any server
        """The route."""
        return "/embeddings"

    def body(self, batch: Sequence[Question], endpoint: Endpoint) -> dict[str, Any]:
        """The texts."""
        texts = [self.text(asked) for asked in batch]
        return {"model": endpoint.model, "input": texts, "encoding_format": "float"}

    def read(self, data: Any, count: int) -> list[Measured]:  # noqa: ARG002  # rows say how many they are
        """A vector for each text."""
        rows = data.get("data") if isinstance(data, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Unreadable("has no `data`")
        return [_numbers(row.get("embedding"), "`embedding`") for row in _in_order(rows)]


class InProcess(Measuring):
    """A model in this process: nothing is sent, `local.py` measures."""


_INDEXED = re.compile(r"LABEL_(\d{1,4})", re.IGNORECASE)


def _root(endpoint: Endpoint) -> str:
    return (endpoint.base_url or "").rstrip("/").removesuffix("/v1")


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows by their `index`, as the protocol orders them; without one they are in the order of the texts."""
    places = [row.get("index") for row in rows]
    if all(place is None for place in places):
        return rows
    if sorted(place for place in places if type(place) is int) != list(range(len(rows))):
        raise Unreadable("has items whose `index` is not that of a text")
    return sorted(rows, key=lambda row: int(row["index"]))


def _numbers(found: Any, what: str) -> list[float]:
    """A list of numbers; what JSON cannot hold (NaN, as null) stays without a value until it is told."""
    if not isinstance(found, list) or not found:
        raise Unreadable(f"has no numbers in {what}")
    if not all(one is None or (isinstance(one, int | float) and not isinstance(one, bool)) for one in found):
        raise Unreadable(f"has something else than numbers in {what}")
    try:
        return [math.nan if one is None else float(one) for one in found]
    except OverflowError:
        raise Unreadable(f"has a number in {what} that is too large") from None


def _activated(classes: dict[str, float], activation: str | None, default: str) -> dict[str, float]:
    return dict(zip(classes, activated(list(classes.values()), activation or default), strict=True))


def activated(logits: Sequence[float], activation: str) -> list[float]:
    """Probabilities of logits: `softmax` over all, `sigmoid` of each, or `none` where they are probabilities."""
    if activation == "none" or not all(map(math.isfinite, logits)):
        return list(logits)
    if activation == "sigmoid":
        return [1 / (1 + math.exp(-one)) if one >= 0 else math.exp(one) / (1 + math.exp(one)) for one in logits]
    top = max(logits)
    powers = [math.exp(one - top) for one in logits]
    whole = math.fsum(powers)
    return [power / whole for power in powers]


def _shares(data: Any, batch: Sequence[Question]) -> list[int]:
    """The tokens that the server read, shared among the questions by their length: whole numbers with the same sum."""
    usage = data.get("usage") if isinstance(data, dict) else None
    read = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    if type(read) is not int or read < 0:
        return [0] * len(batch)
    sizes = [1 + sum(len(message["content"]) for message in asked.messages) for asked in batch]
    shares, passed, given = [], 0, 0
    for size in sizes:
        passed += size
        upto = read * passed // sum(sizes)
        shares.append(upto - given)
        given = upto
    return shares
