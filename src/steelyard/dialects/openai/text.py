"""Answers to ``/v1/completions``, whole and in chunks."""

from collections.abc import Mapping, Sequence
from typing import Any

from steelyard.dialects.openai.head import Head, extras, usage_json
from steelyard.serving.models import Ending, Piece

_KIND = "text_completion"
_LISTS = ("tokens", "token_logprobs", "top_logprobs")


class TextShape:
    """The answers to one request."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._offset = 0

    def whole(self, pieces: Sequence[Piece], ending: Ending) -> dict[str, Any]:
        """All of it."""
        told = [piece.logprobs for piece in pieces if piece.logprobs is not None]
        logprobs = self._logprobs(told) if told else None
        choice = _choice("".join(piece.content for piece in pieces), logprobs, ending.finish)
        return {**self._head.around(_KIND, [choice]), "usage": usage_json(ending.usage), **extras(ending)}

    def opening(self) -> dict[str, Any] | None:
        """Nothing: it is nobody's turn."""
        return None

    def piece(self, piece: Piece) -> dict[str, Any]:
        """One piece."""
        logprobs = None if piece.logprobs is None else self._logprobs([piece.logprobs])
        return self._head.around(_KIND, [_choice(piece.content, logprobs, None)])

    def last(self, ending: Ending) -> dict[str, Any]:
        """How it ended."""
        return {**self._head.around(_KIND, [_choice("", None, ending.finish)]), **extras(ending)}

    def usage(self, ending: Ending) -> dict[str, Any]:
        """The chunk that counts tokens and has no choices."""
        return {**self._head.around(_KIND, []), "usage": usage_json(ending.usage)}

    def _logprobs(self, told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """In the old form of four lists; offsets count characters of the answer."""
        lists: dict[str, list[Any]] = {name: [] for name in (*_LISTS, "text_offset")}
        for one in told:
            for name, values in _old(one).items():
                lists[name] += values
        for token in lists["tokens"]:
            lists["text_offset"].append(self._offset)
            self._offset += len(token)
        return lists


def _choice(text: str, logprobs: Mapping[str, Any] | None, finish: str | None) -> dict[str, Any]:
    return {"index": 0, "text": text, "logprobs": logprobs, "finish_reason": finish}


def _old(logprobs: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Of the form of chats, which llama.cpp uses here too; else it is in the old form already."""
    if "content" not in logprobs:
        return {name: list(logprobs.get(name) or ()) for name in _LISTS}
    tokens = logprobs["content"] or ()
    return {
        "tokens": [token["token"] for token in tokens],
        "token_logprobs": [token["logprob"] for token in tokens],
        "top_logprobs": [
            {other["token"]: other["logprob"] for other in token.get("top_logprobs") or ()} for token in tokens
        ],
    }
