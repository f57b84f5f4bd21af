"""Chat models behind servers that speak the protocol of OpenAI. The `openai` package is loaded at the first call."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import AliasChoices, Field, PrivateAttr, SecretStr

from rmcompose.data.schema import ChatMessage, ChatResponse, MessageRole
from rmcompose.rewards.chat import BaseLLM, LLMError
from rmcompose.runtime.client.config import NO_KEY, Config, Endpoint
from rmcompose.runtime.client.transport import Backoff
from rmcompose.runtime.client.trouble import TRANSIENT, retry_after
from rmcompose.runtime.judging.fencing import number_text

if TYPE_CHECKING:
    from openai import OpenAI


class OpenaiLLM(BaseLLM):
    """A model at `base_url` (left out: the variable `OPENAI_BASE_URL` or `BASE_URL`, else the public endpoint).

    The key is `api_key`, or else the variable `OPENAI_API_KEY`; it is never shown or dumped. Settings that are None are
    not sent, all others are, 0 too. Rate limits, server errors and lost connections are waited out `max_retries` times,
    never shorter than the server asks for (Retry-After) and never longer than ten minutes; `timeout` is in seconds.
    `extra_body` is added to each request as it is.

    Raises:
        ConfigError: there is no key, or the key or address cannot be used.
    """

    model: str = "gpt-4o"
    base_url: str | None = None
    api_key: SecretStr | None = Field(
        default=None, repr=False, exclude=True, validation_alias=AliasChoices("api_key", "openai_api_key")
    )
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    stream: bool = False
    timeout: float = Field(default=60.0, gt=0)
    max_retries: int = Field(default=10, ge=0)
    extra_body: dict[str, Any] = Field(default_factory=dict)

    _connection: _Connection = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:  # noqa: ARG002  # the hook of pydantic
        """Find out where the model lives, so that a missing key is told before anything is judged."""
        self._connection = _Connection(_endpoint(self.model, self.base_url, self.api_key), self.timeout)

    def chat(self, messages: Sequence[ChatMessage | dict[str, Any]], **options: Any) -> ChatResponse:
        """The model's next message, with its reasoning in `reasoning_content` where the server tells it.

        Raises:
            LLMError: refused, timed out, or the server cannot be brought to answer.
        """
        body = self._body(messages) | options
        told = self._waiting_out(lambda: self._connection.ask(body))
        reply = ChatMessage(role=MessageRole.ASSISTANT, content=told.text, reasoning_content=told.reasoning)
        return ChatResponse(message=reply, raw=told.raw)

    def close(self) -> None:
        """Close the connections; a later call opens them anew."""
        self._connection.close()

    def where(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Where the model lives as a table of `rmcompose.toml`, and the environment with the key that it names."""
        return self._connection.where()

    def _body(self, messages: Sequence[ChatMessage | dict[str, Any]]) -> dict[str, Any]:
        settings = {name: getattr(self, name) for name in ("temperature", "top_p", "max_tokens", "stop", "seed")}
        body = {name: value for name, value in settings.items() if value is not None}
        extra = dict(self.extra_body)
        stream = self.stream
        if "qwen3" in self.model.lower():
            # these models take the wish by this name, and hosted ones think only while they stream
            extra.setdefault("enable_thinking", self.enable_thinking)
            stream = stream or self.enable_thinking
        sent = [_sent(ChatMessage.model_validate(message)) for message in messages]
        return body | {"model": self.model, "messages": sent, "stream": stream, "extra_body": extra or None}

    def _waiting_out(self, ask: Callable[[], _Told | _Trouble]) -> _Told:
        """What `ask` gives once no passing trouble is in its way. Raises LLMError."""
        backoff = Backoff()
        failures, waited = 0, 0.0
        while True:
            told = ask()
            if isinstance(told, _Told):
                return told
            failures += 1
            delay = backoff.delay(failures, told.after)
            retries = min(self.max_retries, backoff.connects - 1) if told.unreachable else self.max_retries
            if not told.passing or failures > retries or waited + delay > backoff.total:
                raise LLMError(told.message if failures == 1 else f"{told.message} (asked {failures} times)", told.kind)
            time.sleep(delay)
            waited += delay


@dataclass(frozen=True, slots=True)
class _Told:
    """What the model said."""

    text: str
    reasoning: str
    raw: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Trouble:
    """A request that came to nothing; `passing` says that the same one may succeed later, `after` seconds from now."""

    message: str
    kind: str = "provider_error"
    passing: bool = False
    unreachable: bool = False
    after: float | None = None


class _Connection:
    """The way to one endpoint. Copies share it (pydantic copies defaults); pickles open connections of their own."""

    def __init__(self, endpoint: Endpoint, seconds: float) -> None:
        self._endpoint = endpoint
        self._seconds = seconds
        self._lock = threading.Lock()
        self._client: OpenAI | None = None

    def __reduce__(self) -> tuple[type[_Connection], tuple[Endpoint, float]]:
        return _Connection, (self._endpoint, self._seconds)

    def __deepcopy__(self, memo: dict[int, Any]) -> _Connection:
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Connection) and self.__reduce__() == other.__reduce__()

    __hash__ = None  # type: ignore[assignment]  # equal by value, and never a key

    def ask(self, body: dict[str, Any]) -> _Told | _Trouble:
        """One request."""
        import openai

        try:
            answer = self._open().chat.completions.create(**body)
            # a stream may break at any piece, which is a failure of the same request
            pieces = list(answer) if body["stream"] else [answer]
        except openai.APITimeoutError:
            return _Trouble(f"no answer in {number_text(self._seconds)} seconds", "timeout")
        except openai.APIStatusError as error:
            return self._refused(error)
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            line = self._line(f"the server cannot be reached: {str(cause) or type(cause).__name__}")
            return _Trouble(line, passing=True, unreachable=True)
        except Exception as error:  # noqa: BLE001  # of the client, its HTTP library, or a body that is no JSON
            return _Trouble(self._line(f"the request failed: {error}"))
        return self._told(pieces, "delta" if body["stream"] else "message")

    def where(self) -> tuple[dict[str, Any], dict[str, str]]:
        table: dict[str, Any] = {"model": self._endpoint.model}
        if self._endpoint.base_url is not None:
            table["base_url"] = self._endpoint.base_url
        if self._endpoint.key == NO_KEY:
            return table, {}
        return {**table, "api_key_env": "api_key"}, {"api_key": self._endpoint.key}

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _open(self) -> OpenAI:
        from openai import OpenAI

        with self._lock:
            if self._client is None:
                url = self._endpoint.base_url or "https://api.openai.com/v1"
                self._client = OpenAI(api_key=self._endpoint.key, base_url=url, timeout=self._seconds, max_retries=0)
            return self._client

    def _refused(self, error: Any) -> _Trouble:
        said = error.body.get("message") if isinstance(error.body, dict) else None
        status: int = error.status_code
        line = self._line(f"the server answered {status}" + (f": {said}" if said else ""))
        # a quota that is used up does not come back by waiting, though it is told as a 429
        used_up = "insufficient_quota" in (error.code, error.type)
        passing = (status in TRANSIENT or status >= 500) and not used_up
        return _Trouble(line, passing=passing, after=retry_after(error.response.headers))

    def _told(self, pieces: Iterable[Any], holder: str) -> _Told | _Trouble:
        """The reply from a whole answer, or from the pieces of a stream."""
        text, reasoning, refusal, finish, raw = [], [], [], None, None
        for piece in pieces:
            raw = piece
            for choice in (getattr(piece, "choices", None) or [])[:1]:
                finish = choice.finish_reason or finish
                said = getattr(choice, holder, None)
                text.append(getattr(said, "content", None) or "")
                thought = getattr(said, "reasoning_content", None) or getattr(said, "reasoning", None)
                reasoning.append(thought if isinstance(thought, str) else "")
                refusal.append(getattr(said, "refusal", None) or "")
        if raw is None or not text:
            return _Trouble("the server's answer has no choices")
        if any(refusal):
            return _Trouble(self._line("".join(refusal)), "refused")
        if finish == "content_filter":
            return _Trouble("the server's content filter stopped the reply", "refused")
        return _Told("".join(text), "".join(reasoning), raw.model_dump(mode="json"))

    def _line(self, text: str) -> str:
        """One line of at most 300 characters, without the key."""
        return " ".join(self._endpoint.without_key(text).split())[:300]


def _endpoint(model: str, base_url: str | None, key: SecretStr | None) -> Endpoint:
    environ = dict(os.environ)
    table = {"model": model}
    if base_url is not None:
        table["base_url"] = base_url
    if key is not None:
        environ["api_key"] = key.get_secret_value()
        table["api_key_env"] = "api_key"
    elif base_url is not None and environ.get("OPENAI_API_KEY", "").strip():
        # the author names the address in code and the key beside it; a local server needs none
        table["api_key_env"] = "OPENAI_API_KEY"
    return Config({model: table}, environ).endpoint(model)


def _sent(message: ChatMessage) -> dict[str, Any]:
    """A message as the protocol has it."""
    body: dict[str, Any] = {"role": str(message.role), "content": message.content}
    if message.name:
        body["name"] = message.name
    if message.tool_calls:
        body["tool_calls"] = [call.model_dump() for call in message.tool_calls]
    call_id = (message.model_extra or {}).get("tool_call_id")
    return body | ({"tool_call_id": call_id} if call_id else {})
