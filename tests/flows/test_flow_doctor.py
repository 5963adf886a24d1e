"""``steelyard doctor --mirror`` before a real depot, over real sockets."""

import asyncio
from pathlib import Path

import pytest

from steelyard.cli.mirror.asker import HttpAsker
from steelyard.cli.mirror.examine import examine
from steelyard.cli.mirror.finding import Finding
from steelyard.cli.mirror.place import places
from steelyard.cli.mirror.seat import seat_of
from steelyard.cli.mirror.survey import observe
from steelyard.testing.hub import StandInHub
from steelyard.testing.hub.content import Blob
from tests.flows.house import House, serve_house

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # it sees nothing of the database
MODEL = "org/tiny"
FINE = {
    "reachable", "mirror", "redirects", "error codes", "model", "xet", "links", "headers", "ranges", "compression",
    "time-outs", "buffering",
}  # fmt: skip


async def look(
    house: House, door: str = "/hf", token: str | None = None, model: str | None = None
) -> dict[str, Finding]:
    """What the doctor finds, by name."""

    def examined() -> dict[str, Finding]:
        with HttpAsker() as asker:
            seen = observe(asker, seat_of({}, token), places(f"{house.http.base_url}".rstrip("/") + door), model)
        return {finding.name: finding for finding in examine(seen)}

    return await asyncio.to_thread(examined)


def of(found: dict[str, Finding], level: str) -> set[str]:
    return {name for name, finding in found.items() if finding.level == level}


@pytest.fixture
def hub(hub: StandInHub) -> StandInHub:
    """It announces Xet, as the real one does."""
    hub.announce_xet = True
    hub.add(MODEL, {"config.json": b"{}", "model.safetensors": Blob(2 << 20)})
    return hub


async def test_a_depot_has_no_fault(hub: StandInHub, home: Path) -> None:
    async with serve_house(hub, home) as house:
        await house.bring(MODEL)
        hub.ledger.clear()
        found = await look(house)

    assert of(found, "ok") == FINE
    assert of(found, "warning") == {"token", "HF_ENDPOINT"}
    assert hub.ledger.requests(call="resolve") == []  # files that are here are not fetched again


async def test_a_personal_address_has_none_either(hub: StandInHub, home: Path) -> None:
    async with serve_house(hub, home) as house:
        await house.bring(MODEL)
        found = await look(house, "/u/bob/hf", token="hf_of_the_hub")

    assert of(found, "ok") == FINE | {"token"}
    assert "bob" in found["token"].detail
    assert not any("hf_of_the_hub" in str(one.headers) for one in hub.ledger.requests())


async def test_weights_that_are_not_here_are_not_brought(hub: StandInHub, home: Path) -> None:
    async with serve_house(hub, home) as house:
        found = await look(house, model=MODEL)

    assert of(found, "error") == set()
    assert [one for one in hub.ledger.requests(call="resolve") if one.file == "model.safetensors"] == []


async def test_a_depot_that_wants_to_know_who_asks(hub: StandInHub, home: Path) -> None:
    async with serve_house(hub, home, server__auth="required") as house:
        found = await look(house)

    assert of(found, "error") == {"token"}
    assert found["mirror"].level == "ok"


async def test_a_wrong_public_address(hub: StandInHub, home: Path) -> None:
    async with serve_house(hub, home, server__public_url="https://models.example.org/lab") as house:
        await house.bring(MODEL)
        found = await look(house)

    assert of(found, "error") == {"links"}
    assert "https://models.example.org/lab/hf" in found["links"].detail


async def test_nginx_that_is_meant_to_send_the_files_and_is_not_there(hub: StandInHub, home: Path) -> None:
    near = {"server__trusted_proxies": ["127.0.0.1"]}
    async with serve_house(hub, home, mirror__accel_redirect="/steelyard-files/", **near) as house:
        await house.bring(MODEL)
        found = await look(house)

    assert found["accel"].level == "error"


async def test_a_depot_that_is_offline(hub: StandInHub, home: Path) -> None:
    async with serve_house(hub, home) as house:
        await house.bring(MODEL)
    async with serve_house(hub, home, mirror__offline=True) as house:
        hub.ledger.clear()
        found = await look(house)

    assert of(found, "error") == set()
    assert of(found, "ok") == FINE - {"error codes"}
    assert hub.ledger.requests() == []
