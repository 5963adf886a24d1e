"""Requests of Ollama's programs as what serving is asked. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from steelyard.core.errors import BadRequest
from steelyard.dialects.ollama.bodies import ChatBody, EmbedBody, EmbeddingsBody, Format, GenerateBody, Message
from steelyard.dialects.ollama.context import unpack
from steelyard.dialects.ollama.durations import seconds
from steelyard.dialects.ollama.messages import as_openai, user_message
from steelyard.dialects.ollama.names import clean
from steelyard.dialects.ollama.options import Options, read_options
from steelyard.serving.models import LONGEST, ChatAsk, EmbedAsk
from steelyard.serving.parameters import chosen

TEMPLATE_IGNORED = "The template of the request was ignored: the model's own is used. Send raw to use none."


class NotTogether(BadRequest):
    """Fields that exclude each other."""

    slug = "not-together"
    title = "These do not go together"


class NoInsert(BadRequest):
    """Text between two texts: no engine here writes it."""

    slug = "no-insert"
    title = "Nothing is written in between here"


class BadFormat(BadRequest):
    """The form that an answer shall have is none."""

    slug = "bad-format"
    title = "That is no format"


@dataclass(frozen=True, slots=True)
class Asked:
    """What serving is asked. ``goes_on``: the answer carries a ``context``. ``notes`` tell what was not heeded."""

    ask: ChatAsk
    shows_thinking: bool = True
    goes_on: bool = False
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def is_unload(self) -> bool:
        """Nothing is asked but that the model leaves memory."""
        return self.ask.is_load and self.ask.keep_alive == 0


def of_chat(body: ChatBody) -> Asked:
    """``/api/chat``. Raises BadRequest and its like for what makes no sense."""
    messages = as_openai(body.messages or ())
    options = read_options(body.options or {})
    return Asked(_ask(body, options, messages=messages, tools=body.tools or ()), body.think is not False)


def of_generate(body: GenerateBody) -> Asked:
    """``/api/generate``: as it stands where it is ``raw``, else as a conversation. A ``suffix`` is refused."""
    options, prompt = read_options(body.options or {}), body.prompt or ""
    notes = (TEMPLATE_IGNORED,) if body.template and not body.raw else ()
    if body.raw:
        _require_bare(body)
    if body.suffix:
        raise NoInsert(f'"{body.model[:200]}" does not support insert.', hint="Leave the suffix out.")
    if prompt and body.raw:
        if body.images:
            raise NotTogether("Images do not go with raw.", hint="Leave the images out, or use /api/chat.")
        return Asked(_ask(body, options, prompt=prompt), body.think is not False, notes=notes)
    if not prompt and not body.images:
        return Asked(_ask(body, options))
    messages = _conversation(body, prompt)
    return Asked(_ask(body, options, messages=messages), body.think is not False, goes_on=True, notes=notes)


def of_embed(body: EmbedBody) -> EmbedAsk:
    """``/api/embed``."""
    texts = [body.input] if isinstance(body.input, str) else body.input or []
    cut = body.truncate is not False
    return EmbedAsk(clean(body.model), texts, cut, body.dimensions or None, LONGEST, seconds(body.keep_alive))


def of_embeddings(body: EmbeddingsBody) -> EmbedAsk:
    """``/api/embeddings``."""
    texts = [body.prompt] if body.prompt else []
    return EmbedAsk(clean(body.model), texts, timeout=LONGEST, keep_alive=seconds(body.keep_alive))


def as_stored(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages that a model's maker puts before every conversation."""
    return as_openai(messages)


def _ask(body: ChatBody | GenerateBody, options: Options, **more: Any) -> ChatAsk:
    return ChatAsk(
        clean(body.model), sampling=options.sampling, context=options.context, timeout=LONGEST,
        chosen=chosen(body.options or {}), keep_alive=seconds(body.keep_alive), think=body.think,
        response_format=_response_format(body.format),
        logprobs=(body.top_logprobs or 0) if body.logprobs or body.top_logprobs else None, insists=True, **more,
    )  # fmt: skip


def _response_format(wanted: Format) -> Mapping[str, Any] | None:
    if wanted is None or wanted in ("", {}):
        return None
    if isinstance(wanted, dict):
        return {"type": "json_schema", "json_schema": {"name": "answer", "schema": wanted, "strict": True}}
    if wanted == "json":
        return {"type": "json_object"}
    raise BadFormat(f"format {wanted[:40]!r} is not known.", hint='Send "json" or a JSON schema.')


def _conversation(body: GenerateBody, prompt: str) -> list[dict[str, Any]]:
    """What was said before, and the prompt; an instruction of this request takes the place of the one before."""
    said = [*(unpack(body.context) if body.context else ()), user_message(prompt, body.images or ())]
    if not body.system:
        return said
    return [{"role": "system", "content": body.system}, *(one for one in said if one["role"] != "system")]


def _require_bare(body: GenerateBody) -> None:
    if body.template or body.system or body.context:
        raise NotTogether(
            "raw goes with neither template, system nor context.", hint="Write all of it into the prompt."
        )
