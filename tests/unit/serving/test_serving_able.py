"""What a model will not heed is noted, or refused to whoever insists."""

from typing import Any

import pytest

from steelyard.catalog.inspect.abilities import Abilities
from steelyard.engines.models import Endpoint
from steelyard.serving.able import NO_THINKING, NO_TOOLS, beyond, require_logprobs, unheeded
from steelyard.serving.errors import CannotDo, NoLogprobs
from steelyard.serving.models import ChatAsk
from tests.unit.serving.hand import weights

SAID = [{"role": "user", "content": "hello"}]
NOTHING, ALL = Abilities(), Abilities(tools=True, thinking=True)
TOOLS = [{"type": "function"}]


@pytest.mark.parametrize(
    ("more", "abilities", "expected"),
    [
        ({}, NOTHING, ()), ({"tools": TOOLS}, NOTHING, (NO_TOOLS,)), ({"think": "low"}, NOTHING, (NO_THINKING,)),
        ({"tools": TOOLS, "think": True}, NOTHING, (NO_TOOLS, NO_THINKING)), ({"think": False}, NOTHING, ()),
        ({"tools": TOOLS, "think": True}, ALL, ()), ({"tools": TOOLS, "think": True}, None, ()),
    ],
)  # fmt: skip
def test_notes(more: dict[str, Any], abilities: Abilities | None, expected: tuple[str, ...]) -> None:
    assert unheeded(ChatAsk("m", SAID, **more), abilities) == expected


@pytest.mark.parametrize(("wanted", "most", "count"), [(None, 512, 0), (512, 512, 0), (513, 512, 1), (513, None, 0)])
def test_more_context_than_the_model_takes(wanted: int | None, most: int | None, count: int) -> None:
    notes = beyond(wanted, weights(context_length=most))
    assert notes == ("context: the model takes at most 512 tokens.",) * count


def test_log_probabilities_are_asked_of_those_that_give_them() -> None:
    giving, mute = Endpoint("http://127.0.0.1:1", "m"), Endpoint("http://127.0.0.1:1", "m", gives_logprobs=False)
    require_logprobs(ChatAsk("m", SAID), mute, "mute")
    require_logprobs(ChatAsk("m", SAID, logprobs=0), giving, "giving")
    with pytest.raises(NoLogprobs, match='The engine mute, which runs "m" here') as caught:
        require_logprobs(ChatAsk("m", SAID, logprobs=0), mute, "mute")
    assert "llama.cpp" in str(caught.value.hint)


def test_whoever_insists_is_refused() -> None:
    with pytest.raises(CannotDo, match='"m" does not support tools'):
        unheeded(ChatAsk("m", SAID, tools=TOOLS, insists=True), NOTHING)
    with pytest.raises(CannotDo, match="thinking"):
        unheeded(ChatAsk("m", SAID, think=True, insists=True), NOTHING)
    assert unheeded(ChatAsk("m", tools=TOOLS, insists=True), NOTHING) == ()


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "look"}}])
def test_whoever_demands_a_call_is_refused_and_nobody_else(choice: Any) -> None:
    with pytest.raises(CannotDo, match="does not support tools"):
        unheeded(ChatAsk("m", SAID, tools=TOOLS, tool_choice=choice), NOTHING)
    assert unheeded(ChatAsk("m", SAID, tools=TOOLS, tool_choice=choice), ALL) == ()
    assert unheeded(ChatAsk("m", SAID, tools=TOOLS, tool_choice="auto"), NOTHING) == (NO_TOOLS,)
    assert unheeded(ChatAsk("m", SAID, think=True, tools=TOOLS, tool_choice=choice), Abilities(tools=True)) != ()
