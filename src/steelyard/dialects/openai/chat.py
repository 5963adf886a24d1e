"""Answers to ``/v1/chat/completions``, whole and in chunks."""

from collections.abc import Mapping, Sequence
from typing import Any

from steelyard.dialects.openai.head import Head, extras, usage_json
from steelyard.serving.models import Ending, Piece
from steelyard.serving.views import whole_calls

_CHUNK = "chat.completion.chunk"


class ChatShape:
    """The answers to one request."""

    def __init__(self, head: Head) -> None:
        self._head = head

    def whole(self, pieces: Sequence[Piece], ending: Ending) -> dict[str, Any]:
        """All of it."""
        choice = {"index": 0, "message": _message(pieces), "logprobs": _merged(pieces), "finish_reason": ending.finish}
        told = self._head.around("chat.completion", [choice])
        return {**told, "usage": usage_json(ending.usage), **extras(ending)}

    def opening(self) -> dict[str, Any] | None:
        """The chunk before the first piece: whose words follow."""
        return self._chunk({"role": "assistant", "content": ""})

    def piece(self, piece: Piece) -> dict[str, Any]:
        """One piece."""
        delta: dict[str, Any] = {"content": piece.content} if piece.content else {}
        delta |= {"reasoning_content": piece.reasoning} if piece.reasoning else {}
        delta |= {"tool_calls": _numbered(piece.tool_calls)} if piece.tool_calls else {}
        return self._chunk(delta, piece.logprobs)

    def last(self, ending: Ending) -> dict[str, Any]:
        """How it ended."""
        return {**self._chunk({}, finish=ending.finish), **extras(ending)}

    def usage(self, ending: Ending) -> dict[str, Any]:
        """The chunk that counts tokens and has no choices."""
        return {**self._head.around(_CHUNK, []), "usage": usage_json(ending.usage)}

    def _chunk(
        self, delta: Mapping[str, Any], logprobs: Mapping[str, Any] | None = None, finish: str | None = None
    ) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        return self._head.around(_CHUNK, [choice])


def _message(pieces: Sequence[Piece]) -> dict[str, Any]:
    content, reasoning = "".join([one.content for one in pieces]), "".join([one.reasoning for one in pieces])
    calls = whole_calls([call for piece in pieces for call in piece.tool_calls])
    message: dict[str, Any] = {"role": "assistant", "content": None if calls and not content else content}
    message |= {"refusal": None}
    message |= {"reasoning_content": reasoning} if reasoning else {}
    return message | ({"tool_calls": calls} if calls else {})


def _numbered(calls: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Clients put calls together by their index, and fail without one."""
    return [{"index": number, **call} for number, call in enumerate(calls)]


def _merged(pieces: Sequence[Piece]) -> dict[str, Any] | None:
    told = [piece.logprobs for piece in pieces if piece.logprobs is not None]
    content = [token for one in told for token in one.get("content") or ()]
    return {"content": content, "refusal": None} if told else None
