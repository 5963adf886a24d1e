"""The mirror over what came to the shelf by other ways, and over a store that strangers touch."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, open_house
from tests.flows.importing import bring, fill_cache, write
from tests.flows.mirroring import (
    LARGE,
    MODEL,
    AheadClock,
    Client,
    all_ended,
    asked,
    fetched,
    history,
    jobs_of,
    stats,
    stored,
)

alone = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # no SQL of its own
WEIGHTS = Blob(300_000, 100)
FILES: dict[str, Content] = {"config.json": b'{"a": 1}', LARGE: WEIGHTS, "deep/er/notes.txt": b"notes"}
RIGHT = {"config.json": b'{"a": 1}', LARGE: WEIGHTS.read(), "deep/er/notes.txt": b"notes"}


@pytest.fixture
def ahead() -> AheadClock:
    """The clock of the house."""
    return AheadClock()


@pytest.fixture
async def house(hub: StandInHub, home: Path, ahead: AheadClock) -> AsyncIterator[House]:
    """A depot in front of the hub."""
    async with open_house(hub, home, clock=ahead) as house:
        yield house


def blob(house: House, commit: str, file: str = LARGE, model: str = MODEL) -> Path:
    """Where the bytes of a file lie."""
    return (house.repository(model) / "snapshots" / commit / file).resolve()


@alone
async def test_a_folder_that_was_imported(hub: StandInHub, house: House, tmp_path: Path) -> None:
    await bring(house, write(tmp_path / "folder", FILES), name="team/own")
    client = Client(house)
    assert await client.snapshot("team/own") == RIGHT
    told = (await client.info("team/own")).json()
    assert (told["id"], len(told["sha"]), told["private"], told["gated"]) == ("team/own", 40, False, False)
    assert sorted(one["rfilename"] for one in told["siblings"]) == sorted(FILES)
    assert await client.snapshot("team/own", told["sha"]) == RIGHT
    names = [one["name"] for one in (await client.refs("team/own")).json()["branches"]]
    assert "main" in names
    commits = (await client.ask("GET", "/api/models/team/own/commits/main")).json()
    assert [one["id"] for one in commits] == [told["sha"]]
    assert (await client.head(model="team/own", revision="v9")).headers["X-Error-Code"] == "RevisionNotFound"
    assert asked(hub) == []
    assert (await stats(house, "team/own"))["download_count"] == 1


@alone
async def test_a_cache_that_was_imported(hub: StandInHub, house: House, tmp_path: Path, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    await fill_cache(hub, tmp_path / "cache", MODEL, "config.json")
    await bring(house, tmp_path / "cache")
    hub.ledger.clear()
    assert (await Client(house).get("config.json")).content == b'{"a": 1}'
    assert fetched(hub) == []
    assert await Client(house).snapshot() == RIGHT
    await all_ended(house, ahead)
    assert await stored(house) == set(RIGHT)
    assert {one.file for one in fetched(hub)} == {LARGE, "deep/er/notes.txt"}


@alone
async def test_what_was_pulled(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, FILES)
    await house.bring(MODEL)
    hub.ledger.clear()
    client = Client(house)
    for revision in ("main", commit):
        assert await client.snapshot(revision=revision) == RIGHT
    assert asked(hub) == []
    assert len(await jobs_of(house)) == 1


async def test_what_was_pulled_in_part(hub: StandInHub, house: House, ahead: AheadClock) -> None:
    commit = hub.add(MODEL, FILES)
    await house.bring(MODEL, include=["config.json"])
    hub.ledger.clear()
    client = Client(house).named("bob")
    assert (await client.get("config.json")).content == b'{"a": 1}'
    assert asked(hub) == []
    assert await client.snapshot() == RIGHT
    await all_ended(house, ahead)
    assert sorted(one.file or "" for one in fetched(hub)) == ["deep/er/notes.txt", LARGE]
    assert house.contents(MODEL, commit) == RIGHT
    assert [line["username"] for line in await history(house)] == ["bob", "alice"]
    assert (await house.get(f"/api/models/{MODEL}"))["status"] == "ready"


async def test_a_pull_on_its_way_and_the_mirror_share_it(hub: StandInHub, house: House, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    hub.faults.throttle(f"{MODEL}/{LARGE}", 300_000)
    answer = await house.pull(MODEL)
    assert await Client(house).named("bob").snapshot() == RIGHT
    await house.ended(answer["job_id"])
    await all_ended(house, ahead)
    assert len(fetched(hub, LARGE)) == 1
    assert sorted(line["username"] for line in await history(house)) == ["alice", "bob"]
    assert {line["status"] for line in await history(house)} == {"completed"}
    assert (await stats(house))["download_count"] == 2


@alone
async def test_after_a_pull_by_the_mirror_the_rest_is_pulled(hub: StandInHub, house: House, ahead: AheadClock) -> None:
    commit = hub.add(MODEL, {**FILES, LARGE: Blob(1_500_000, 101)})
    await Client(house).get("config.json")
    await all_ended(house, ahead)
    assert await stored(house) == {"config.json", "deep/er/notes.txt"}
    hub.ledger.clear()
    await house.bring(MODEL)
    assert house.contents(MODEL, commit)[LARGE] == Blob(1_500_000, 101).read()
    assert [one.file for one in fetched(hub)] == [LARGE]


@alone
@pytest.mark.parametrize("harm", ["gone", "other bytes", "cut"])
async def test_what_a_stranger_harms_comes_again(hub: StandInHub, house: House, ahead: AheadClock, harm: str) -> None:
    commit = hub.add(MODEL, FILES)
    client = Client(house)
    await client.snapshot()
    await all_ended(house, ahead)
    place = blob(house, commit)
    place.chmod(0o644)
    if harm == "gone":
        place.unlink()
    elif harm == "cut":
        place.write_bytes(RIGHT[LARGE][:1000])
    else:
        place.write_bytes(b"x" * WEIGHTS.size)
    hub.ledger.clear()
    ahead.forward(minutes=1)
    assert (await client.get()).content == RIGHT[LARGE]
    await all_ended(house, ahead)
    assert asked(hub) == [f"GET resolve {LARGE}"]
    assert blob(house, commit).read_bytes() == RIGHT[LARGE]
    assert (await house.get(f"/api/models/{MODEL}"))["status"] == "ready"
    assert (await client.get()).content == RIGHT[LARGE]
    assert len(fetched(hub)) == 1


async def test_what_is_lost_of_a_folder_is_said_to_be(hub: StandInHub, house: House, tmp_path: Path) -> None:
    await bring(house, write(tmp_path / "folder", FILES), name="team/own")
    commit = (await Client(house).info("team/own")).json()["sha"]
    blob(house, commit, model="team/own").unlink()
    answer = await Client(house).get(model="team/own")
    assert answer.status_code in {404, 409, 503}, answer.text
    assert answer.headers["X-Error-Message"]
    assert (await Client(house).get("config.json", "team/own")).content == b'{"a": 1}'
    assert asked(hub) == []


@alone
async def test_a_store_that_is_away(hub: StandInHub, house: House, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    await Client(house).snapshot()
    await all_ended(house, ahead)
    away = house.store.with_name("away")
    house.store.rename(away)
    try:
        answer = await Client(house).get()
        assert answer.status_code == 503, answer.text
        assert answer.headers["X-Error-Message"]
        assert str(house.store) not in answer.text
    finally:
        away.rename(house.store)
    assert (await Client(house).get()).content == RIGHT[LARGE]


@alone
async def test_names_and_kinds(hub: StandInHub, house: House, ahead: AheadClock) -> None:
    commit = hub.add("gpt2", FILES, branch="refs/pr/1")
    hub.add("gpt2", FILES)
    hub.add("org/data", {"data/a b&c.parquet": b"rows"}, kind="dataset")
    hub.add("org/app", {"app.py": b"print()"}, kind="space")
    client = Client(house)
    assert await client.snapshot("gpt2") == RIGHT
    assert (await client.head(model="gpt2", revision="refs%2Fpr%2F1")).headers["X-Repo-Commit"] == commit
    data = "data/a%20b%26c.parquet"
    for path, content in (
        (f"/datasets/org/data/resolve/main/{data}", b"rows"), ("/spaces/org/app/resolve/main/app.py", b"print()"),
    ):  # fmt: skip
        for _ in ("cold", "warm"):
            assert (await client.ask("HEAD", path)).headers["Content-Length"] == str(len(content))
            assert (await client.ask("GET", path)).content == content
    listed = (await client.ask("GET", "/api/datasets/org/data/tree/main?recursive=true")).json()
    assert [entry["path"] for entry in listed] == ["data", "data/a b&c.parquet"]
    assert (await client.ask("GET", "/api/spaces/org/app")).json()["id"] == "org/app"
    assert (await client.info("org/data")).status_code == 404
    await all_ended(house, ahead)


@alone
async def test_a_renamed_repository_is_found_by_both_names(hub: StandInHub, house: House, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    await Client(house).snapshot()
    await all_ended(house, ahead)
    assert (await house.http.patch(f"/api/models/{MODEL}", json={"aliases": ["short"]})).status_code == 200
    hub.ledger.clear()
    assert await Client(house).snapshot("short") == RIGHT
    assert set(asked(hub)) == {"GET revision"}  # it might have been the hub's
