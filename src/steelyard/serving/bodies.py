"""What an engine is asked, in the OpenAI protocol. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from steelyard.serving.models import ChatAsk, Sampling

PLAIN = "The model has no chat template: its messages were written out line by line, with their roles."


def chat_body(ask: ChatAsk, model: str) -> dict[str, Any]:
    """For ``/v1/chat/completions``, always as a stream: only streams stop when their client leaves."""
    body: dict[str, Any] = {"model": model, "messages": list(ask.messages), **_common(ask)}
    if ask.tools:
        body["tools"] = list(ask.tools)
        if ask.tool_choice is not None:
            body["tool_choice"] = ask.tool_choice
    if ask.logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": ask.logprobs}
    if ask.think is not None:
        body["chat_template_kwargs"] = _thinking(ask.think)
    return body


def completion_body(ask: ChatAsk, model: str, prompt: str) -> dict[str, Any]:
    """For ``/v1/completions``."""
    body: dict[str, Any] = {"model": model, "prompt": prompt, **_common(ask)}
    if ask.suffix:
        body["suffix"] = ask.suffix
    if ask.logprobs is not None:
        body["logprobs"] = ask.logprobs
    return body


def plain_prompt(messages: Sequence[Mapping[str, Any]]) -> str:
    """A conversation for a model that knows no template: each message behind its role, and the answer's to come."""
    lines = [f"{message.get('role', 'user')}: {text_of(message.get('content'))}" for message in messages]
    return "\n".join([*lines, "assistant:"])


def text_of(content: Any) -> str:
    """The text of a message's content, which may be parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(part.get("text", "") for part in parts if isinstance(part, Mapping))


def _thinking(wanted: bool | str) -> dict[str, Any]:
    """What templates are told, as llama.cpp and vLLM hand it to them; those that know nothing of it do not look."""
    level = {"reasoning_effort": wanted} if isinstance(wanted, str) else {}
    return {"enable_thinking": bool(wanted), **level}


def _common(ask: ChatAsk) -> dict[str, Any]:
    body = {"stream": True, "stream_options": {"include_usage": True}, **_sampling(ask.sampling)}
    if ask.response_format is not None:
        body["response_format"] = dict(ask.response_format)
    return body


def _sampling(sampling: Sampling) -> dict[str, Any]:
    given = sampling.given()
    return given | ({"stop": list(sampling.stop)} if sampling.stop else {})
