"""``steelyard chat`` as people use it: at a terminal, against a depot behind real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.chatting import MODEL, behave, chatting_house, echo, events
from tests.flows.house import House, eventually
from tests.flows.processes import STEELYARD, run
from tests.flows.terminal import Terminal, at_terminal

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # what it says does not hang on where

_LEAVES_WITHIN = 3.0  # seconds, on a busy machine


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    async with chatting_house(hub, home, served=True) as house:
        yield house


@pytest.fixture
async def terminal(house: House, tmp_path: Path) -> AsyncIterator[Terminal]:
    variables = {"STEELYARD_URL": str(house.http.base_url), "XDG_STATE_HOME": str(tmp_path / "state")}
    async with at_terminal("chat", MODEL, **variables) as terminal:
        await terminal.shows(">>> ")
        yield terminal


async def idle(house: House) -> None:
    """The engine works on nothing."""

    async def is_idle() -> bool:
        return echo(house).tally.running == 0

    await eventually(is_idle, "generation stopped")


async def has_left(house: House) -> bool:
    """Whether the log knows of one answer that its client did not wait for."""
    return [event["error_code"] for event in await events(house, "generation_failed")] == ["client-left"]


async def press_until_it_leaves(terminal: Terminal, key: str) -> None:
    """One press is lost now and then: Python does not see a signal that comes just before it waits for a line.

    A press too many would end it in the middle of leaving, which takes a while on a busy machine.
    """

    async def is_gone() -> bool:
        if terminal.process.returncode is None:
            terminal.type(key)
            with suppress(TimeoutError):
                await asyncio.wait_for(terminal.process.wait(), _LEAVES_WITHIN)
        return terminal.process.returncode is not None

    await eventually(is_gone, "it leaves")


async def test_a_conversation(house: House, terminal: Terminal, tmp_path: Path) -> None:
    terminal.type("one two\n")
    await terminal.shows("\none two\n>>> ")
    terminal.type("three\n")
    await terminal.shows("\nthree\n>>> ")
    terminal.type("\x04")
    assert await terminal.ended() == 0
    said = echo(house).tally.bodies[-1]["messages"]
    assert [(one["role"], one["content"]) for one in said] == [
        ("user", "one two"), ("assistant", "one two"), ("user", "three"),
    ]  # fmt: skip
    assert (tmp_path / "state" / "steelyard" / "chat-history").read_text().splitlines() == ["one two", "three"]


async def test_ctrl_c_stops_the_answer_and_not_the_program(house: House, terminal: Terminal) -> None:
    behave(house, endless=True, token_seconds=0.01)
    terminal.type("again\n")
    await terminal.shows("againagain")
    terminal.type("\x03")
    await terminal.shows("Stopped.")
    await idle(house)
    behave(house, endless=False)
    terminal.type("once\n")
    await terminal.shows("\nonce\n>>> ")
    await eventually(lambda: has_left(house), "the log says that the client left")
    await press_until_it_leaves(terminal, "\x03")
    assert terminal.seen.count("Ctrl-C again, or Ctrl-D, leaves.") == 1, terminal.seen
    assert await terminal.ended() == 0


async def test_one_question_and_what_is_in_memory_after(house: House) -> None:
    url = str(house.http.base_url)
    done = await run(STEELYARD, "chat", MODEL, "one", "two", STEELYARD_URL=url)
    assert (done.code, done.out, done.err) == (0, "one two\n", "")
    done = await run(STEELYARD, "engines", "loaded", STEELYARD_URL=url)
    assert done.out.splitlines()[1].split()[:3] == [MODEL, "chat", "echo"]


async def test_ctrl_c_in_one_question_stops_generation(house: House) -> None:
    behave(house, endless=True, token_seconds=0.01)
    async with at_terminal("chat", MODEL, "again", STEELYARD_URL=str(house.http.base_url)) as terminal:
        await terminal.shows("againagain")
        terminal.type("\x03")
        assert await terminal.ended() == 130
    await idle(house)
