"""What serving is asked, made of what Ollama's programs send."""

import math
import secrets
import zlib
from typing import Any

import pytest
from pydantic import ValidationError

from steelyard.core.errors import BadRequest
from steelyard.dialects.ollama.asks import TEMPLATE_IGNORED, Asked, of_chat, of_embed, of_generate
from steelyard.dialects.ollama.bodies import ChatBody, CreateBody, EmbedBody, GenerateBody, NamedBody
from steelyard.dialects.ollama.context import MOST_NUMBERS, BadContext, pack, unpack
from steelyard.serving.errors import TooManyTexts
from steelyard.serving.models import LONGEST, MOST_TEXTS

SAID = [{"role": "user", "content": "hello"}]


def chat(**body: Any) -> Asked:
    return of_chat(ChatBody.model_validate({"model": "m", "messages": SAID, **body}))


def generate(**body: Any) -> Asked:
    return of_generate(GenerateBody.model_validate({"model": "m", **body}))


def test_options_become_sampling_and_context() -> None:
    given = {"num_ctx": 2048, "num_predict": -1, "seed": -5, "stop": "x", "top_k": 3, "typical_p": 0.5, "mirostat": 1}
    ask = chat(options=given, keep_alive=-1).ask
    assert (ask.context, ask.keep_alive, ask.timeout) == (2048, math.inf, LONGEST)
    sampling = ask.sampling
    assert (sampling.max_tokens, sampling.seed, sampling.stop, sampling.top_k) == (None, None, ("x",), 3)
    assert sampling.typical_p == 0.5


@pytest.mark.parametrize(
    ("wanted", "kind"), [("json", "json_object"), ({"type": "object"}, "json_schema"), ("", None), (None, None)]
)
def test_formats(wanted: Any, kind: str | None) -> None:
    form = chat(format=wanted).ask.response_format
    assert (form and form["type"]) == kind


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(BadRequest, match="yaml"):
        chat(format="yaml")


def test_thinking_and_logprobs() -> None:
    assert (chat().ask.think, chat(think=False).ask.think, chat(think="high").ask.think) == (None, False, "high")
    assert (chat(think=False).shows_thinking, chat().shows_thinking) == (False, True)
    assert (chat(logprobs=True).ask.logprobs, chat(logprobs=True, top_logprobs=2).ask.logprobs) == (0, 2)
    assert chat().ask.logprobs is None


def test_what_was_said_of_a_parameter_is_told_also_that_there_is_none() -> None:
    given = {"num_predict": -1, "num_ctx": 0, "stop": [], "top_k": None, "mirostat": 1}
    assert set(chat(options=given).ask.chosen) == {"max_tokens", "context", "stop"}


def test_generating_is_a_conversation_unless_it_is_raw() -> None:
    asked = generate(prompt="hi", system="Brief.", template="x")
    assert [one["content"] for one in asked.ask.messages] == ["Brief.", "hi"]
    assert (asked.goes_on, asked.notes) == (True, (TEMPLATE_IGNORED,))
    raw = generate(prompt="hi", raw=True)
    assert (raw.ask.prompt, raw.ask.messages, raw.goes_on) == ("hi", (), False)


def test_what_would_be_written_in_between_is_refused() -> None:
    with pytest.raises(BadRequest, match="does not support insert"):
        generate(prompt="a", suffix="b")
    assert generate(prompt="a", suffix="").ask.suffix is None


@pytest.mark.parametrize("more", [{"system": "x"}, {"template": "x"}, {"context": [1]}, {"images": ["AAAA"]}])
def test_raw_goes_with_nothing_else(more: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        generate(prompt="a", raw=True, **more)


def test_no_prompt_loads_and_keep_alive_zero_unloads() -> None:
    assert (generate().ask.is_load, generate().is_unload) == (True, False)
    assert generate(keep_alive=0).is_unload
    assert not generate(prompt="a", keep_alive=0).is_unload


def test_a_context_is_the_conversation_packed() -> None:
    said: list[dict[str, Any]] = [
        {"role": "user", "content": [{"type": "text", "text": "ä"}, {"type": "image_url"}]},
        *SAID,
    ]
    assert unpack(pack(said) or ()) == [{"role": "user", "content": "ä"}, *SAID]
    asked = generate(prompt="more", context=pack(SAID))
    assert [one["content"] for one in asked.ask.messages] == ["hello", "more"]
    told = generate(prompt="more", system="New.", context=pack([{"role": "system", "content": "Old."}, *SAID]))
    assert [one["content"] for one in told.ask.messages] == ["New.", "hello", "more"]


@pytest.mark.parametrize(
    "context",
    [[1, 2, 3], [300], [-1], pack([{"role": "tool", "content": "x"}]), list(zlib.compress(b'[[["x"], "y"]]'))],
)
def test_a_context_of_others_is_refused(context: list[int]) -> None:
    with pytest.raises(BadContext):
        unpack(context)


@pytest.mark.parametrize(
    "options",
    [
        {"repeat_penalty": math.inf}, {"temperature": math.nan}, {"temperature": 6}, {"top_p": 1.1}, {"min_p": -0.1},
        {"top_k": -2}, {"presence_penalty": 3}, {"stop": ["x"] * 65}, {"stop": "x" * 501}, {"repeat_last_n": 2**40},
    ],
)  # fmt: skip
def test_options_out_of_bounds_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match=f"options.{next(iter(options))}"):
        chat(options=options)


@pytest.mark.parametrize("named", [{"model": "", "name": "x"}, {"model": None, "name": "x"}, {"name": "x"}])
def test_the_older_word_for_a_model_counts_where_the_newer_is_empty(named: dict[str, Any]) -> None:
    assert NamedBody.model_validate(named).model == "x"
    assert CreateBody.model_validate(named | {"from": "y"}).model == "x"


def test_a_context_has_an_end() -> None:
    with pytest.raises(ValidationError):
        generate(prompt="a", context=[0] * (MOST_NUMBERS + 1))


def test_a_context_that_nobody_would_take_back_is_not_given_out() -> None:
    noise = [{"role": "user", "content": secrets.token_hex(MOST_NUMBERS)}]
    assert pack(noise) is None
    context = pack([{"role": "user", "content": secrets.token_hex(MOST_NUMBERS // 2 - 5000)}])
    assert context is not None
    assert generate(prompt="a", context=context).goes_on


@pytest.mark.parametrize(
    ("shape", "wrong"),
    [
        (GenerateBody, {"context": ["x"] * 1000}), (GenerateBody, {"images": [0] * 64}),
        (EmbedBody, {"input": [0] * 1000}), (ChatBody, {"messages": [0] * 1000}), (ChatBody, {"tools": [0] * 100}),
        (ChatBody, {"messages": [{"role": "assistant", "tool_calls": [0] * 1000}]}),
        (CreateBody, {"messages": [0] * 100}), (CreateBody, {"parameters": [0] * 1000}),
    ],
)  # fmt: skip
def test_reading_stops_at_the_first_fault_of_a_list(shape: type[NamedBody], wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        shape.model_validate({"model": "m"} | wrong)
    assert raised.value.error_count() <= 2


def test_files_that_are_refused_anyway_are_not_looked_at() -> None:
    assert CreateBody.model_validate({"model": "m", "files": dict.fromkeys("abc", 0)}).files


def test_too_many_texts_are_refused() -> None:
    assert len(of_embed(EmbedBody(model="m", input=["a"] * MOST_TEXTS)).texts) == MOST_TEXTS
    with pytest.raises(TooManyTexts, match="2,049"):
        of_embed(EmbedBody(model="m", input=["a"] * (MOST_TEXTS + 1)))


def test_texts_for_vectors() -> None:
    ask = of_embed(EmbedBody.model_validate({"model": "m:latest", "input": "a", "truncate": False, "dimensions": 0}))
    assert (ask.model, ask.texts, ask.truncate, ask.dimensions) == ("m", ["a"], False, None)


def test_vectors_of_any_length_are_not_asked_for() -> None:
    with pytest.raises(ValidationError):
        EmbedBody.model_validate({"model": "m", "input": "a", "dimensions": 1 << 70})
