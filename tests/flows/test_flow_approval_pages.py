"""What administrators decide on the page of requests that wait, over the real services."""

from pathlib import Path

import pytest
from starlette.requests import Request

from steelyard.downloads.approvals.service import AlreadyDecided
from steelyard.pages.approvals import ApprovalPages
from steelyard.pages.checked import BadForm
from steelyard.testing.hub import StandInHub
from tests.flows.house import open_house
from tests.flows.quota import SIZE, approvals, limit, pull, three_models
from tests.flows.town import Town


def request_of(town: Town, who: str) -> Request:
    """A request of somebody who shows a token."""
    headers = [(b"authorization", f"Bearer {town.tokens[who]}".encode())]
    return Request({"type": "http", "headers": headers, "client": ("127.0.0.1", 1)})


async def test_what_waits_is_approved_or_denied(hub: StandInHub, home: Path) -> None:
    three_models(hub)
    async with open_house(hub, home, server__auth="required") as house:
        town = Town(house)
        await town.settle()
        await limit(town, held_bytes=SIZE - 1)
        pages, root = ApprovalPages(approvals(town), house.depot.society.people), request_of(town, "root")
        first, second = [(await pull(town, "bob", f"org/{name}"))["task_id"] for name in ("one", "two")]
        total, cases = await pages.waiting(0, 1, root)
        assert (total, [case["task_id"] for case in cases]) == (2, [first])
        assert cases[0]["reasons"]
        assert [case["task_id"] for case in (await pages.waiting(1, 5, root))[1]] == [second]
        with pytest.raises(BadForm, match="reason"):
            await pages.decide(second, "", root, agreed=False)
        await pages.decide(first, "", root, agreed=True)
        await pages.decide(second, "too big", root, agreed=False)
        assert await pages.waiting(0, 5, root) == (0, [])
        with pytest.raises(AlreadyDecided):
            await pages.decide(second, "", root, agreed=True)
        status, asked = await town.ask("bob", "GET", f"/api/v1/downloads/request/{second}")
        assert (status, asked["status"], asked["error"]) == (200, "denied", "too big")
        status, asked = await town.ask("bob", "GET", f"/api/v1/downloads/request/{first}")
        assert asked["status"] != "awaiting_approval"
