"""Files over ``/resolve/``: headers, ranges, gates and the other origin."""

import hashlib
from urllib.parse import quote

import aiohttp
import pytest

from steelyard.testing.hub import Blob, StandInHub

SIZE = 600_000  # more than one write
BLOB = Blob(SIZE, 3)
DATA = BLOB.read()


async def test_the_head_of_an_lfs_file(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    commit = hub.add("org/name", {"model.bin": BLOB})
    async with client.head(f"{hub.url}/org/name/resolve/main/model.bin") as answer:
        headers = answer.headers
    sha256 = hashlib.sha256(DATA).hexdigest()
    assert headers["X-Repo-Commit"] == commit
    assert headers["ETag"] == headers["X-Linked-ETag"] == f'"{sha256}"'
    assert headers["X-Linked-Size"] == headers["Content-Length"] == str(SIZE)
    assert headers["Accept-Ranges"] == "bytes"
    assert hub.ledger.bytes_sent() == 0


async def test_a_plain_file_has_its_git_name_and_nothing_linked(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("gpt2", {"hello.txt": b"hello\n"})
    async with client.get(f"{hub.url}/gpt2/resolve/main/hello.txt") as answer:
        assert await answer.read() == b"hello\n"
    assert answer.headers["ETag"] == '"ce013625030ba8dba906f756967f9e9ca394464a"'
    assert "X-Linked-ETag" not in answer.headers


@pytest.mark.parametrize("kind", ["dataset", "space"])
async def test_other_kinds_have_a_prefix(hub: StandInHub, client: aiohttp.ClientSession, kind: str) -> None:
    hub.add("org/name", {"deep/a b%.txt": b"x"}, kind=kind, branch="a/b")
    async with client.get(f"{hub.url}/{kind}s/org/name/resolve/a%2Fb/deep/a%20b%25.txt") as answer:
        assert await answer.read() == b"x"
    request = hub.ledger.requests()[0]
    assert (request.repo, request.file) == (f"{kind}s/org/name", "deep/a b%.txt")


@pytest.mark.parametrize("size", [1000, SIZE])
@pytest.mark.parametrize(
    ("header", "start", "stop"), [("bytes=10-19", 10, 20), ("bytes=900-", 900, None), ("bytes=-7", -7, None)]
)
async def test_ranges_are_honoured(
    hub: StandInHub, client: aiohttp.ClientSession, size: int, header: str, start: int, stop: int | None
) -> None:
    hub.add("org/name", {"model.bin": DATA[:size]})
    async with client.get(f"{hub.url}/org/name/resolve/main/model.bin", headers={"Range": header}) as answer:
        body = await answer.read()
    wanted = DATA[:size][start:stop]
    first = start % size
    assert (answer.status, body) == (206, wanted)
    assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(wanted) - 1}/{size}"
    assert hub.ledger.requests()[0].range == header
    assert hub.ledger.bytes_sent(file="model.bin") == len(wanted)


async def test_a_range_behind_the_end_is_refused(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/name", {"model.bin": b"123"})
    async with client.get(f"{hub.url}/org/name/resolve/main/model.bin", headers={"Range": "bytes=3-"}) as answer:
        assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */3")


async def test_a_range_of_other_bytes_gets_the_whole_file(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/name", {"model.bin": b"123"})
    headers = {"Range": "bytes=1-", "If-Range": '"another"'}
    async with client.get(f"{hub.url}/org/name/resolve/main/model.bin", headers=headers) as answer:
        assert (answer.status, await answer.read()) == (200, b"123")


async def test_the_gate_opens_for_accepted_tokens(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/name", {"a.txt": b"a"}, gated=True)
    hub.tokens.add("hf_good")
    url, seen = f"{hub.url}/org/name/resolve/main/a.txt", []
    for token in ("hf_bad", "hf_good"):
        async with client.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
            seen.append((answer.status, answer.headers.get("X-Error-Code")))
    assert seen == [(401, "GatedRepo"), (200, None)]
    assert [one.authorization for one in hub.ledger.requests()] == ["Bearer hf_bad", "Bearer hf_good"]


async def test_a_redirect_leads_to_another_origin(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/name", {"model.bin": BLOB, "config.json": b"{}"}, gated=True)
    hub.tokens.add("hf_good")
    hub.faults.redirect_to_cdn("org/name/*")
    url, token = f"{hub.url}/org/name/resolve/main", {"Authorization": "Bearer hf_good"}
    async with client.get(f"{url}/model.bin", headers=token, allow_redirects=False) as answer:
        assert answer.status == 302
        assert answer.headers["X-Linked-Size"] == str(SIZE)
        assert answer.headers["Location"].startswith(hub.cdn_url)
    async with client.get(f"{url}/model.bin", headers=token) as answer:
        assert await answer.read() == DATA
    async with client.get(f"{url}/config.json", headers=token, allow_redirects=False) as answer:
        assert answer.status == 200
    assert [one.authorization for one in hub.ledger.requests(origin="cdn")] == [None]


async def test_a_redirect_keeps_odd_names(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    name = "deep/ä (1)+100%&?#.bin"
    hub.add("org/set", {name: b"odd"}, kind="dataset")
    hub.faults.redirect_to_cdn("datasets/org/set/*")
    async with client.get(f"{hub.url}/datasets/org/set/resolve/main/{quote(name)}") as answer:
        assert (answer.status, await answer.read()) == (200, b"odd")
    assert [one.file for one in hub.ledger.requests()] == [name, name]


async def test_the_cdn_wants_the_signature(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/name", {"model.bin": BLOB})
    async with client.get(f"{hub.cdn_url}/org/name/resolve/main/model.bin") as answer:
        assert answer.status == 403
