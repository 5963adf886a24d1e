"""The routes of quotas and approvals: what they take, what they answer, what they refuse."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from steelyard.downloads.approvals.routes import create_router as approval_routes
from steelyard.downloads.approvals.shapes import ApprovalPage, ApprovalShape
from steelyard.downloads.quotas.routes import create_router as quota_routes
from steelyard.downloads.quotas.shapes import QuotaPage, QuotaShape, StandingShape
from steelyard.http import problems
from steelyard.testing.hub import StandInHub
from tests.flows.house import open_house, slug
from tests.flows.quota import approvals, pull, quotas, three_models
from tests.flows.town import Town

EMPTY = {"held_bytes": None, "period_bytes": None, "period_requests": None, "period": "month"}


@pytest.fixture
async def town(hub: StandInHub, home: Path) -> AsyncIterator[Town]:
    """A depot where access is required, and three models."""
    three_models(hub)
    async with open_house(hub, home, server__auth="required") as house:
        town = Town(house)
        await town.settle()
        yield town


class Root:
    """An administrator's client of these routes alone."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def ask(self, method: str, path: str, expect: int = 200, **more: Any) -> dict[str, Any]:
        """The answer's body."""
        answer = await self._http.request(method, f"/api/v1{path}", **more)
        assert answer.status_code == expect, answer.text
        return dict(answer.json()) if answer.content else {}


@asynccontextmanager
async def served(town: Town) -> AsyncIterator[Root]:
    """The routes with nothing before them, asked by root."""
    app, people = FastAPI(), town.house.depot.society.people
    problems.install(app)
    app.include_router(quota_routes(quotas(town), people))
    app.include_router(approval_routes(approvals(town), people))
    headers, transport = {"Authorization": f"Bearer {town.tokens['root']}"}, httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as http:
        yield Root(http)


async def test_quotas_are_set_listed_and_cleared(town: Town) -> None:
    async with served(town) as root:
        await root.ask("PUT", "/quotas/everybody", json={"period_requests": 9, "period": "day"})
        row = await root.ask("PUT", "/quotas/user/bob", json={"held_bytes": "100GB", "period_bytes": 7})
        QuotaShape.model_validate(row)
        assert (row["held_bytes"], row["period_bytes"], row["period"]) == (100_000_000_000, 7, "month")
        assert (row["kind"], row["name"], row["changed_by"]) == ("user", "bob", "root")
        await root.ask("PUT", "/quotas/role/member", json={"held_bytes": 1})
        found = await root.ask("GET", "/quotas")
        QuotaPage.model_validate(found)
        assert [(one["kind"], one["name"]) for one in found["quotas"]] == [
            ("everybody", "everybody"), ("role", "member"), ("user", "bob"),
        ]  # fmt: skip
        stands = await root.ask("GET", "/quotas/users/BOB")
        StandingShape.model_validate(stands)
        assert stands["username"] == "bob"
        assert stands["period_requests"] == {"used": 0, "limit": 9, "period": "day"}
        assert stands["held_bytes"] == {"used": 0, "limit": 100_000_000_000}
        mine = await root.ask("GET", "/quotas/me")
        assert (mine["username"], mine["held_bytes"]["limit"]) == ("root", None)
        for path in ("/quotas/everybody", "/quotas/role/member", "/quotas/user/Bob"):
            await root.ask("DELETE", path, 204)
            assert slug(await root.ask("DELETE", path, 404)) == "quota-missing"
        assert (await root.ask("GET", "/quotas"))["count"] == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/quotas/user/bob", {}),
        ("/quotas/user/bob", EMPTY),
        ("/quotas/role/admin", {"held_bytes": 1}),
        ("/quotas/role/king", {"held_bytes": 1}),
        ("/quotas/team/bob", {"held_bytes": 1}),
        ("/quotas/user/bob", {"held_bytes": -1}),
        ("/quotas/user/bob", {"held_bytes": "much"}),
        ("/quotas/user/bob", {"held_bytes": 1.5}),
        ("/quotas/user/bob", {"period_requests": 2**64}),
        ("/quotas/user/bob", {"held_bytes": 1, "period": "year"}),
        ("/quotas/user/bob", {"held_bytes": 1, "more": 1}),
    ],
    ids=str,
)
async def test_what_is_no_quota_is_refused(town: Town, path: str, body: dict[str, Any]) -> None:
    async with served(town) as root:
        await root.ask("PUT", path, 422, json=body)


async def test_nobody_of_that_name_has_no_standing(town: Town) -> None:
    async with served(town) as root:
        assert slug(await root.ask("GET", "/quotas/users/nobody", 404)) == "nobody-of-that-name"


async def test_approvals_are_listed_and_decided(town: Town) -> None:
    async with served(town) as root:
        await root.ask("PUT", "/quotas/user/bob", json={"held_bytes": 0})
        first, second = [(await pull(town, "bob", f"org/{name}"))["task_id"] for name in ("one", "two")]
        found = await root.ask("GET", "/approvals")
        ApprovalPage.model_validate(found)
        assert [one["task_id"] for one in found["approvals"]] == [first, second]
        assert (found["approvals"][0]["username"], found["approvals"][0]["identified_by"]) == ("bob", "account")
        assert found["approvals"][0]["reasons"] == ["would hold 100 kB of your 0 B"]
        approved = await root.ask("POST", f"/approvals/{first}/approve")
        ApprovalShape.model_validate(approved)
        assert (approved["status"], approved["decided_by"]) == ("approved", "root")
        assert approved["job_id"] is not None
        await root.ask("POST", f"/approvals/{second}/deny", 422)
        await root.ask("POST", f"/approvals/{second}/deny", 422, json={"reason": "  "})
        denied = await root.ask("POST", f"/approvals/{second}/deny", json={"reason": "no"})
        assert (denied["status"], denied["decision_reason"], denied["request_status"]) == ("denied", "no", "denied")
        for task in (first, second):
            assert slug(await root.ask("POST", f"/approvals/{task}/approve", 409)) == "already-decided"
        for status, count in (("waiting", 0), ("approved", 1), ("denied", 1)):
            assert (await root.ask("GET", "/approvals", params={"status": status}))["count"] == count
        await root.ask("GET", "/approvals", 422, params={"status": "lost"})
        assert (await root.ask("GET", f"/approvals/{second}"))["task_id"] == second
        assert slug(await root.ask("GET", "/approvals/nothing", 404)) == "request-missing"
        await town.house.ended(approved["job_id"])
