"""What people do to models is written down: by whom, from where, before and after."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.identity.audit.models import AuditEntry, AuditFilter
from steelyard.identity.audit.service import AuditLog
from steelyard.testing.hub import StandInHub
from tests.databases import MakeHome
from tests.flows.house import House, open_house

MODEL = "org/small"
AS_BOB = {"x-steelyard-user": "bob"}


@pytest.fixture
async def house(make_home: MakeHome, tmp_path: Path) -> AsyncIterator[House]:
    """A depot with a model that alice brought."""
    async with StandInHub() as hub:
        hub.add(MODEL, {"config.json": b"{}", "README.md": b"# Small\n"})
        with make_home(tmp_path / "home") as home:
            async with open_house(hub, home, imports__roots=[str(tmp_path)]) as house:
                await house.bring(MODEL, "alice")
                yield house


async def deeds(house: House, wanted: AuditFilter | None = None) -> list[AuditEntry]:
    """What was written down, the earliest first."""
    log = AuditLog(house.depot.database)
    return list(reversed((await log.list_page(wanted or AuditFilter(), 100, 0))[1]))


async def sent(house: House, method: str, path: str, body: dict[str, Any] | None = None, expect: int = 200) -> None:
    answer = await house.http.request(method, path, json=body, headers=AS_BOB)
    assert answer.status_code == expect, answer.text


async def test_a_change_is_written_down_with_what_differs(house: House) -> None:
    body = {"pinned": True, "aliases": ["tiny"], "status": "active", "description": "x" * 5000}
    await sent(house, "PATCH", f"/api/models/{MODEL}", body)
    [entry] = await deeds(house)
    assert (entry.username, entry.identified_by, entry.address) == ("bob", "declared", "127.0.0.1")
    assert (entry.deed.action, entry.deed.subject) == ("model.change", MODEL)
    assert entry.deed.before == {"pinned": False, "aliases": [], "description": None}
    assert entry.deed.after is not None
    assert {**entry.deed.after, "description": ""} == {"pinned": True, "aliases": ["tiny"], "description": ""}


async def test_what_changes_nothing_or_fails_is_not(house: House) -> None:
    await sent(house, "PATCH", f"/api/models/{MODEL}", {"pinned": False, "tags": []})
    await sent(house, "PATCH", "/api/models/org/none", {"pinned": True}, 404)
    await sent(house, "PATCH", f"/api/models/{MODEL}", {"pinned": True})
    await sent(house, "DELETE", f"/api/models/{MODEL}", expect=409)
    await sent(house, "DELETE", f"/api/models/{MODEL}?dry_run=true")
    assert [entry.deed.action for entry in await deeds(house)] == ["model.change"]


async def test_a_deletion_and_a_restore(house: House) -> None:
    await sent(house, "DELETE", f"/api/models/{MODEL}")
    await sent(house, "POST", f"/api/models/{MODEL}/restore")
    await sent(house, "POST", f"/api/models/{MODEL}/restore")  # it is back already
    deleted, restored = await deeds(house)
    assert (deleted.deed.action, restored.deed.action) == ("model.delete", "model.restore")
    assert deleted.deed.before is not None
    assert deleted.deed.after is not None
    assert (deleted.deed.before["status"], deleted.deed.before["owner"]) == ("ready", "alice")
    assert (deleted.deed.after["status"], deleted.deed.after["purge_after"][-1]) == ("deleted", "Z")
    assert restored.deed.before == {"status": "deleted", "deleted_by": "bob"}
    assert restored.deed.after == {"status": "ready"}


async def test_whoever_asks_for_a_deleted_model_brings_it_back(house: House) -> None:
    await sent(house, "DELETE", f"/api/models/{MODEL}")
    await house.pull(MODEL, "carol", expect=200)
    restored = (await deeds(house))[-1]
    assert (restored.username, restored.deed.action) == ("carol", "model.restore")
    assert restored.deed.after == {"status": "ready", "reason": "somebody asked for it"}


async def test_deleting_for_good_is_a_deed_of_its_own(house: House) -> None:
    await sent(house, "DELETE", f"/api/models/{MODEL}?purge=true", expect=202)
    assert [(entry.username, entry.deed.action) for entry in await deeds(house)] == [("bob", "model.purge")]


async def test_an_import_is_written_down_once(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    body = {"path": str(folder), "name": "team/model", "copy": True}
    await sent(house, "POST", "/api/v1/imports", {**body, "dry_run": True})
    assert await deeds(house) == []
    await sent(house, "POST", "/api/v1/imports", body, 202)
    [entry] = await deeds(house, AuditFilter(action="import.start"))
    assert (entry.username, entry.deed.subject, entry.deed.before) == ("bob", str(folder), None)
    assert entry.deed.after is not None
    job = await house.ended(entry.deed.after["job_id"])
    assert entry.deed.after == {"job_id": job.id, "kind": "auto", "name": "team/model", "copy": True}


async def test_verifications_and_scans_that_somebody_starts_are_written_down(house: House) -> None:
    started = set()
    for path in (f"/api/models/{MODEL}/verify", "/api/v1/scans") * 2:  # who comes second may share the job of the first
        answer = await house.http.post(path, headers=AS_BOB)
        started.add((path[-6:], answer.json()["job_id"]))
    written = [(entry.deed.action, entry.deed.subject, entry.username) for entry in await deeds(house)]
    subjects = {"verify": ("model.verify", MODEL, "bob"), "/scans": ("store.scan", "store", "bob")}
    assert sorted(written) == sorted(subjects[kind] for kind, _ in started)
