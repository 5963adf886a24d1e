"""What goes with a name, whatever protocol it is asked by."""

from typing import Any

import pytest

from steelyard.serving.models import ChatAsk, Sampling
from steelyard.serving.parameters import chosen, context_of, sampling_of
from steelyard.serving.preset import NO_PRESET, Preset

SAID = [{"role": "user", "content": "hello"}]
PIRATE = Preset(
    "Arr.", {"temperature": 0.5, "num_ctx": 512, "num_predict": 7}, [{"role": "assistant", "content": "Ahoy."}]
)


def asked(**more: Any) -> ChatAsk:
    return PIRATE.behind(ChatAsk("pirate", **{"messages": SAID, **more}))


def contents(ask: ChatAsk) -> list[str]:
    return [message["content"] for message in ask.messages]


def test_it_opens_the_conversation() -> None:
    ask = asked()
    assert contents(ask) == ["Arr.", "Ahoy.", "hello"]
    assert (ask.sampling, ask.context) == (Sampling(temperature=0.5, max_tokens=7), 512)


@pytest.mark.parametrize("role", ["system", "developer"])
def test_the_request_wins(role: str) -> None:
    own = {"role": role, "content": "No."}
    ask = asked(messages=[own, *SAID], sampling=Sampling(temperature=0.0), context=2048)
    assert contents(ask) == ["No.", "Ahoy.", "hello"]
    assert (ask.sampling.temperature, ask.sampling.max_tokens, ask.context) == (0.0, 7, 2048)


def test_nothing_can_be_chosen_too() -> None:
    ask = asked(chosen=chosen({"num_predict": -1, "num_ctx": 0}))
    assert (ask.sampling.max_tokens, ask.context, ask.sampling.temperature) == (None, None, 0.5)


def test_only_loading_it_and_a_bare_prompt_get_its_parameters_and_no_words() -> None:
    load, bare = asked(messages=()), asked(messages=(), prompt="Once")
    assert (load.is_load, load.context) == (True, 512)
    assert (bare.messages, bare.prompt, bare.sampling.max_tokens) == ((), "Once", 7)


def test_a_name_without_one_changes_nothing() -> None:
    ask = ChatAsk("a", SAID)
    assert NO_PRESET.behind(ask) is ask


def test_parameters_as_modelfiles_call_them() -> None:
    known = sampling_of({"seed": 2**32 + 5, "stop": ["", "x"], "num_predict": 0, "min_p": 0.1})
    assert known == Sampling(seed=5, stop=("x",), min_p=0.1)
    assert sampling_of({"seed": -1, "stop": "y"}) == Sampling(stop=("y",))
    assert (context_of({"num_ctx": 2**30}), context_of({"num_ctx": -1}), context_of({})) == (1_048_576, None, None)
