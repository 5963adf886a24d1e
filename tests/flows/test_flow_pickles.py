"""Files that can run code: scanned before anybody sees them, held back, let out, put back."""

import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, update

from steelyard.catalog.models import FileState
from steelyard.catalog.tables import files, pickles
from steelyard.core.digest import Digest
from steelyard.testing.hub import StandInHub
from tests.flows.house import House, eventually, open_house, slug
from tests.flows.importing import bring
from tests.pickles import EVIL, GOOD, STATE, torch_zip

MODEL, OTHER, FILE = "org/name", "org/other", "pytorch_model.bin"


def quarantine(house: House) -> list[Path]:
    """What waits."""
    return list((house.store / ".steelyard" / "quarantine").iterdir())


async def states(house: House, model: str = MODEL) -> dict[str, str]:
    """Each file's state."""
    return {file["path"]: file["state"] for file in (await house.get(f"/api/models/{model}"))["files"]}


async def allow(house: House, model: str = MODEL, expect: int = 200, **body: Any) -> dict[str, Any]:
    """``POST …/allow``."""
    answer = await house.http.post(f"/api/models/{model}/allow", json=body)
    assert answer.status_code == expect, answer.text
    return dict(answer.json())


async def disallow(house: House, model: str = MODEL, expect: int = 200) -> dict[str, Any]:
    """``DELETE …/allow``."""
    answer = await house.http.delete(f"/api/models/{model}/allow")
    assert answer.status_code == expect, answer.text
    return dict(answer.json())


async def scan_finds_nothing(house: House) -> None:
    """The whole store is as the tables say."""
    answer = await house.http.post("/api/v1/scans")
    await house.ended(answer.json()["job_id"])
    assert (await house.get("/api/v1/findings"))["findings"] == []


@pytest.mark.parametrize("kind", GOOD)
async def test_what_passes_is_published(hub: StandInHub, house: House, kind: str) -> None:
    commit = hub.add(MODEL, {"config.json": b"{}", FILE: GOOD[kind]})
    await house.bring(MODEL)
    model = await house.get(f"/api/models/{MODEL}")
    assert (model["status"], model["problems"]) == ("ready", [])
    assert house.contents(MODEL, commit) == {"config.json": b"{}", FILE: GOOD[kind]}
    assert quarantine(house) == []
    assert (await house.get(f"/api/models/{MODEL}/exists", file=FILE))["exists"] is True
    await scan_finds_nothing(house)


@pytest.mark.parametrize("kind", EVIL)
async def test_what_does_not_pass_waits_and_says_why(hub: StandInHub, house: House, kind: str) -> None:
    commit = hub.add(MODEL, {"config.json": b"{}", FILE: EVIL[kind]})
    await house.bring(MODEL)
    model = await house.get(f"/api/models/{MODEL}")
    assert model["status"] == "quarantined"
    assert len(model["problems"]) == 1
    assert model["problems"][0].startswith(f"{FILE}: it imports ")
    assert set(house.contents(MODEL, commit)) == {"config.json"}
    assert [path.read_bytes() for path in quarantine(house)] == [EVIL[kind]]
    assert (await house.get(f"/api/models/{MODEL}/exists"))["exists"] is False
    await scan_finds_nothing(house)


async def test_an_administrator_lets_it_out_and_puts_it_back(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, {FILE: EVIL["os.system"]})
    await house.bring(MODEL)
    model = await allow(house, reason="our own training run")
    assert model["status"] == "ready"
    [line] = model["problems"]
    assert line.startswith(f"{FILE}: it imports posix.system; ")
    assert line.endswith("allowed it: our own training run")
    assert house.contents(MODEL, commit) == {FILE: EVIL["os.system"]}
    blob = (house.repository(MODEL) / "snapshots" / commit / FILE).resolve()
    assert (stat.S_IMODE(blob.stat().st_mode), blob.stat().st_nlink) == (0o444, 1)
    assert quarantine(house) == []
    await scan_finds_nothing(house)
    model = await disallow(house)
    assert (model["status"], model["problems"]) == ("quarantined", [f"{FILE}: it imports posix.system"])
    assert house.contents(MODEL, commit) == {}
    assert not blob.exists()
    assert [path.read_bytes() for path in quarantine(house)] == [EVIL["os.system"]]
    await scan_finds_nothing(house)
    verified = await house.post(f"/api/models/{MODEL}/verify", expect=202)
    await house.ended(verified["job_id"])
    assert (await house.get("/api/v1/checks"))["checks"][0]["right"] == 1


async def test_an_allowance_needs_a_reason_and_something_to_allow(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, {FILE: GOOD["plain"]})
    await house.bring(MODEL)
    for body in ({}, {"reason": ""}, {"reason": " "}, {"reason": "x" * 501}, {"reason": "a\nb"}):
        await allow(house, expect=422, **body)
    assert slug(await allow(house, expect=409, reason="why not")) == "nothing-held"
    assert slug(await disallow(house, expect=409)) == "nothing-held"
    assert slug(await allow(house, "org/none", expect=404, reason="x")) == "model-missing"


async def test_the_same_bytes_in_another_model_follow(hub: StandInHub, house: House) -> None:
    first = hub.add(MODEL, {FILE: EVIL["eval"]})
    second = hub.add(OTHER, {"weights.pt": EVIL["eval"]})
    await house.bring(MODEL)
    await house.bring(OTHER)
    assert len(quarantine(house)) == 1
    await allow(house, reason="checked by hand")
    for model, commit, name in ((MODEL, first, FILE), (OTHER, second, "weights.pt")):
        assert house.contents(model, commit) == {name: EVIL["eval"]}
    assert quarantine(house) == []
    await disallow(house, OTHER)
    assert (await states(house), await states(house, OTHER)) == ({FILE: "quarantined"}, {"weights.pt": "quarantined"})
    assert len(quarantine(house)) == 1
    await scan_finds_nothing(house)


async def test_what_is_shown_elsewhere_is_taken_from_there(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, {FILE: GOOD["torch zip"]})
    second = hub.add(OTHER, {FILE: GOOD["torch zip"]})
    await house.bring(MODEL)
    await house.bring(OTHER)
    assert len(hub.ledger.requests(file=FILE, method="GET")) == 1
    assert house.contents(OTHER, second) == {FILE: GOOD["torch zip"]}
    assert quarantine(house) == []


async def test_allowed_bytes_under_a_harmless_name_stay_when_they_are_put_back(hub: StandInHub, house: House) -> None:
    first = hub.add(MODEL, {"data.gguf": EVIL["eval"]})
    await house.bring(MODEL)
    second = hub.add(OTHER, {FILE: EVIL["eval"]})
    await house.bring(OTHER)
    await allow(house, OTHER, reason="x")
    await disallow(house, OTHER)
    assert house.contents(MODEL, first) == {"data.gguf": EVIL["eval"]}
    assert house.contents(OTHER, second) == {}


async def test_a_folder_with_both_is_imported(house: House, tmp_path: Path) -> None:
    source = tmp_path / "folder"
    source.mkdir()
    (source / "good.bin").write_bytes(GOOD["torch zip"])
    (source / "evil.bin").write_bytes(EVIL["torch zip"])
    await bring(house, source, name="team/both")
    model = await house.get("/api/models/team/both")
    assert {file["path"]: file["state"] for file in model["files"]} == {"evil.bin": "quarantined", "good.bin": "stored"}
    assert model["problems"] == ["evil.bin: it imports posix.system"]
    assert [path.read_bytes() for path in quarantine(house)] == [EVIL["torch zip"]]
    await scan_finds_nothing(house)


async def test_what_an_earlier_version_left_in_quarantine_is_looked_at(hub: StandInHub, tmp_path: Path) -> None:
    """As before there were scans: in quarantine by its suffix, and nothing known about it."""
    hub.add(MODEL, {FILE: GOOD["torch zip"]})
    async with open_house(hub, tmp_path / "home") as house:
        await house.bring(MODEL)
        await forget_all(house)
        assert (await states(house))[FILE] == "quarantined"
    async with open_house(hub, tmp_path / "home") as house:
        for _ in range(200):
            if (await states(house))[FILE] == "stored":
                break
            await asyncio.sleep(0.05)
        model = await house.get(f"/api/models/{MODEL}")
        assert (model["status"], model["problems"]) == ("ready", [])
        await eventually(lambda: _is_empty(house), "nothing waits any more")


async def _is_empty(house: House) -> bool:
    """What is stored already is taken out of the quarantine a moment later."""
    return quarantine(house) == []


async def forget_all(house: House) -> None:
    """Put the tables and the disk back to how a depot without scans has them."""
    rows = await house.depot.database.read(lambda c: list(c.execute(files.select())))
    digest = Digest.parse(rows[0].digest)
    repository = house.repository(MODEL)
    blob = repository / "blobs" / digest.hex
    blob.rename(house.depot.storage.layout.quarantine(digest))
    for link in (repository / "snapshots").rglob("*.bin"):
        link.unlink()

    def forget(connection: Connection) -> None:
        connection.execute(delete(pickles))
        connection.execute(update(files).values(state=int(FileState.QUARANTINED)))

    await house.depot.database.write(forget)


async def test_two_pickles_one_behind_the_other_and_a_bad_one_last(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, {FILE: GOOD["plain"] + EVIL["eval"], "ok.bin": torch_zip(STATE)})
    await house.bring(MODEL)
    assert await states(house) == {FILE: "quarantined", "ok.bin": "stored"}
    assert (await house.get(f"/api/models/{MODEL}"))["status"] == "ready"
