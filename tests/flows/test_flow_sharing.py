"""The same bytes under another revision or repository: neither fetched nor stored twice."""

from pathlib import Path

from steelyard.core.ref import Kind
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House

WEIGHTS = Blob(2_000_000, 3)
LARGE = "model.safetensors"


def files(word: str) -> dict[str, Content]:
    return {"config.json": f'{{"word": "{word}"}}'.encode(), LARGE: WEIGHTS, "deep/copy.safetensors": WEIGHTS}


def inode(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


async def test_one_fetch_for_two_paths_of_one_revision(hub: StandInHub, house: House) -> None:
    commit = hub.add("org/name", files("a"))
    job = await house.bring("org/name")
    assert sum(one.bytes_sent for one in hub.ledger.requests(method="GET", call="resolve")) == WEIGHTS.size + 13
    seen = house.contents("org/name", commit)
    assert seen[LARGE] == seen["deep/copy.safetensors"] == WEIGHTS.read()
    assert job.progress.downloaded_bytes == job.progress.total_bytes == 2 * WEIGHTS.size + 13
    assert (await house.get("/api/models/org/name"))["size_bytes"] == WEIGHTS.size + 13


async def test_a_second_revision_fetches_no_weights(hub: StandInHub, house: House) -> None:
    first = hub.add("org/name", files("a"))
    await house.bring("org/name")
    hub.ledger.clear()
    second = hub.add("org/name", files("b"))
    await house.bring("org/name")
    assert hub.ledger.bytes_sent(file=LARGE) == hub.ledger.bytes_sent(file="deep/copy.safetensors") == 0
    assert hub.ledger.bytes_sent(file="config.json") == len('{"word": "b"}')
    places = [house.repository("org/name") / "snapshots" / commit / LARGE for commit in (first, second)]
    assert inode(places[0]) == inode(places[1])
    assert house.contents("org/name", first)["config.json"] == b'{"word": "a"}'
    assert house.contents("org/name", second)["config.json"] == b'{"word": "b"}'
    model = await house.get("/api/models/org/name")
    assert model["revisions"] == [second, first]
    assert model["size_bytes"] == WEIGHTS.size + 2 * 13


async def test_a_second_repository_fetches_no_weights(hub: StandInHub, house: House) -> None:
    hub.add("org/one", files("a"))
    await house.bring("org/one")
    hub.ledger.clear()
    commit = hub.add("other/two", files("a"))
    await house.bring("other/two")
    assert hub.ledger.requests(call="resolve") == []
    blobs = (house.repository("org/one") / "blobs").iterdir()
    (one,) = [path for path in blobs if path.stat().st_size == WEIGHTS.size]
    assert inode(one) == inode(house.repository("other/two") / "snapshots" / commit / LARGE)
    assert one.stat().st_nlink == 2
    assert (await house.get("/api/stats"))["total_size_bytes"] == WEIGHTS.size + 13


async def test_a_blob_that_is_gone_from_the_disk_is_fetched_again(hub: StandInHub, house: House) -> None:
    hub.add("org/one", files("a"))
    await house.bring("org/one")
    for blob in (house.repository("org/one") / "blobs").iterdir():
        blob.unlink()
    commit = hub.add("other/two", files("a"))
    await house.bring("other/two")
    assert house.contents("other/two", commit)[LARGE] == WEIGHTS.read()


async def test_a_strangers_file_in_a_blobs_place_is_kept_and_not_believed(hub: StandInHub, house: House) -> None:
    commit = hub.add("org/name", {LARGE: WEIGHTS})
    digest = hub.repos.find(Kind.MODEL, "org/name").at(commit).file(LARGE).sha256
    place = house.repository("org/name") / "blobs" / digest
    place.parent.mkdir(parents=True)
    place.write_bytes(bytes(WEIGHTS.size))
    await house.bring("org/name")
    assert house.contents("org/name", commit) == {LARGE: WEIGHTS.read()}
    (kept,) = (house.store / ".steelyard" / "foreign").iterdir()
    assert kept.read_bytes() == bytes(WEIGHTS.size)


async def test_a_right_file_of_a_stranger_is_adopted(hub: StandInHub, house: House) -> None:
    commit = hub.add("org/name", {LARGE: WEIGHTS})
    digest = hub.repos.find(Kind.MODEL, "org/name").at(commit).file(LARGE).sha256
    place = house.repository("org/name") / "blobs" / digest
    place.parent.mkdir(parents=True)
    place.write_bytes(WEIGHTS.read())
    await house.bring("org/name")
    assert hub.ledger.bytes_sent(file=LARGE) == 0
    assert house.contents("org/name", commit) == {LARGE: WEIGHTS.read()}
