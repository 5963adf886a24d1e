"""The metadata calls, asked by a raw client."""

from typing import Any

import aiohttp
import pytest

from steelyard.testing.hub import StandInHub

FILES = {"config.json": b"{}", "deep/model.bin": b"weights", "deep/er/a.txt": b"a"}


async def get(client: aiohttp.ClientSession, url: str, **options: Any) -> tuple[int, Any, aiohttp.ClientResponse]:
    async with client.get(url, **options) as answer:
        return answer.status, await answer.json(), answer


async def test_info_tells_the_commit_and_the_files(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    commit = hub.add("org/name", FILES, card={"license": "mit"})
    _, body, _ = await get(client, f"{hub.url}/api/models/org/name")
    assert (body["id"], body["sha"], body["gated"]) == ("org/name", commit, False)
    assert [one["rfilename"] for one in body["siblings"]] == ["config.json", "deep/er/a.txt", "deep/model.bin"]
    assert (body["cardData"], body["tags"]) == ({"license": "mit"}, ["license:mit"])


async def test_info_with_blobs_tells_sizes_and_hashes(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("gpt2", FILES, tag="v1", gated=True)
    _, body, _ = await get(client, f"{hub.url}/api/models/gpt2/revision/refs%2Ftags%2Fv1", params={"blobs": "true"})
    plain, _, lfs = body["siblings"]
    assert (plain["size"], "lfs" in plain, lfs["lfs"]["size"], body["gated"]) == (2, False, 7, "auto")


async def test_the_tree_of_a_folder_and_of_everything(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/name", FILES)
    tree = f"{hub.url}/api/models/org/name/tree/main"
    _, root, _ = await get(client, tree)
    _, deep, _ = await get(client, f"{tree}/deep")
    _, whole, _ = await get(client, tree, params={"recursive": "true"})
    assert [(one["path"], one["type"]) for one in root] == [("config.json", "file"), ("deep", "directory")]
    assert [one["path"] for one in deep] == ["deep/er", "deep/model.bin"]
    assert [one["path"] for one in whole] == ["config.json", "deep", "deep/er", "deep/er/a.txt", "deep/model.bin"]
    assert set(deep[1]["lfs"]) == {"oid", "size", "pointerSize"}


async def test_pages_of_the_tree_are_tied_by_absolute_links(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/name", {f"f{number}": b"x" for number in range(5)})
    hub.page_size = 2
    url: str | None = f"{hub.url}/api/models/org/name/tree/main?recursive=true"
    pages: list[list[str]] = []
    while url:
        _, body, answer = await get(client, url)
        pages.append([one["path"] for one in body])
        url = str(answer.links["next"]["url"]) if "next" in answer.links else None
    assert pages == [["f0", "f1"], ["f2", "f3"], ["f4"]]


async def test_paths_info_as_a_form_and_as_json(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/set", FILES, kind="dataset")
    body = {"paths": ["deep", "config.json", "absent"], "expand": "true"}
    form = aiohttp.FormData([("expand", "true"), *(("paths", path) for path in body["paths"])])
    url = f"{hub.url}/api/datasets/org/set/paths-info/main"
    async with client.post(url, data=form) as first, client.post(url, json=body) as second:
        entries = await first.json()
        assert await second.json() == entries
    assert [(one["path"], one["type"]) for one in entries] == [("deep", "directory"), ("config.json", "file")]
    assert all("lastCommit" in one for one in entries)


async def test_refs_and_commits(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    old, new = hub.add("org/name", FILES, tag="v1"), hub.add("org/name", {"config.json": b"[]"})
    _, refs, _ = await get(client, f"{hub.url}/api/models/org/name/refs")
    _, commits, _ = await get(client, f"{hub.url}/api/models/org/name/commits/main")
    assert refs["branches"] == [{"name": "main", "ref": "refs/heads/main", "targetCommit": new}]
    assert refs["tags"] == [{"name": "v1", "ref": "refs/tags/v1", "targetCommit": old}]
    assert [one["id"] for one in commits] == [new, old]
    assert (refs["converts"], "pullRequests" in refs) == ([], False)


async def test_pull_requests_are_listed_when_asked_for(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/name", FILES)
    proposed = hub.add("org/name", {"a": b"1"}, branch="refs/pr/3")
    converted = hub.add("org/name", {"a": b"2"}, branch="refs/convert/parquet")
    _, refs, _ = await get(client, f"{hub.url}/api/models/org/name/refs", params={"include_prs": "1"})
    assert [one["name"] for one in refs["branches"]] == ["main"]
    assert refs["pullRequests"] == [{"name": "3", "ref": "refs/pr/3", "targetCommit": proposed}]
    assert refs["converts"] == [{"name": "parquet", "ref": "refs/convert/parquet", "targetCommit": converted}]
    _, info, _ = await get(client, f"{hub.url}/api/models/org/name/revision/refs%2Fpr%2F3")
    assert info["sha"] == proposed


async def test_pages_of_the_history_are_tied_by_absolute_links(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    made = [hub.add("org/name", {"a": b"%d" % number}) for number in range(5)]
    hub.commits_page_size = 2
    url: str | None = f"{hub.url}/api/models/org/name/commits/main"
    pages: list[list[str]] = []
    while url:
        _, body, answer = await get(client, url)
        pages.append([one["id"] for one in body])
        assert answer.headers["X-Total-Count"] == "5"
        url = str(answer.links["next"]["url"]) if "next" in answer.links else None
    assert pages == [made[:2:-1], made[2:0:-1], made[:1]]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/models/org/absent", "RepoNotFound"),
        ("/api/models/org/name/revision/absent", "RevisionNotFound"),
        ("/api/models/org/name/tree/main/absent", "EntryNotFound"),
        ("/org/name/resolve/main/absent", "EntryNotFound"),
        ("/org/absent/resolve/main/config.json", "RepoNotFound"),
        ("/datasets/org/name/resolve/main/config.json", "RepoNotFound"),
    ],
)
async def test_what_is_absent_has_the_hubs_code(
    hub: StandInHub, client: aiohttp.ClientSession, path: str, code: str
) -> None:
    hub.add("org/name", FILES)
    status, _, answer = await get(client, hub.url + path)
    assert (status, answer.headers["X-Error-Code"]) == (404, code)


async def test_an_absent_file_still_tells_the_commit(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    commit = hub.add("org/name", FILES)
    _, _, answer = await get(client, f"{hub.url}/org/name/resolve/main/absent")
    assert answer.headers["X-Repo-Commit"] == commit


async def test_an_unknown_address_is_a_plain_404(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    status, _, answer = await get(client, f"{hub.url}/nowhere")
    assert (status, "X-Error-Code" in answer.headers) == (404, False)


async def test_whoami_needs_an_accepted_token(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.tokens.add("hf_made_up")
    url = f"{hub.url}/api/whoami-v2"
    without, _, _ = await get(client, url)
    given, body, _ = await get(client, url, headers={"Authorization": "Bearer hf_made_up"})
    assert (without, given, body["type"]) == (401, 200, "user")


async def test_auth_check_of_a_gated_repository(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/name", FILES, gated=True)
    status, _, answer = await get(client, f"{hub.url}/api/models/org/name/auth-check")
    assert (status, answer.headers["X-Error-Code"]) == (401, "GatedRepo")


async def test_what_clients_ask_by_the_way(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    _, harnesses, _ = await get(client, f"{hub.url}/api/agent-harnesses")
    async with client.head(f"{hub.url}/api/telemetry/some/thing") as answer:
        assert answer.status == 200
    assert harnesses == {"standardEnvVars": [], "harnesses": {}}


async def test_xet_is_announced_only_when_asked(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/name", FILES)
    tree = f"{hub.url}/api/models/org/name/tree/main/deep"
    _, before, _ = await get(client, tree)
    hub.announce_xet = True
    _, after, _ = await get(client, tree)
    async with client.head(f"{hub.url}/org/name/resolve/main/deep/model.bin") as answer:
        token = str(answer.links["xet-auth"]["url"])
        assert answer.headers["X-Xet-Hash"] == after[1]["xetHash"]
    assert "xetHash" not in before[1]
    assert hub.xet_hits == 0
    _, access, _ = await get(client, token)
    assert access["casUrl"].startswith(hub.cdn_url)
    assert hub.xet_hits == 1


async def test_whoever_goes_to_the_xet_store_is_noted(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/name", FILES)
    _, access, _ = await get(client, f"{hub.url}/api/models/org/name/xet-read-token/main")
    for ask in (client.get, client.post):
        async with ask(f"{access['casUrl']}/v2/reconstructions/abc") as answer:
            assert answer.status == 404
    assert [one.method for one in hub.ledger.requests(call="cas", origin="cdn")] == ["GET", "POST"]
    assert hub.xet_hits == 3


async def test_xet_is_in_every_kind_of_description(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/name", FILES)
    hub.announce_xet = True
    url = f"{hub.url}/api/models/org/name"
    _, info, _ = await get(client, url, params={"blobs": "true"})
    async with client.post(f"{url}/paths-info/main", json={"paths": list(FILES)}) as answer:
        paths = await answer.json()
    assert info["xetEnabled"] is True
    for listed in (info["siblings"], paths):
        assert ["xetHash" in one for one in listed] == ["lfs" in one for one in listed]
        assert any("xetHash" in one for one in listed)


async def test_a_private_repository_is_hidden_without_a_token(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.tokens.add("hf_made_up")
    hub.add("org/name", FILES, private=True)
    for path in ("/api/models/org/name", "/org/name/resolve/main/config.json"):
        status, _, answer = await get(client, hub.url + path)
        assert (status, answer.headers["X-Error-Code"]) == (404, "RepoNotFound")
    known = {"Authorization": "Bearer hf_made_up"}
    _, info, _ = await get(client, f"{hub.url}/api/models/org/name", headers=known)
    assert info["private"] is True
