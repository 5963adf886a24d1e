"""tailscaled's whois: a person, nobody, no right to ask, and every kind of trouble."""

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from steelyard.identity.tailnet.models import TailnetPerson, Whois
from steelyard.testing.clock import HandClock, eventually
from steelyard.testing.tailscaled import StubProfile, StubTailscaled
from tests.unit.identity.tailnet.conftest import SHORT, V4, V6, OpenTailscale, at_once

ALICE, BOB = TailnetPerson("7", "alice@example.org", "Alice"), TailnetPerson("8", "bob@github")


@pytest.fixture(autouse=True)
def alice(tailscaled: StubTailscaled) -> None:
    """Alice has both addresses."""
    tailscaled.people = dict.fromkeys((V4, V6), StubProfile(7, "alice@example.org", "Alice"))


async def test_both_families_in_any_spelling(tailscaled: StubTailscaled, ask_tailscale: OpenTailscale) -> None:
    whois = ask_tailscale()
    assert [await whois.person(one) for one in (V4, f"::ffff:{V4}", V6, V6.upper())] == [ALICE] * 4
    assert tailscaled.requests == [f"{V4}:0", f"[{V6}]:0"]


async def test_a_tagged_machine_is_nobody(tailscaled: StubTailscaled, ask_tailscale: OpenTailscale) -> None:
    tailscaled.people[V4] = StubProfile(7, "alice@example.org", tags=["tag:ci"])
    tailscaled.people[V6] = StubProfile(2147455555, "tagged-devices")
    whois = ask_tailscale()
    assert [await whois.person(one) for one in (V4, V6)] == [None, None]


async def test_a_person_is_kept_for_a_minute(
    tailscaled: StubTailscaled, ask_tailscale: OpenTailscale, clock: HandClock
) -> None:
    whois = ask_tailscale()
    await whois.person(V4)
    tailscaled.people[V4] = StubProfile(8, "bob@github")
    clock.forward(seconds=59.9)
    assert at_once(whois.person(V4)) == ALICE
    clock.forward(seconds=0.1)
    assert await whois.person(V4) == BOB
    assert len(tailscaled.requests) == 2


async def test_nobody_is_kept_for_fifteen_seconds(
    tailscaled: StubTailscaled, ask_tailscale: OpenTailscale, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    whois = ask_tailscale()
    assert await whois.person("100.64.0.8") is None
    tailscaled.people["100.64.0.8"] = StubProfile(8, "bob@github")
    clock.forward(seconds=14.9)
    assert at_once(whois.person("100.64.0.8")) is None
    clock.forward(seconds=0.1)
    assert await whois.person("100.64.0.8") == BOB
    assert caplog.records == []


async def test_many_at_once_ask_once(tailscaled: StubTailscaled, ask_tailscale: OpenTailscale) -> None:
    whois = ask_tailscale()
    assert await asyncio.gather(*(whois.person(V4) for _ in range(50))) == [ALICE] * 50
    assert len(tailscaled.requests) == 1


async def test_a_crowd_of_addresses_is_not_passed_on_whole(
    tailscaled: StubTailscaled, ask_tailscale: OpenTailscale
) -> None:
    tailscaled.held = asyncio.Event()
    whois = ask_tailscale()
    crowd = [asyncio.create_task(whois.person(f"100.64.1.{number}")) for number in range(200)]
    await eventually(lambda: sum(task.done() for task in crowd) == 136)
    tailscaled.held.set()
    assert await asyncio.gather(*crowd) == [None] * 200
    assert len(tailscaled.requests) == 64


async def test_only_so_many_are_remembered(tailscaled: StubTailscaled, ask_tailscale: OpenTailscale) -> None:
    whois = ask_tailscale(most_known=3)
    for number in (1, 2, 3, 4):
        await whois.person(f"100.64.1.{number}")
    assert [at_once(whois.person(f"100.64.1.{number}")) for number in (2, 3, 4)] == [None] * 3
    assert len(tailscaled.requests) == 4
    await whois.person("100.64.1.1")
    assert len(tailscaled.requests) == 5


async def test_hanging_the_request_goes_on_before_the_answer(
    tailscaled: StubTailscaled, ask_tailscale: OpenTailscale, clock: HandClock
) -> None:
    tailscaled.held = asyncio.Event()
    whois = ask_tailscale(budget=SHORT)
    assert await whois.person(V4) is None
    assert not tailscaled.held.is_set()
    assert [at_once(whois.person(one)) for one in (V4, V6, "100.64.0.8")] == [None] * 3
    assert len(tailscaled.requests) <= 1
    tailscaled.held.set()
    assert await ask_tailscale().person(V4) == ALICE
    await eventually(lambda: _knows_alice(whois, clock))


async def _knows_alice(whois: Whois, clock: HandClock) -> bool:
    """A busy machine may need more than one short budget."""
    clock.forward(seconds=30)
    return await whois.person(V4) == ALICE


ANSWER: dict[str, Any] = {"Node": {"Tags": None}, "UserProfile": {"ID": 7, "LoginName": "alice", "DisplayName": ""}}
GARBAGE: list[Any] = [
    None, [], {}, {"Node": {}}, {"UserProfile": ANSWER["UserProfile"]}, {**ANSWER, "Node": {"Tags": "tag:ci"}},
    {**ANSWER, "UserProfile": {"ID": 7.5, "LoginName": "alice"}}, {**ANSWER, "UserProfile": {"ID": 7, "LoginName": 7}},
]  # fmt: skip


async def test_the_smallest_answer_that_counts(tailscaled: StubTailscaled, ask_tailscale: OpenTailscale) -> None:
    tailscaled.body = json.dumps(ANSWER).encode()
    assert await ask_tailscale().person(V4) == TailnetPerson("7", "alice")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"<html>",
        b"\xff\xfe",
        b"[" * 200_000,
        b" " * (2 << 20),
        *(json.dumps(one).encode() for one in GARBAGE),
    ],
    ids=lambda body: body[:40].decode("latin-1"),
)
async def test_garbage_is_nobody(
    tailscaled: StubTailscaled, ask_tailscale: OpenTailscale, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    tailscaled.body = body
    assert await ask_tailscale().person(V4) is None
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


async def test_without_the_right_to_ask_it_is_said_once_with_what_helps(
    tailscaled: StubTailscaled, ask_tailscale: OpenTailscale, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    tailscaled.status = 403
    whois = ask_tailscale()
    for _ in range(3):
        assert await whois.person(V4) is None
        clock.forward(minutes=1)
    assert len(tailscaled.requests) == 3
    assert [getattr(record, "hint", "") for record in caplog.records] == [
        "Let the depot's user do so: sudo tailscale set --operator=USER."
    ]


async def test_without_tailscaled(
    ask_tailscale: OpenTailscale, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whois = ask_tailscale(socket=tmp_path / "none.sock")
    assert await whois.person(V4) is None
    assert at_once(whois.person(V6)) is None
    assert [record.getMessage() for record in caplog.records] == ["tailscaled does not answer."]
    assert str(tmp_path) not in caplog.text


async def test_while_it_restarts_the_last_answer_counts_for_ten_minutes(
    tailscaled: StubTailscaled, ask_tailscale: OpenTailscale, clock: HandClock
) -> None:
    whois = ask_tailscale()
    await whois.person(V4)
    tailscaled.status = 503
    clock.forward(minutes=10, seconds=59)
    assert await whois.person(V4) == ALICE
    clock.forward(seconds=1)
    assert await whois.person(V4) is None
    tailscaled.status = None
    clock.forward(minutes=1)
    assert await whois.person(V4) == ALICE


async def test_trouble_that_comes_back_is_said_again(
    tailscaled: StubTailscaled, ask_tailscale: OpenTailscale, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    whois = ask_tailscale()
    for status in (500, None, 500):
        tailscaled.status = status
        clock.forward(hours=1)
        assert await whois.person(V4) == (None if status else ALICE)
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert said == ["tailscaled answers 500."] * 2


async def test_where_no_tailnet_is_nobody_is_asked(tailscaled: StubTailscaled, ask_tailscale: OpenTailscale) -> None:
    whois = ask_tailscale()
    assert [at_once(whois.person(one)) for one in ("127.0.0.1", "::1", "unknown", "testclient")] == [None] * 4
    assert tailscaled.requests == []


async def test_closed_it_answers_from_memory(tailscaled: StubTailscaled, ask_tailscale: OpenTailscale) -> None:
    whois = ask_tailscale()
    await whois.person(V4)
    tailscaled.held = asyncio.Event()
    waiting = asyncio.create_task(whois.person(V6))
    await eventually(lambda: len(tailscaled.requests) == 2)
    await whois.close()
    assert await waiting is None
    assert at_once(whois.person(V4)) == ALICE
    assert at_once(whois.person(V6)) is None
