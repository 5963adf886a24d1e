"""The stand-in hub before the real client: huggingface_hub."""

import asyncio
from hashlib import sha256
from pathlib import Path

import aiohttp
import pytest
from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile, RepoFolder

from steelyard.testing.hub import Blob, Content, StandInHub

WEIGHTS = "deep/model.safetensors"
BLOB = Blob(3_000_000, 7)
FILES: dict[str, Content] = {"config.json": b"{}", "README.md": b"# Read me\n", WEIGHTS: BLOB}


def contents(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


async def download(hub: StandInHub, folder: Path, repo_id: str = "org/name", token: str | None = None) -> Path:
    got = await asyncio.to_thread(
        snapshot_download, repo_id, cache_dir=folder, endpoint=hub.url, token=token or False, max_workers=2
    )
    assert isinstance(got, str)
    return Path(got)


@pytest.mark.parametrize("cdn", [False, True])
@pytest.mark.parametrize("repo_id", ["org/name", "gpt2"])
async def test_a_snapshot_has_the_same_bytes(hub: StandInHub, tmp_path: Path, cdn: bool, repo_id: str) -> None:
    commit = hub.add(repo_id, FILES)
    if cdn:
        hub.faults.redirect_to_cdn("*")
    folder = await download(hub, tmp_path, repo_id)
    assert folder.name == commit
    assert contents(folder) == {**FILES, WEIGHTS: BLOB.read()}
    assert bool(hub.ledger.requests(origin="cdn")) is cdn


async def test_the_token_is_not_sent_to_the_other_origin(hub: StandInHub, tmp_path: Path) -> None:
    hub.add("org/name", FILES, gated=True)
    hub.tokens.add("hf_made_up")
    hub.faults.redirect_to_cdn("*")
    await download(hub, tmp_path, token="hf_made_up")
    assert {one.authorization for one in hub.ledger.requests(origin="cdn")} == {None}
    assert {one.authorization for one in hub.ledger.requests(call="resolve", origin="hub")} == {"Bearer hf_made_up"}


async def test_the_client_goes_on_after_a_cut(hub: StandInHub, tmp_path: Path) -> None:
    hub.add("org/name", FILES)
    hub.faults.cut_after("org/name/deep/*", 1_000_000)
    folder = await download(hub, tmp_path)
    assert contents(folder)[WEIGHTS] == BLOB.read()
    assert len(hub.ledger.requests(method="GET", file=WEIGHTS)) == 2


async def test_the_client_reads_our_metadata(hub: StandInHub) -> None:
    hub.add("org/name", FILES, tag="v1", card={"license": "mit"})
    hub.page_size = 2
    api = HfApi(endpoint=hub.url, token=False)
    info = await asyncio.to_thread(api.model_info, "org/name", files_metadata=True)
    tree = await asyncio.to_thread(lambda: list(api.list_repo_tree("org/name", recursive=True, expand=True)))
    refs = await asyncio.to_thread(api.list_repo_refs, "org/name")
    commits = await asyncio.to_thread(api.list_repo_commits, "org/name")
    paths = await asyncio.to_thread(api.get_paths_info, "org/name", ["deep", "config.json"])
    assert {one.rfilename: one.size for one in info.siblings or []}[WEIGHTS] == 3_000_000
    assert info.card_data is not None
    assert info.card_data.license == "mit"
    assert sorted(one.path for one in tree) == sorted([*FILES, "deep"])
    assert len(hub.ledger.requests(call="tree")) == 2
    assert [one.name for one in refs.tags] == ["v1"]
    assert len(commits) == 1
    assert sorted(one.path for one in paths) == ["config.json", "deep"]


async def test_the_client_reads_our_history_and_references(hub: StandInHub) -> None:
    made = [hub.add("org/name", {"a": b"%d" % number}, tag=f"v{number}") for number in range(5)]
    proposed = hub.add("org/name", {"a": b"x"}, branch="refs/pr/1")
    converted = hub.add("org/name", {"a": b"y"}, branch="refs/convert/parquet")
    hub.commits_page_size = 2
    api = HfApi(endpoint=hub.url, token=False)
    commits = await asyncio.to_thread(api.list_repo_commits, "org/name")
    earlier = await asyncio.to_thread(api.list_repo_commits, "org/name", revision="v1")
    refs = await asyncio.to_thread(api.list_repo_refs, "org/name", include_pull_requests=True)
    plain = await asyncio.to_thread(api.list_repo_refs, "org/name")
    assert [one.commit_id for one in commits] == made[::-1]
    assert [one.commit_id for one in earlier] == made[1::-1]
    assert [(one.ref, one.target_commit) for one in refs.pull_requests or []] == [("refs/pr/1", proposed)]
    assert [(one.ref, one.target_commit) for one in refs.converts] == [("refs/convert/parquet", converted)]
    assert [one.target_commit for one in refs.tags] == made
    assert plain.pull_requests is None


async def test_the_client_reads_our_files_one_by_one(hub: StandInHub) -> None:
    hub.add("org/set", FILES, kind="dataset")
    hub.announce_xet = True
    api = HfApi(endpoint=hub.url, token=False)
    asked = ["deep", "absent", WEIGHTS, "config.json"]
    paths = await asyncio.to_thread(api.get_paths_info, "org/set", asked, repo_type="dataset", expand=True)
    found = {one.path: one for one in paths}
    assert sorted(found) == ["config.json", "deep", WEIGHTS]
    weights, config = found[WEIGHTS], found["config.json"]
    assert isinstance(weights, RepoFile)
    assert isinstance(config, RepoFile)
    assert isinstance(found["deep"], RepoFolder)
    assert weights.lfs is not None
    assert (weights.size, weights.lfs.sha256) == (3_000_000, sha256(BLOB.read()).hexdigest())
    assert (weights.xet_hash is not None, config.xet_hash) == (True, None)


async def test_the_client_checks_its_access(hub: StandInHub) -> None:
    hub.tokens.add("hf_made_up")
    hub.add("org/closed", FILES, gated=True)
    await asyncio.to_thread(HfApi(endpoint=hub.url, token="hf_made_up").auth_check, "org/closed")
    with pytest.raises(GatedRepoError):
        await asyncio.to_thread(HfApi(endpoint=hub.url, token=False).auth_check, "org/closed")


async def test_a_client_that_believes_in_xet_is_led_away(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/name", FILES)
    hub.announce_xet = True
    api = HfApi(endpoint=hub.url, token=False)
    told = await asyncio.to_thread(api.get_hf_file_metadata, url=f"{hub.url}/org/name/resolve/main/{WEIGHTS}")
    assert told.xet_file_data is not None
    async with client.get(told.xet_file_data.refresh_route) as answer:
        assert answer.headers["X-Xet-Cas-Url"].startswith(hub.cdn_url)
    assert hub.xet_hits == 1


async def test_the_client_knows_our_refusals(hub: StandInHub) -> None:
    hub.add("org/name", FILES)
    hub.add("org/closed", FILES, gated=True)
    api = HfApi(endpoint=hub.url, token=False)
    with pytest.raises(RepositoryNotFoundError):
        await asyncio.to_thread(api.model_info, "org/absent")
    with pytest.raises(RevisionNotFoundError):
        await asyncio.to_thread(api.model_info, "org/name", revision="absent")
    with pytest.raises(EntryNotFoundError):
        await asyncio.to_thread(api.get_hf_file_metadata, url=f"{hub.url}/org/name/resolve/main/absent")
    with pytest.raises(GatedRepoError):
        await asyncio.to_thread(api.get_hf_file_metadata, url=f"{hub.url}/org/closed/resolve/main/config.json")


async def test_whoami(hub: StandInHub) -> None:
    hub.tokens.add("hf_made_up")
    who = await asyncio.to_thread(HfApi(endpoint=hub.url, token="hf_made_up").whoami)
    assert who["name"] == "stand-in"
