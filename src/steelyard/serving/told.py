"""What is written down about a request to a model: one event, with what was said in it only
where the settings ask for that."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from starlette.requests import Request

from steelyard.core import ref
from steelyard.core.errors import SteelyardError
from steelyard.core.ref import InvalidReference
from steelyard.identity.principal import Caller
from steelyard.serving.bodies import text_of
from steelyard.serving.gauge import Gauge
from steelyard.serving.models import ChatAsk, EmbedAsk, Embedded, Ending, Sampling, Timings, Usage
from steelyard.serving.outcome import fault_of
from steelyard.usage.events import API_REQUEST, EventType
from steelyard.usage.note import note

WORDS = "prompt"
_MOST_WORDS = 2000  # characters
_TEXTS = ("stop", "logit_bias")  # they may tell what it was about


class Telling:
    """Tells the log about one request as it goes on; the log writes it with the answer's last byte."""

    def __init__(
        self,
        request: Request,
        caller: Caller,
        ask: ChatAsk | EmbedAsk,
        *,
        keeps_words: bool = False,
        gauge: Gauge | None = None,
    ) -> None:
        """A request counts as failed until it is known to have ended well. ``gauge`` knows what cards are taken."""
        self._request = request
        self._gauge = gauge
        self._key = ""
        self._is_load = isinstance(ask, ChatAsk) and ask.is_load
        kind = API_REQUEST if self._is_load else EventType.GENERATION_FAILED
        session = ask.session if isinstance(ask, ChatAsk) else None
        words = {WORDS: words_of(ask)} if keeps_words and not self._is_load else {}
        self._parameters = parameters_of(ask) | words
        note(
            request, type=kind, model=_bare(ask.model), caller=caller, session=session, parameters=self._parameters,
            more={"success": False},
        )  # fmt: skip

    def of(self, model: str, key: str = "") -> None:
        """The name under which the model's use is counted, and the key of what is loaded for it."""
        self._key = key
        note(self._request, model=model)

    def refused(self, error: BaseException) -> None:
        """Nothing was generated."""
        note(self._request, more={"success": False, "error_code": fault_of(error).slug})

    def ended(self, ending: Ending, error: SteelyardError | None) -> None:
        """How an answer ended."""
        parameters = {**self._parameters, "engine": ending.engine, "finish": ending.finish}
        self._measured(ending.timings, ending.usage, parameters, error)

    def embedded(self, embedded: Embedded, engine: str) -> None:
        """Vectors were made."""
        self._measured(embedded.timings, embedded.usage, {**self._parameters, "engine": engine}, None)

    def _measured(
        self, timings: Timings, usage: Usage, parameters: dict[str, Any], error: SteelyardError | None
    ) -> None:
        kind = EventType.GENERATION_COMPLETED if error is None else EventType.GENERATION_FAILED
        note(
            self._request, type=API_REQUEST if self._is_load else kind, parameters=parameters,
            more={
                "success": error is None, "error_code": None if error is None else error.slug,
                "queue_ms": timings.queue_ms, "load_ms": timings.load_ms, "first_token_ms": timings.first_token_ms,
                "tokens_in": usage.prompt_tokens, "tokens_out": usage.completion_tokens, **self._card_use(),
            },
        )  # fmt: skip

    def _card_use(self) -> dict[str, float]:
        use = None if self._gauge is None else self._gauge.of(self._key)
        return {} if use is None else {"vram_mb": use.megabytes, "gpu_utilization": round(use.percent, 1)}


def parameters_of(ask: ChatAsk | EmbedAsk) -> dict[str, Any]:
    """How it was asked, without any of its words."""
    if isinstance(ask, EmbedAsk):
        return _given({"task": "embed", "texts": len(ask.texts), "dimensions": ask.dimensions})
    counted = {"messages": len(ask.messages) or None, "tools": len(ask.tools) or None, "context": ask.context}
    is_formed = True if ask.response_format is not None else None
    return _given({**_numbers(ask.sampling), **counted, "response_format": is_formed})


def words_of(ask: ChatAsk | EmbedAsk) -> str:
    """What was asked, or of a conversation what was said last; cut."""
    if isinstance(ask, EmbedAsk):
        return _storable("\n".join(ask.texts)[:_MOST_WORDS])
    said = [text_of(message.get("content")) for message in ask.messages if message.get("role") == "user"]
    return _storable((ask.prompt if ask.prompt is not None else said[-1] if said else "")[:_MOST_WORDS])


def _storable(text: str) -> str:
    """PostgreSQL keeps a NUL or half a character in JSON, but cannot read them out again, not even to forget them."""
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _numbers(sampling: Sampling) -> Mapping[str, Any]:
    return {name: value for name, value in sampling.given().items() if name not in _TEXTS}


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


@lru_cache(maxsize=4096)
def _bare(model: str) -> str | None:
    try:
        return str(ref.parse(model).bare)
    except InvalidReference:
        return None
