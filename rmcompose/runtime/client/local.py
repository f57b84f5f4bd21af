"""Models in this process: sequence classifiers of transformers, each loaded once, one batch at a time.

A model comes from a folder or from the cache of the hub; nothing is downloaded. What a conversation becomes is told by
the chat template of its tokenizer, with the generation prompt left out, or by the `template` of the configuration.
"""

from __future__ import annotations

import importlib
import importlib.util
import threading
from collections.abc import Sequence
from typing import Any

from rmcompose.configuration import ConfigError
from rmcompose.runtime.client.config import Endpoint
from rmcompose.runtime.client.measures import Measured, activated, reply_for
from rmcompose.runtime.client.question import Question, Reply, Task
from rmcompose.runtime.client.rendering import texts_of
from rmcompose.runtime.client.trouble import Trouble, line

_models: dict[tuple[str, str], Classifier] = {}
_lock = threading.Lock()


class Unusable(Exception):
    """A model cannot be loaded, or cannot do what is asked; the text says why."""


def check_installed(endpoint: Endpoint) -> None:
    """Raise `ConfigError` where the libraries are not there."""
    for package in ("torch", "transformers", "jinja2"):  # chat templates are written in the last of them
        if importlib.util.find_spec(package) is None:
            raise ConfigError(
                f"the model `{endpoint.name}` runs in this process, which needs the package `{package}`: "
                "pip install 'rmcompose[transformers]'"
            )


def measure(batch: Sequence[Question], endpoint: Endpoint, task: Task, template: str) -> list[Reply] | Trouble:
    """The replies to a batch. Called in a thread: it takes as long as the model does."""
    try:
        model = _model(endpoint)
        return [
            reply_for(one, tokens)
            for one, tokens in model.measured([asked.messages for asked in batch], endpoint, task, template)
        ]
    except Unusable as error:
        return Trouble(None, line(f"the model cannot be used: {error}", endpoint), final=True)
    except Exception as error:  # noqa: BLE001  # tokenizers, chat templates and models are code of anyone's
        return Trouble(None, line(f"the model failed: {type(error).__name__}: {error}", endpoint), final=True)


class Classifier:
    """A loaded model with its tokenizer. One batch at a time runs through it."""

    def __init__(self, tokenizer: Any, model: Any) -> None:
        self.tokenizer, self.model = tokenizer, model
        self.lock = threading.Lock()
        if tokenizer.pad_token is None:
            # the reward models of chat models often have none; the model must know the same one to find the last token
            tokenizer.pad_token = tokenizer.eos_token
        if model.config.pad_token_id is None:
            model.config.pad_token_id = tokenizer.pad_token_id

    def measured(
        self, conversations: Sequence[Any], endpoint: Endpoint, task: Task, template: str
    ) -> list[tuple[Measured, int]]:
        """The logits of each (rewards), or its classes, and how many tokens were read. Raises `Unusable`."""
        import torch

        texts = [self._texts(messages, task, template) for messages in conversations]
        with self.lock, torch.inference_mode():
            encoded = self._encoded(texts, endpoint, special=template != "chat")
            rows = self.model(**encoded.to(self.model.device)).logits.float().cpu().tolist()
        read = [sum(row) for row in encoded["attention_mask"].cpu().tolist()]
        return [(self._told(row, endpoint, task), tokens) for row, tokens in zip(rows, read, strict=True)]

    def _texts(self, messages: Any, task: Task, template: str) -> tuple[str, ...]:
        if template != "chat":
            return texts_of(messages, task, template)
        if not self.tokenizer.chat_template:
            raise Unusable("its tokenizer has no chat template: set `template` in the configuration")
        said = [dict(message) for message in messages]
        return (str(self.tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=False)),)

    def _encoded(self, texts: Sequence[tuple[str, ...]], endpoint: Endpoint, *, special: bool) -> Any:
        columns = [list(column) for column in zip(*texts, strict=True)]
        # a chat template writes the special tokens itself
        encoded = self.tokenizer(*columns, padding=True, add_special_tokens=special, return_tensors="pt")
        longest = self._longest()
        if longest is None or encoded["input_ids"].shape[1] <= longest:
            return encoded
        if not endpoint.truncate:
            raise Unusable(f"a text has {encoded['input_ids'].shape[1]:,} tokens, and the model reads {longest:,}")
        return self.tokenizer(
            *columns,
            padding=True,
            truncation=True,
            max_length=longest,
            add_special_tokens=special,
            return_tensors="pt",
        )

    def _longest(self) -> int | None:
        known = [self.tokenizer.model_max_length, getattr(self.model.config, "max_position_embeddings", None)]
        # tokenizers that do not know say 10**30
        return min((one for one in known if isinstance(one, int) and 0 < one < 10**9), default=None)

    def _told(self, row: list[float], endpoint: Endpoint, task: Task) -> Measured:
        if task == "reward":
            return row
        names = list(endpoint.labels) or [str(self.model.config.id2label[place]) for place in range(len(row))]
        if len(names) != len(row):
            raise Unusable(f"it has {len(row)} classes, and `labels` names {len(names)}")
        several = getattr(self.model.config, "problem_type", None) == "multi_label_classification"
        usual = "sigmoid" if several or len(row) == 1 else "softmax"
        return dict(sorted(zip(names, activated(row, endpoint.activation or usual), strict=True)))


def _model(endpoint: Endpoint) -> Classifier:
    place = (endpoint.model, endpoint.device or "")
    with _lock:  # who comes second waits for the first, instead of loading it again
        if place not in _models:
            _models[place] = _loaded(endpoint)
        return _models[place]


def _loaded(endpoint: Endpoint) -> Classifier:
    import torch

    transformers = importlib.import_module("transformers")
    device = endpoint.device or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(endpoint.model, local_files_only=True)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(endpoint.model, local_files_only=True)
        model.to(device).eval()
    except (OSError, ValueError, RuntimeError, AssertionError) as error:
        raise Unusable(f"`{endpoint.model}` cannot be loaded from a folder or the cache of the hub: {error}") from None
    if not (tokenizer.pad_token or tokenizer.eos_token):
        raise Unusable("its tokenizer has neither a padding nor an end token")
    return Classifier(tokenizer, model)
