"""What is written down about a request: how it was asked, and none of its words."""

import asyncio
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request

from steelyard.core.errors import SteelyardError
from steelyard.engines.errors import EngineFailed
from steelyard.identity.principal import Caller, Principal, PrincipalKind
from steelyard.serving.errors import TimedOut
from steelyard.serving.models import ChatAsk, EmbedAsk, Embedded, Ending, Sampling, Timings, Usage
from steelyard.serving.told import Telling, parameters_of, words_of
from steelyard.usage.access import STATE, UsageNote

ALICE = Caller(Principal(1, PrincipalKind.TAILNET, "a", "alice"), "127.0.0.1", "test")
SECRET = [{"role": "user", "content": "secret"}]
ASK = ChatAsk(
    "org/name@main:Q8_0", SECRET, sampling=Sampling(temperature=0.5, stop=("secret",), logit_bias={"1": 2}),
    tools=[{"function": "secret"}], response_format={"type": "secret"}, session="trip",
)  # fmt: skip
ENDING = Ending("stop", Usage(3, 4), Timings(1.0, 2.0, 3.0, 4.0), "hand", "org/name")


def told(ask: ChatAsk | EmbedAsk = ASK) -> tuple[Telling, UsageNote]:
    note = UsageNote()
    scope: dict[str, Any] = {"type": "http", "headers": [], "state": {STATE: note}}
    return Telling(Request(scope), ALICE, ask), note


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (ASK, "secret"),
        (
            ChatAsk("a", [*SECRET, {"role": "assistant", "content": "no"}, {"role": "user", "content": "x" * 3000}]),
            "x" * 2000,
        ),
        (ChatAsk("a", [{"role": "user", "content": [{"type": "text", "text": "in parts"}]}]), "in parts"),
        (ChatAsk("a", prompt="Once"), "Once"),
        (EmbedAsk("a", ["one", "two"]), "one\ntwo"),
    ],
)
def test_words_are_kept_only_where_they_are_asked_for_and_cut(ask: ChatAsk | EmbedAsk, words: str) -> None:
    note = UsageNote()
    request = Request({"type": "http", "headers": [], "state": {STATE: note}})
    Telling(request, ALICE, ask, keeps_words=True).ended(ENDING, None)
    assert (note.parameters or {})["prompt"] == words
    Telling(request, ALICE, ask).ended(ENDING, None)
    assert "prompt" not in (note.parameters or {})


@pytest.mark.parametrize("ask", [
    ChatAsk("a", prompt="a\0b\ud83d"), EmbedAsk("a", ["a\0b\ud83d"]),
    ChatAsk("a", [{"role": "user", "content": "a\0b\ud83d"}]),
])  # fmt: skip
def test_words_can_be_read_again_in_every_database(ask: ChatAsk | EmbedAsk) -> None:
    assert words_of(ask) == "a\ufffdb\ufffd"
    assert words_of(ChatAsk("a", prompt="\U0001f600 z\u00e9ro")) == "\U0001f600 z\u00e9ro"


@pytest.mark.parametrize(("error", "code"), [
    (asyncio.CancelledError(), "stopping"), (RuntimeError("x"), "internal-error"), (ClientDisconnect(), "client-left"),
])  # fmt: skip
def test_what_is_no_error_of_ours_has_a_code_too(error: BaseException, code: str) -> None:
    telling, note = told()
    telling.refused(error)
    assert note.more == {"success": False, "error_code": code}


def test_until_it_ends_well_it_counts_as_failed() -> None:
    _, note = told()
    assert (note.type, note.model, note.caller, note.session) == ("generation_failed", "org/name", ALICE, "trip")
    assert note.more == {"success": False}


def test_how_it_ended() -> None:
    telling, note = told()
    telling.of("org/other")
    telling.ended(ENDING, None)
    assert (note.type, note.model) == ("generation_completed", "org/other")
    assert note.more == {
        "success": True, "error_code": None, "queue_ms": 1.0, "load_ms": 2.0, "first_token_ms": 3.0, "tokens_in": 3,
        "tokens_out": 4,
    }  # fmt: skip
    assert note.parameters == {
        "temperature": 0.5, "messages": 1, "tools": 1, "response_format": True, "engine": "hand", "finish": "stop",
    }  # fmt: skip
    assert "secret" not in str(note.parameters)


@pytest.mark.parametrize("error", [TimedOut("late"), EngineFailed("broke")])
def test_a_failure_after_the_first_byte_is_one_whatever_the_status(error: SteelyardError) -> None:
    telling, note = told()
    telling.ended(ENDING, error)
    assert (note.type, note.more["success"], note.more["error_code"]) == ("generation_failed", False, error.slug)
    assert note.more["tokens_out"] == 4


def test_a_refusal() -> None:
    telling, note = told()
    telling.refused(TimedOut("late"))
    assert note.more == {"success": False, "error_code": "generation-timeout"}


def test_loading_is_no_use_of_a_model() -> None:
    telling, note = told(ChatAsk("org/name"))
    telling.ended(ENDING, None)
    assert (note.type, note.more["success"]) == ("api_request", True)


def test_vectors() -> None:
    telling, note = told(EmbedAsk("org/name", ["secret", "secret"]))
    telling.embedded(Embedded("org/name", [], Usage(5), Timings(1.0, 2.0)), "hand")
    assert (note.type, note.more["tokens_in"]) == ("generation_completed", 5)
    assert note.parameters == {"task": "embed", "texts": 2, "engine": "hand"}


def test_a_name_that_is_none_is_not_kept() -> None:
    assert told(ChatAsk("no name at all!"))[1].model is None


def test_every_number_of_a_sampling_is_kept_and_none_of_its_texts() -> None:
    found = parameters_of(ChatAsk("a", SECRET, sampling=Sampling(top_k=1, seed=2, max_tokens=3, min_p=0.1)))
    assert found == {"top_k": 1, "seed": 2, "max_tokens": 3, "min_p": 0.1, "messages": 1}
