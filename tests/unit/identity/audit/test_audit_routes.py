"""The audit log over HTTP: pages, filters, and files."""

import csv
import io
import json
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI

from steelyard.db.database import Database
from steelyard.http import problems
from steelyard.identity.audit.routes import create_router
from steelyard.identity.audit.service import AuditLog
from steelyard.identity.audit.shapes import AuditEntryShape, AuditPage
from steelyard.identity.audit.views import AUDIT_FIELDS
from steelyard.testing.clock import HandClock
from tests.unit.identity.audit.conftest import MeetBy, Note

PATH = "/api/v1/audit"


@pytest.fixture
async def http(database: Database, clock: HandClock, meet: MeetBy, note: Note) -> AsyncIterator[httpx2.AsyncClient]:
    """Alice changed ``org/one``, then bob deleted something with a formula for a name."""
    app = FastAPI()
    problems.install(app)
    app.include_router(create_router(AuditLog(database), clock))
    await note(await meet("alice"), "model.change", before={"pinned": False}, after={"pinned": True})
    clock.forward(hours=1)
    await note(await meet("bob"), "model.delete", '=HYPERLINK("x")')
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def test_a_page_is_as_its_shape_says(http: httpx2.AsyncClient) -> None:
    answer = (await http.get(PATH)).json()
    AuditPage.model_validate(answer)
    assert answer["count"] == 2
    deleted, changed = answer["entries"]
    assert tuple(changed) == AUDIT_FIELDS == tuple(AuditEntryShape.model_fields)
    assert changed | {"id": 0} == {
        "id": 0, "timestamp": "2026-01-01T12:00:00.000Z", "username": "alice", "identified_by": "declared",
        "ip_address": "192.0.2.7", "credential": None, "action": "model.change", "subject": "org/one",
        "before": {"pinned": False}, "after": {"pinned": True},
    }  # fmt: skip
    assert (deleted["username"], deleted["before"], deleted["after"]) == ("bob", None, None)


@pytest.mark.parametrize(
    ("query", "who"),
    [
        ({"user": "alice"}, ["alice"]), ({"user": "eve"}, []), ({"action": "model."}, ["bob", "alice"]),
        ({"action": "model.delete"}, ["bob"]), ({"subject": "org/one"}, ["alice"]),
        ({"since": "2026-01-01T13:00:00Z"}, ["bob"]), ({"until": "2026-01-01T13:00:00"}, ["alice"]),
        ({"limit": 1, "offset": 1}, ["alice"]), ({"user": "bob", "subject": "org/one"}, []),
    ],
    ids=str,
)  # fmt: skip
async def test_filters(http: httpx2.AsyncClient, query: dict[str, str], who: list[str]) -> None:
    answer = await http.get(PATH, params=query)
    assert [entry["username"] for entry in answer.json()["entries"]] == who


@pytest.mark.parametrize(
    "query",
    [{"usr": "alice"}, {"action": "model.%"}, {"action": "Model"}, {"action": ""}, {"limit": 0}, {"since": "x"},
     {"format": "xml"}, {"subject": "a\0b"}],
    ids=str,
)  # fmt: skip
async def test_what_cannot_be_meant_is_refused(http: httpx2.AsyncClient, query: dict[str, str]) -> None:
    assert (await http.get(PATH, params=query)).status_code == 422


async def test_a_csv_has_the_changes_as_json_and_no_formulas(http: httpx2.AsyncClient) -> None:
    answer = await http.get(PATH, params={"format": "csv"})
    assert 'filename="steelyard-audit-2026-01-01.csv"' in answer.headers["content-disposition"]
    deleted, changed = csv.DictReader(io.StringIO(answer.text))
    assert deleted["subject"] == """'=HYPERLINK("x")"""
    assert (json.loads(changed["before"]), json.loads(changed["after"])) == ({"pinned": False}, {"pinned": True})
    assert deleted["before"] == ""


async def test_json_and_ndjson(http: httpx2.AsyncClient) -> None:
    whole = (await http.get(PATH, params={"format": "json", "action": "model.change"})).json()
    lines = (await http.get(PATH, params={"format": "ndjson", "limit": 1})).text.splitlines()
    assert (whole["count"], [entry["username"] for entry in whole["entries"]]) == (1, ["alice"])
    assert [json.loads(line)["username"] for line in lines] == ["bob"]
