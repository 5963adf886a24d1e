"""The pages of numbers over the real services: what they show of what happened, and to whom."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.chatting import ECHOES, MODEL, body, weights
from tests.flows.house import open_house
from tests.flows.town import Town

HTML = {"Accept": "text/html"}


@pytest.fixture
async def town(hub: StandInHub, home: Path) -> AsyncIterator[Town]:
    """A depot with accounts and a parrot of alice's, whom alice and bob have asked."""
    hub.add(MODEL, {"parrot-Q8_0.gguf": weights()})
    async with open_house(hub, home, server__auth="required", limits__reads_per_second=0, **ECHOES) as house:
        town = Town(house)
        await town.settle()
        await town.bring("alice", MODEL)
        for who in ("alice", "bob"):
            await town.ask(who, "POST", "/chat", json=body())
        yield town


async def page(town: Town, who: str, path: str) -> str:
    """The content of a page as somebody sees it, without the frame, which has their own name."""
    headers = {**HTML, "Authorization": f"Bearer {town.tokens[who]}"}
    answer = await town.house.http.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text.partition("<main")[2]


async def test_uses_are_counted_at_once(town: Town) -> None:
    text = await page(town, "root", "/insights")
    assert f'href="/models/{MODEL}"' in text
    assert "<td>alice</td>" not in text  # names stand beside their bars
    for name in ("alice", "bob"):
        assert f"{name}, {MODEL}: " in text
    used = await page(town, "root", f"/models/{MODEL}")
    assert "Nobody has used it" not in used
    assert 'alice <span class="quiet">' in used.partition('id="usage"')[2]


async def test_members_see_their_own_numbers_and_not_those_of_others(town: Town) -> None:
    text = await page(town, "bob", "/insights")
    assert f"bob, {MODEL}: " in text
    assert "alice" not in text
    assert "alice <span" not in (await page(town, "bob", f"/models/{MODEL}")).partition('id="usage"')[2]


async def test_a_private_model_is_in_nobody_elses_numbers(town: Town) -> None:
    await town.ask("alice", "PATCH", f"/api/models/{MODEL}", json={"private": True})
    assert MODEL not in await page(town, "bob", "/insights")
    assert MODEL in await page(town, "alice", "/insights")


async def test_a_zone_that_nobody_knows_is_refused(town: Town) -> None:
    assert (await town.ask("bob", "GET", "/insights?tz=Mars/Olympus", headers=HTML))[0] == 422
    assert (await town.ask("bob", "GET", "/insights?tz=Asia/Kathmandu", headers=HTML))[0] == 200
    assert (await town.ask(None, "GET", "/insights", headers=HTML))[0] == 303
