"""What may stand in an answer of OpenAI's protocol, as far as anybody here reads it. Pure; runs for every token."""

from types import NoneType
from typing import Any

_MOST_TOKENS = 2**40
_MOST_CALLS = 1024
_LONGEST = 1e12  # milliseconds
_TEXT = frozenset({str, NoneType})  # looked up in place: a call for each field took half of the time
_OLD_LISTS = ("tokens", "token_logprobs", "top_logprobs")


def is_sound(chunk: dict[str, Any]) -> bool:
    """Whether a chunk can be read: choices, pieces of text and of calls, counts and times are what they have to be."""
    choices, usage, timings = chunk.get("choices"), chunk.get("usage"), chunk.get("timings")
    if choices and not (type(choices) is list and _is_choice(choices[0])):
        return False
    return (usage is None or _is_usage(usage)) and (timings is None or _are_timings(timings))


def is_count(value: Any) -> bool:
    """Whether it counts tokens; None: nobody counted."""
    return value is None or (type(value) is int and 0 <= value <= _MOST_TOKENS)


def _is_choice(choice: Any) -> bool:
    if type(choice) is not dict:
        return False
    delta, logprobs = choice.get("delta"), choice.get("logprobs")
    return (
        (delta is None or _is_delta(delta))
        and type(choice.get("text")) in _TEXT
        and type(choice.get("finish_reason")) in _TEXT
        and (logprobs is None or _are_logprobs(logprobs))
    )


def _is_delta(delta: Any) -> bool:
    if type(delta) is not dict or type(delta.get("content")) not in _TEXT:
        return False
    calls = delta.get("tool_calls")
    return (
        type(delta.get("reasoning_content")) in _TEXT
        and type(delta.get("reasoning")) in _TEXT
        and (calls is None or (type(calls) is list and all(_is_call(call) for call in calls)))
    )


def _is_call(call: Any) -> bool:
    if type(call) is not dict or type(call.get("id")) not in _TEXT:
        return False
    index, function = call.get("index", 0), call.get("function")
    if type(index) is not int or not 0 <= index < _MOST_CALLS:
        return False
    return function is None or (
        type(function) is dict and {type(function.get("name")), type(function.get("arguments"))} <= _TEXT
    )


def _are_logprobs(told: Any) -> bool:
    """In the form of chats, or in the old one of lists."""
    if type(told) is not dict:
        return False
    if "content" in told:
        tokens = told["content"]
        return tokens is None or (type(tokens) is list and all(_is_token(token, is_first=True) for token in tokens))
    lists = [told.get(name) or [] for name in _OLD_LISTS]
    return all(type(one) is list for one in lists) and all(type(token) is str for token in lists[0])


def _is_token(token: Any, *, is_first: bool) -> bool:
    """A token that was chosen, and under it those that might have been."""
    if type(token) is not dict or type(token.get("token")) is not str or "logprob" not in token:
        return False
    others = token.get("top_logprobs") if is_first else None
    return _is_number(token["logprob"]) and (
        others is None or (type(others) is list and all(_is_token(other, is_first=False) for other in others))
    )


def _is_usage(usage: Any) -> bool:
    return type(usage) is dict and is_count(usage.get("prompt_tokens")) and is_count(usage.get("completion_tokens"))


def _are_timings(timings: Any) -> bool:
    return type(timings) is dict and all(_is_time(timings.get(name)) for name in ("prompt_ms", "predicted_ms"))


def _is_time(value: Any) -> bool:
    return value is None or (_is_number(value) and -_LONGEST <= value <= _LONGEST)


def _is_number(value: Any) -> bool:
    return value is None or type(value) in (int, float)
