"""A person asks what is known of them, and to be forgotten: who it was goes, the numbers stay."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from steelyard.catalog.tables import pickles
from steelyard.downloads.tables import requests
from steelyard.identity import store as identity
from steelyard.identity.principal import PrincipalKind
from steelyard.identity.tables import accounts
from steelyard.testing.hub import StandInHub
from tests.flows.house import open_house
from tests.flows.town import Town


@pytest.fixture
async def town(hub: StandInHub, tmp_path: Path) -> AsyncIterator[Town]:
    """Bob has pulled a model."""
    hub.add("org/name", {"config.json": b"{}"})
    async with open_house(hub, tmp_path / "home", server__auth="required") as house:
        town = Town(house)
        await town.settle()
        _, answer = await town.ask("bob", "POST", "/pull", json={"model": "org/name"})
        await house.ended(answer["job_id"])
        yield town


async def test_everything_known_of_a_person_is_told_to_them(town: Town) -> None:
    told = await _export(town, "bob")
    kinds = {line["record"] for line in told}
    assert kinds == {"account", "request", "event"}
    assert {line["username"] for line in told} == {"bob"}
    assert "password_hash" not in json.dumps(told)
    for who, status in (("alice", 403), ("root", 200), (None, 401)):
        assert (await town.ask(who, "GET", "/api/v1/users/bob/export"))[0] == status
    assert (await town.ask("root", "GET", "/api/v1/users/nobody/export"))[0] == 404


async def test_who_is_forgotten_stands_nowhere_and_the_totals_stay(town: Town) -> None:
    for who in ("bob", "alice"):
        assert (await town.ask(who, "POST", "/api/v1/users/bob/forget"))[0] == 403
    before = (await town.ask("root", "GET", "/api/stats"))[1]
    _, model = await town.ask("root", "GET", "/api/models/org/name")
    status, done = await town.ask("root", "POST", "/api/v1/users/bob/forget")
    assert (status, done["requests"], done["models"]) == (200, 1, 1)
    assert done["events"] >= 1
    assert (await town.ask("bob", "GET", "/api/models"))[0] == 401
    for path in (
        "/api/v1/downloads/history", "/api/v1/events?limit=1000", "/jobs", "/api/models/org/name", "/api/stats",
        "/api/v1/principals", "/api/v1/users", "/api/v1/tokens?revoked=true",
    ):  # fmt: skip
        status, shown = await town.ask("root", "GET", path)
        assert (status, "bob" in json.dumps(shown)) == (200, False), path
    after = (await town.ask("root", "GET", "/api/stats"))[1]
    assert after["total_downloads"] == before["total_downloads"]
    assert after["unique_users"] == before["unique_users"]
    _, changed = await town.ask("root", "GET", "/api/models/org/name")
    assert changed["stats"]["download_count"] == model["stats"]["download_count"]
    assert (changed["owner"], changed["downloaded_by"]) == (None, done["pseudonym"])
    _, history = await town.ask("root", "GET", f"/api/v1/downloads/history/user/{done['pseudonym']}")
    assert [line["vpn_ip"] for line in history["requests"]] == ["forgotten"]
    assert (await town.ask("root", "POST", "/api/v1/users/bob/forget"))[0] == 404


async def test_the_last_administrator_is_not_forgotten(town: Town) -> None:
    assert (await town.ask("root", "POST", "/api/v1/users/root/forget"))[0] == 409
    assert (await town.ask("root", "GET", "/api/v1/me"))[1]["username"] == "root"


async def _export(town: Town, name: str) -> list[dict[str, Any]]:
    # One's own account is opened by a session, or a token that was made for it; bob's has every scope.
    headers = {"Authorization": f"Bearer {town.tokens[name]}"}
    answer = await town.house.http.get(f"/api/v1/users/{name}/export", headers=headers)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_whoever_is_called_alike_is_not_forgotten_with_them(town: Town) -> None:
    """A name stands in other places as text; a guest's records are a guest's."""
    database, now = town.house.depot.database, town.house.depot.clock.now()
    status, _ = await town.ask("root", "POST", "/api/v1/users", json={"username": "zed", "role": "member"})
    assert status == 201

    def arrange(connection: Connection) -> int:
        guest = identity.find_or_add(connection, PrincipalKind.TAILNET, "bob@net", "bob", now)
        theirs = select(requests).limit(1)
        row = dict(connection.execute(theirs).one()._mapping)
        row.update(task_id="guest", principal=guest.id, username="bob", vpn_ip="100.64.0.9")
        row.pop("id")
        connection.execute(requests.insert().values(**row))
        connection.execute(update(accounts).where(accounts.c.name == "zed").values(created_by="bob"))
        connection.execute(pickles.insert().values(digest="sha256:0", size=1, allowed_by="bob"))
        return guest.id

    guest = await database.write(arrange)
    _, done = await town.ask("root", "POST", "/api/v1/users/bob/forget")
    assert done["requests"] == 1

    def read(connection: Connection) -> tuple[object, ...]:
        request = connection.execute(select(requests).where(requests.c.principal == guest)).one()
        maker = connection.execute(select(accounts.c.created_by).where(accounts.c.name == "zed")).scalar_one()
        allowed = connection.execute(select(pickles.c.allowed_by)).scalar_one()
        return request.username, request.vpn_ip, maker, allowed, identity.names(connection, {guest})[guest]

    pseudonym = done["pseudonym"]
    assert await database.read(read) == ("bob", "100.64.0.9", pseudonym, pseudonym, "bob")
    _, log = await town.ask("root", "GET", "/api/v1/audit?limit=1000")
    assert "bob" not in json.dumps(log)
