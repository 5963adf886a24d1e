"""Completions of several prompts: one after another, in one answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import Request

from steelyard.core.clock import Clock
from steelyard.dialects.openai.head import Head, usage_json
from steelyard.dialects.openai.text import TextShape
from steelyard.identity.principal import Caller
from steelyard.serving.errors import TimedOut
from steelyard.serving.models import SHORTEST, ChatAsk, Usage
from steelyard.serving.pieces import gathered
from steelyard.serving.protocol import Serving
from steelyard.usage.note import note


@dataclass
class Several:
    """What one request asks with several prompts; the time of the first is that of all."""

    serving: Serving
    clock: Clock
    caller: Caller
    request: Request
    _choices: list[dict[str, Any]] = field(default_factory=list)
    _usage: Usage = field(default_factory=Usage)

    async def answer(self, asks: Sequence[ChatAsk], head: Head) -> dict[str, Any]:
        """All of it, in the order of the prompts; the log counts one request with all its tokens.

        Raises what serving raises for one of them, and answers none then.
        """
        began, whole = self.clock.monotonic(), dict[str, Any]()
        for ask in asks:
            left = ask.timeout - (self.clock.monotonic() - began)
            if self._choices and left < SHORTEST:
                raise _over(len(self._choices), len(asks), ask.timeout)
            whole = await self._one(replace(ask, timeout=left if self._choices else ask.timeout), head)
        note(self.request, more={"tokens_in": self._usage.prompt_tokens, "tokens_out": self._usage.completion_tokens})
        return {**whole, "choices": self._choices, "usage": usage_json(self._usage)}

    async def _one(self, ask: ChatAsk, head: Head) -> dict[str, Any]:
        answer = await self.serving.chat(ask, self.caller, self.request)
        try:
            pieces = await gathered(answer.pieces())
        finally:
            await answer.close()
        used, ended = self._usage, answer.ending.usage
        self._usage = Usage(used.prompt_tokens + ended.prompt_tokens, used.completion_tokens + ended.completion_tokens)
        whole = TextShape(head).whole(pieces, answer.ending)
        self._choices.append({**whole["choices"][0], "index": len(self._choices)})
        return whole


def _over(done: int, count: int, seconds: float) -> TimedOut:
    return TimedOut(f"{done} of {count} prompts were answered within {seconds:g} s.", hint="Send fewer in one request.")
