"""Addresses of people: after a day's work nothing in the depot's records or logs tells more than the settings allow."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import Connection, inspect, text

from steelyard.app import create_app
from steelyard.db.database import Database
from steelyard.testing.hub import StandInHub
from tests.databases import MakeHome
from tests.flows.house import House, open_house

MODEL = "org/small"
ADDRESS, NETWORK, NEIGHBOUR = "203.0.113.77", "203.0.113.0/24", "203.0.113.78"


@asynccontextmanager
async def visited(make_home: MakeHome, home: Path, mode: str) -> AsyncIterator[tuple[House, httpx2.AsyncClient]]:
    """A depot, and somebody from ``ADDRESS`` who has pulled, changed and deleted a model, with a name and without."""
    async with StandInHub() as hub:
        hub.add(MODEL, {"config.json": b"{}", "README.md": b"# Small\n"})
        with make_home(home) as there:
            async with open_house(hub, there, privacy__addresses=mode) as house:
                transport = httpx2.ASGITransport(app=create_app(house.depot), client=(ADDRESS, 5))
                async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
                    await _work(house, http)
                    yield house, http


async def _work(house: House, http: httpx2.AsyncClient) -> None:
    for body in ({"model": MODEL, "username": "alice"}, {"model": MODEL}):
        answer = await http.post("/pull", json=body)
        assert answer.status_code in {200, 202}, answer.text
        if answer.json()["job_id"] is not None:
            await house.ended(answer.json()["job_id"])
    for method, path, pinned in (
        ("PATCH", f"/api/models/{MODEL}", True), ("GET", f"/api/models/{MODEL}", None),
        ("PATCH", f"/api/models/{MODEL}", False), ("DELETE", f"/api/models/{MODEL}", None),
        ("POST", f"/api/models/{MODEL}/restore", None), ("GET", "/api/models/org/none", None),
        ("GET", f"/api/v1/downloads/history/ip/{ADDRESS}", None),
    ):  # fmt: skip
        answer = await http.request(method, path, json=None if pinned is None else {"pinned": pinned})
        assert answer.status_code in {200, 404}


@pytest.mark.parametrize("mode", ["truncate", "hash", "off"])
async def test_no_record_and_no_log_line_has_the_address(
    make_home: MakeHome, tmp_path: Path, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "steelyard"):
        async with visited(make_home, tmp_path / "home", mode) as (house, _):
            for database in (house.depot.database, house.depot.usage_log):
                assert await _tables_with(database, ADDRESS) == []
    assert caplog.records
    assert not any(ADDRESS in repr(vars(record)) for record in caplog.records)


async def test_in_full_it_stands_where_it_is_looked_for(make_home: MakeHome, tmp_path: Path) -> None:
    """So that the test above would find it."""
    async with visited(make_home, tmp_path / "home", "full") as (house, _):
        found = {
            table
            for database in (house.depot.database, house.depot.usage_log)
            for table in await _tables_with(database, ADDRESS)
        }
        assert found == {"audit_log", "catalog_entries", "download_requests", "principals", "usage_words"}


@pytest.mark.parametrize(
    ("mode", "shown", "found_by", "not_found_by"),
    [
        ("full", ADDRESS, [ADDRESS], [NEIGHBOUR, NETWORK]), ("truncate", NETWORK, [ADDRESS, NEIGHBOUR, NETWORK], []),
        ("hash", "h~", [ADDRESS], [NEIGHBOUR]), ("off", "hidden", ["hidden"], [ADDRESS, NEIGHBOUR]),
    ],
)  # fmt: skip
async def test_what_is_shown_instead_and_what_finds_it(
    make_home: MakeHome, tmp_path: Path, mode: str, shown: str, found_by: list[str], not_found_by: list[str]
) -> None:
    async with visited(make_home, tmp_path / "home", mode) as (_, http):
        seen = await _shown(http)
        assert len(seen) == 1
        assert seen.pop().startswith(shown)
        for asked in (*found_by, *not_found_by):
            history = await http.get("/api/v1/downloads/history", params={"ip": asked})
            events = await http.get("/api/v1/events", params={"ip": asked})
            assert (history.json()["count"], events.json()["count"] > 0) == (
                (2, True) if asked in found_by else (0, False)
            )
        by_path = await http.get(f"/api/v1/downloads/history/ip/{ADDRESS}")
        assert by_path.json()["count"] == (2 if ADDRESS in found_by else 0)


async def _shown(http: httpx2.AsyncClient) -> set[str]:
    """Every address that the history, the access log and the audit log show."""
    history = (await http.get("/api/v1/downloads/history")).json()["requests"]
    events = (await http.get("/api/v1/events")).json()["events"]
    audit = (await http.get("/api/v1/audit", params={"action": "model."})).json()["entries"]
    assert len(history) == 2
    assert [entry["action"] for entry in reversed(audit)] == [
        "model.change", "model.change", "model.delete", "model.restore",
    ]  # fmt: skip
    return {row["vpn_ip"] for row in history} | {row["ip_address"] for row in [*events, *audit]}


async def _tables_with(database: Database, words: str) -> list[str]:
    """The tables of which some row has these words in it."""

    def look(connection: Connection) -> list[str]:
        names = inspect(connection).get_table_names()
        rows = {name: connection.execute(text(f'SELECT * FROM "{name}"')).all() for name in names}  # noqa: S608
        return [name for name, found in rows.items() if any(words in repr(tuple(row)) for row in found)]

    return await database.read(look)
