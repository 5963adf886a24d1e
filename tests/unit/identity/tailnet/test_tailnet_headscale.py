"""Headscale's nodes, kept whole: three dialects, renewal behind the back of requests, and every kind of trouble."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import get_args

import pytest

from steelyard.identity.tailnet.headscale_api import MOST_BYTES
from steelyard.identity.tailnet.models import TailnetPerson
from steelyard.testing.clock import HandClock, eventually
from steelyard.testing.headscale import Dialect, StubHeadscale, StubNode, StubUser
from tests.unit.identity.tailnet.conftest import SHORT, V4, V6, OpenHeadscale, at_once

ALICE, BOB = TailnetPerson("7", "alice"), TailnetPerson("8", "bob")
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
Spoil = Callable[[StubHeadscale], None]
NODE, MACHINE = "/api/v1/node", "/api/v1/machine"


def give_to_bob(headscale: StubHeadscale) -> None:
    """The address goes to somebody else."""
    headscale.nodes = [StubNode(StubUser("8", "bob"), [V4])]


async def renewed() -> None:
    """Return when a renewal that a request has started is over, well or not."""
    await eventually(lambda: not any(task.get_name() == "headscale nodes" for task in asyncio.all_tasks()))


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_every_dialect_is_found_and_both_families(
    headscale: StubHeadscale, ask_headscale: OpenHeadscale, dialect: Dialect
) -> None:
    headscale.dialect = dialect
    whois = ask_headscale()
    assert [await whois.person(one) for one in (V4, V6, "FD7A:115c:A1E0:0::0007", f"::ffff:{V4}")] == [ALICE] * 4
    assert await whois.person("100.64.0.8") is None


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_tagged_machines_are_nobody(
    headscale: StubHeadscale, ask_headscale: OpenHeadscale, dialect: Dialect
) -> None:
    headscale.dialect = dialect
    headscale.nodes.append(StubNode(StubUser("7", "alice"), ["100.64.0.9"], tags=["tag:ci"]))
    whois = ask_headscale()
    assert await whois.person("100.64.0.9") is None
    assert await whois.person(V4) == ALICE


async def test_one_list_answers_for_a_minute(
    headscale: StubHeadscale, ask_headscale: OpenHeadscale, clock: HandClock
) -> None:
    whois = ask_headscale()
    await whois.person(V4)
    give_to_bob(headscale)
    clock.forward(seconds=59.9)
    assert at_once(whois.person(V4)) == ALICE
    assert at_once(whois.person("100.64.0.200")) is None
    assert headscale.requests == [NODE]


async def test_it_is_renewed_behind_the_back_of_requests(
    headscale: StubHeadscale, ask_headscale: OpenHeadscale, clock: HandClock
) -> None:
    whois = ask_headscale()
    await whois.person(V4)
    give_to_bob(headscale)
    headscale.held = asyncio.Event()
    clock.forward(seconds=60)
    assert at_once(whois.person(V4)) == ALICE
    headscale.held.set()
    await eventually(lambda: at_once(whois.person(V4)) == BOB)
    assert at_once(whois.person(V6)) is None
    assert headscale.requests == [NODE] * 2


async def test_after_a_quiet_time_a_request_waits_for_the_new_list(
    headscale: StubHeadscale, ask_headscale: OpenHeadscale, clock: HandClock
) -> None:
    whois = ask_headscale()
    await whois.person(V4)
    give_to_bob(headscale)
    clock.forward(hours=10)
    assert await whois.person(V4) == BOB


async def test_a_list_is_as_old_as_the_question(
    headscale: StubHeadscale, ask_headscale: OpenHeadscale, clock: HandClock
) -> None:
    headscale.held = asyncio.Event()
    whois = ask_headscale()
    waiting = asyncio.create_task(whois.person(V4))
    await eventually(lambda: bool(headscale.requests))
    clock.forward(seconds=20)
    headscale.held.set()
    assert await waiting == ALICE
    clock.forward(seconds=40)
    at_once(whois.person(V4))
    await renewed()
    assert len(headscale.requests) == 2


async def test_many_at_once_ask_once(headscale: StubHeadscale, ask_headscale: OpenHeadscale, clock: HandClock) -> None:
    whois = ask_headscale()
    assert await asyncio.gather(*(whois.person(V4) for _ in range(100))) == [ALICE] * 100
    assert headscale.requests == [NODE]
    headscale.held = asyncio.Event()
    clock.forward(seconds=61)
    assert [at_once(whois.person(V4)) for _ in range(100)] == [ALICE] * 100
    headscale.held.set()
    await renewed()
    assert headscale.requests == [NODE] * 2


async def test_who_goes_away_does_not_stop_the_list_for_others(
    headscale: StubHeadscale, ask_headscale: OpenHeadscale
) -> None:
    headscale.held = asyncio.Event()
    whois = ask_headscale()
    impatient, patient = (asyncio.create_task(whois.person(V4)) for _ in range(2))
    await eventually(lambda: bool(headscale.requests))
    impatient.cancel()
    headscale.held.set()
    assert await patient == ALICE
    assert headscale.requests == [NODE]


async def test_slow_the_request_goes_on_before_the_answer(
    headscale: StubHeadscale, ask_headscale: OpenHeadscale
) -> None:
    headscale.held = asyncio.Event()
    whois = ask_headscale(budget=SHORT)
    assert await whois.person(V4) is None
    assert headscale.answered == 0
    # The budget is spent: those who come later do not wait at all.
    assert [at_once(whois.person(V4)) for _ in range(10)] == [None] * 10
    headscale.held.set()
    await eventually(lambda: at_once(whois.person(V4)) == ALICE)
    assert (len(headscale.requests), headscale.answered) == (1, 1)


async def test_ten_seconds_slow(headscale: StubHeadscale, ask_headscale: OpenHeadscale) -> None:
    headscale.slow = 10
    whois = ask_headscale(budget=SHORT)
    assert await asyncio.gather(*(whois.person(V4) for _ in range(20))) == [None] * 20
    assert headscale.answered == 0
    assert len(headscale.requests) <= 1


def _down(headscale: StubHeadscale) -> None:
    headscale.down = True


def _key(headscale: StubHeadscale) -> None:
    headscale.api_key = "another"


def _error(headscale: StubHeadscale) -> None:
    headscale.status = 500


def _malformed(headscale: StubHeadscale) -> None:
    headscale.body = b'{"nodes": [{'


def _deep(headscale: StubHeadscale) -> None:
    headscale.body = b"[" * 200_000


def _page(headscale: StubHeadscale) -> None:
    headscale.body = b"<html>Welcome</html>"


def _no_list(headscale: StubHeadscale) -> None:
    headscale.body = b'{"code": 16}'


def _no_node(headscale: StubHeadscale) -> None:
    headscale.body = json.dumps({"nodes": [7, None]}).encode()


def _huge(headscale: StubHeadscale) -> None:
    headscale.body = b'{"nodes": []' + b" " * MOST_BYTES + b"}"


def _nowhere(headscale: StubHeadscale) -> None:
    headscale.status = 404


TROUBLES: dict[Spoil, str] = {
    _down: "does not answer", _key: "refuses the depot's key (401)", _error: "answers 500", _malformed: "JSON",
    _deep: "JSON", _page: "JSON", _no_list: "no list of nodes", _no_node: "cannot be read",
    _huge: "larger than 8 MiB", _nowhere: "knows neither",
}  # fmt: skip
each_trouble = pytest.mark.parametrize("spoil", TROUBLES, ids=lambda spoil: spoil.__name__.strip("_"))


@each_trouble
async def test_trouble_from_the_start(
    headscale: StubHeadscale,
    ask_headscale: OpenHeadscale,
    clock: HandClock,
    caplog: pytest.LogCaptureFixture,
    spoil: Spoil,
) -> None:
    spoil(headscale)
    whois = ask_headscale()
    assert await whois.person(V4) is None
    assert [at_once(whois.person(V4)) for _ in range(10)] == [None] * 10
    clock.forward(seconds=6)
    assert at_once(whois.person(V4)) is None
    await renewed()
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [TROUBLES[spoil] in record.getMessage() for record in warnings] == [True]
    assert getattr(warnings[0], "hint", "")
    assert headscale.api_key not in caplog.text


@each_trouble
async def test_the_last_good_list_stays_and_it_recovers(
    headscale: StubHeadscale, ask_headscale: OpenHeadscale, clock: HandClock, spoil: Spoil
) -> None:
    whois = ask_headscale()
    await whois.person(V4)
    key = headscale.api_key
    spoil(headscale)
    for _ in range(3):
        clock.forward(minutes=2)
        assert at_once(whois.person(V4)) == ALICE
        await renewed()
    headscale.down, headscale.status, headscale.body, headscale.api_key = False, None, None, key
    give_to_bob(headscale)
    clock.forward(minutes=2)
    await eventually(lambda: at_once(whois.person(V4)) == BOB)


async def test_nobody_is_known_by_a_list_of_the_day_before_yesterday(
    headscale: StubHeadscale, ask_headscale: OpenHeadscale, clock: HandClock
) -> None:
    whois = ask_headscale()
    await whois.person(V4)
    _key(headscale)
    clock.forward(hours=24)
    assert await whois.person(V4) == ALICE
    clock.forward(seconds=1)
    assert at_once(whois.person(V4)) is None


async def test_it_is_asked_more_and_more_seldom_while_it_is_away(
    headscale: StubHeadscale, ask_headscale: OpenHeadscale, clock: HandClock
) -> None:
    headscale.status = 500
    whois = ask_headscale()
    await whois.person(V4)
    for _ in range(600):
        clock.forward(seconds=1)
        at_once(whois.person(V4))
        await renewed()
    assert len(headscale.requests) == 1 + 4 + 8  # at 5, 15, 35, 75 s, then each minute up to 555 s


@pytest.mark.parametrize("other", ["http://127.0.0.1:9/", "https://elsewhere.example/", "/elsewhere", "http://["])
async def test_no_redirect_is_followed(
    headscale: StubHeadscale, ask_headscale: OpenHeadscale, caplog: pytest.LogCaptureFixture, other: str
) -> None:
    async with StubHeadscale() as elsewhere:
        headscale.moved_to = elsewhere.url if other == "/elsewhere" else other
        assert await ask_headscale().person(V4) is None
        assert (headscale.requests, elsewhere.requests) == ([NODE], [])
    assert "does not follow" in caplog.text


async def test_an_upgrade_of_headscale_is_noticed_and_remembered(
    headscale: StubHeadscale, ask_headscale: OpenHeadscale, clock: HandClock
) -> None:
    headscale.dialect = "0.22"
    whois = ask_headscale()
    assert await whois.person(V4) == ALICE
    clock.forward(minutes=10)
    await whois.person(V4)
    assert headscale.requests == [NODE, MACHINE, MACHINE]
    headscale.dialect = "0.28"
    give_to_bob(headscale)
    for _ in range(2):
        clock.forward(minutes=10)
        assert await whois.person(V4) == BOB
    assert headscale.requests[3:] == [MACHINE, NODE, NODE]


async def test_a_new_key_in_headscale_is_missing_here(headscale: StubHeadscale, ask_headscale: OpenHeadscale) -> None:
    assert await ask_headscale(api_key="expired").person(V4) is None
    assert await ask_headscale().person(V4) == ALICE


async def test_where_no_tailnet_is_nobody_is_asked(headscale: StubHeadscale, ask_headscale: OpenHeadscale) -> None:
    whois = ask_headscale()
    assert [at_once(whois.person(one)) for one in ("127.0.0.1", "::1", "unknown", "testclient")] == [None] * 4
    assert headscale.requests == []


async def test_closed_it_answers_from_memory(
    headscale: StubHeadscale, ask_headscale: OpenHeadscale, clock: HandClock
) -> None:
    whois = ask_headscale()
    await whois.person(V4)
    clock.forward(hours=1)
    headscale.held = asyncio.Event()
    waiting = asyncio.create_task(whois.person(V4))
    await eventually(lambda: len(headscale.requests) == 2)
    await whois.close()
    assert await waiting == ALICE
    assert at_once(whois.person(V4)) == ALICE
    assert len(headscale.requests) == 2
