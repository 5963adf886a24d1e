"""Bodies as clients send them, and what serving is asked for them."""

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from steelyard.dialects.openai.bodies import ChatBody, CompletionBody, EmbeddingBody
from steelyard.dialects.openai.errors import BadField
from steelyard.dialects.openai.reading import read
from steelyard.serving.models import LONGEST, ChatAsk

HI = [{"role": "user", "content": "hi"}]


def chat(**more: Any) -> ChatAsk:
    return read(ChatBody, json.dumps({"model": "tiny", "messages": HI, **more}).encode()).as_ask()


def test_the_least_that_is_asked() -> None:
    ask = chat()
    assert (ask.model, list(ask.messages), ask.timeout, ask.keep_alive) == ("tiny", HI, LONGEST, None)
    assert (ask.prompt, ask.response_format, ask.logprobs, tuple(ask.tools)) == (None, None, None, ())


def test_nulls_are_what_is_left_out() -> None:
    names = [name for name in ChatBody.model_fields if name not in {"model", "messages"}]
    assert chat(**dict.fromkeys(names)) == chat()


def test_messages_keep_what_engines_know() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    said = [
        {"role": "developer", "content": "Be kind."},
        {"role": "assistant", "content": None, "tool_calls": [call], "refusal": None, "audio": None},
        {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "4"}]},
    ]
    assert list(chat(messages=said).messages) == [
        {"role": "developer", "content": "Be kind."},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": [{"type": "text", "text": "4"}], "tool_call_id": "1"},
    ]


@pytest.mark.parametrize(
    ("stop", "expected"), [("x", ("x",)), (["x", "y"], ("x", "y")), ([], ()), ("", ()), (None, ())]
)
def test_stops(stop: Any, expected: tuple[str, ...]) -> None:
    assert chat(stop=stop).sampling.stop == expected


def test_how_many_tokens() -> None:
    assert chat(max_tokens=5).sampling.max_tokens == 5
    assert chat(max_tokens=5, max_completion_tokens=7).sampling.max_tokens == 7
    assert chat(max_tokens=-1).sampling.max_tokens is None


def test_what_others_call_it_and_what_means_all() -> None:
    assert chat(repetition_penalty=1.1).sampling.repeat_penalty == 1.1
    assert chat(repetition_penalty=1.1, repeat_penalty=1.2).sampling.repeat_penalty == 1.2
    assert chat(top_k=-1).sampling.top_k == 0
    assert chat(logit_bias={str(token): 1 for token in range(1024)}).sampling.logit_bias is not None


@pytest.mark.parametrize(
    ("more", "think"),
    [
        ({}, None), ({"reasoning_effort": "low"}, "low"), ({"reasoning_effort": "minimal"}, "low"),
        ({"reasoning_effort": "xhigh"}, "high"), ({"reasoning_effort": "none"}, False),
        ({"chat_template_kwargs": {"enable_thinking": False}}, False),
        ({"chat_template_kwargs": {"enable_thinking": True}}, True),
        ({"chat_template_kwargs": {"enable_thinking": True}, "reasoning_effort": "high"}, "high"),
        ({"chat_template_kwargs": {"chat_template": "x", "tokenize": False}}, None),
    ],
)  # fmt: skip
def test_whether_to_think_and_how_hard(more: dict[str, Any], think: bool | str | None) -> None:
    assert chat(**more).think == think


def test_seeds_of_64_bits_stay_different() -> None:
    assert chat(seed=5).sampling.seed == 5
    assert chat(seed=2**40 + 5).sampling.seed == 5
    assert chat(seed=-1).sampling.seed == 2**32 - 1


def test_logprobs() -> None:
    assert chat(logprobs=True).logprobs == 0
    assert chat(logprobs=True, top_logprobs=3).logprobs == 3
    assert chat(logprobs=False).logprobs is None


def test_forms() -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}
    assert chat(response_format=schema).response_format == schema
    assert chat(response_format={"type": "text"}).response_format is None


def test_how_long_it_stays_in_memory() -> None:
    assert chat(keep_alive=-1).keep_alive == math.inf
    assert chat(keep_alive=0).keep_alive == 0
    assert chat(timeout=30).timeout == 30


def test_tools_go_with_their_choice() -> None:
    tool = {"type": "function", "function": {"name": "f"}}
    assert (chat(tools=[tool], tool_choice="required").tool_choice, chat(tool_choice="auto").tool_choice) == (
        "required", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"model": 5}, "model"),
        ({"model": ""}, "model"),
        ({"temperature": True}, "temperature"),
        ({"seed": 1.5}, "seed"),
        ({"timeout": math.nan}, "timeout"),
        ({"keep_alive": math.nan}, "keep_alive"),
        ({"keep_alive": 1e300}, "keep_alive"),
        ({"logit_bias": {"5": math.inf}}, "logit_bias.5"),
        ({"stream": "yes"}, "stream"),
        ({"stop": ["a"] * 17}, "stop"),
        ({"stop": [1]}, "stop"),
        ({"logit_bias": {"a": "b"}}, "logit_bias.a"),
        ({"logit_bias": {str(token): 1 for token in range(1025)}}, "logit_bias"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": -2}, "max_tokens"),
        ({"tools": [{"function": {"a": math.nan}}]}, "tools[0]"),
        ({"response_format": {"type": "json_object", "a": math.inf}}, "response_format"),
        ({"reasoning_effort": "most"}, "reasoning_effort"),
        ({"messages": [{"content": "x"}]}, "messages[0].role"),
        ({"messages": [*HI, {"role": "user", "content": [5]}]}, "messages[1].content"),
        ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
        ({"tools": {"a": 1}}, "tools"),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(more: dict[str, Any], param: str) -> None:
    with pytest.raises(BadField) as caught:
        chat(**more, user="a secret")
    assert caught.value.param == param
    assert caught.value.detail.startswith(f"{param}: ")
    assert "secret" not in caught.value.detail


def test_a_missing_field_is_named() -> None:
    with pytest.raises(BadField) as caught:
        read(ChatBody, b'{"messages": []}')
    assert caught.value.param == "model"


def test_completions() -> None:
    (ask,) = read(CompletionBody, b'{"model": "tiny", "prompt": ["one"], "suffix": "", "logprobs": 2}').as_asks()
    assert (ask.prompt, ask.logprobs, list(ask.messages), ask.timeout) == ("one", 2, [], LONGEST)
    (ask,) = read(CompletionBody, b'{"model": "tiny", "prompt": ""}').as_asks()
    assert ask.is_load is False
    asks = read(CompletionBody, b'{"model": "tiny", "prompt": ["a", "b"], "seed": 7}').as_asks()
    assert [(ask.prompt, ask.sampling.seed) for ask in asks] == [("a", 7), ("b", 7)]
    wrongs: list[dict[str, Any]] = [
        {"prompt": ["a", "b"], "stream": True},
        {"prompt": ["a"] * 129},
        {"prompt": []},
        {"prompt": "a", "suffix": "end"},
        {"prompt": [1]},
        {"prompt": "a", "echo": True},
        {"prompt": "a", "best_of": 2},
    ]
    for wrong in wrongs:
        with pytest.raises(BadField):
            read(CompletionBody, json.dumps({"model": "tiny", **wrong}).encode())


def test_embeddings() -> None:
    ask = read(EmbeddingBody, b'{"model": "tiny", "input": "one", "dimensions": 4}').as_ask()
    assert (ask.texts, ask.dimensions, ask.truncate) == (["one"], 4, False)
    assert read(EmbeddingBody, b'{"model": "tiny", "input": ["a", "b"]}').as_ask().texts == ["a", "b"]
    for wrong in ([1], [[1]], [], ["a"] * 2049):
        with pytest.raises(BadField) as caught:
            read(EmbeddingBody, json.dumps({"model": "tiny", "input": wrong}).encode())
        assert caught.value.param == "input"
        assert ("check_embedding_ctx_length" in caught.value.detail) == (wrong in ([1], [[1]]))


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(ChatBody.model_fields)), _ANY))
def test_whatever_comes_is_asked_or_refused(fields: dict[str, Any]) -> None:
    with suppress(BadField):
        assert chat(**fields).model
    data = json.dumps({"model": "a", "prompt": "b", "input": "c", **fields}).encode()
    with suppress(BadField):
        assert read(CompletionBody, data).as_asks()
    with suppress(BadField):
        assert read(EmbeddingBody, data).as_ask().texts


@given(st.binary(max_size=40))
def test_whatever_bytes_come_are_refused(data: bytes) -> None:
    with pytest.raises(BadField):
        read(ChatBody, data)


@pytest.mark.parametrize(
    "more",
    [
        {"messages": [{"role": "user", "content": [0] * 1000}]}, {"messages": [0] * 1000}, {"tools": [0] * 100},
        {"messages": [{"role": "assistant", "tool_calls": [0] * 1000}]}, {"stop": [0] * 1000},
        {"logit_bias": {str(number): "x" for number in range(2000)}},
    ],
)  # fmt: skip
def test_a_body_has_few_faults_whatever_is_in_it(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        ChatBody.model_validate_json(json.dumps({"model": "tiny", "messages": HI, **more}))
    assert raised.value.error_count() <= 2


def test_a_bias_for_so_many_tokens() -> None:
    assert len(chat(logit_bias={str(number): 1 for number in range(1024)}).sampling.logit_bias or ()) == 1024
    with pytest.raises(BadField, match="logit_bias: 1024 tokens at most"):
        chat(logit_bias={str(number): 1 for number in range(1025)})
