"""Pushing with the stock client: what comes in is a model like any other."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from steelyard.testing.hub import StandInHub
from steelyard.testing.weights import Tensor, safetensors_bytes
from tests.flows.house import House, contents, serve_house
from tests.flows.pushing import Pusher
from tests.flows.town import Town


@pytest.fixture
async def served(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    """A house with a namespace for the team."""
    async with serve_house(hub, home, mirror__namespaces=["team"]) as house:
        yield house


@pytest.fixture
def alice(served: House, tmp_path: Path) -> Pusher:
    """She has her own door."""
    return Pusher(served, tmp_path, "/u/alice/hf")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small model on her disk."""
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(safetensors_bytes({"a": Tensor((4, 4))}))
    (folder / "large.dat").write_bytes(os.urandom(3_000_000))
    (folder / "sub" / "words.txt").write_text("one two")
    (folder / "config.json").write_text('{"model_type": "llama"}')
    (folder / "README.md").write_text("---\nlicense: mit\n---\nOurs.")
    return folder


async def test_a_folder_is_pushed_and_is_a_model_like_any_other(
    alice: Pusher, served: House, folder: Path, tmp_path: Path
) -> None:
    done = await alice.hf("upload", "team/ours", str(folder))
    assert done.code == 0, done.err
    model = await served.get("/api/models/team/ours")
    assert (model["source"], model["owner"], model["status"]) == ("depot", "alice", "ready")
    assert (model["license"], model["format"], model["architecture"]) == ("mit", "safetensors", "llama")
    listed = (await served.get("/api/models", source="depot"))["models"]
    assert [one["model"] for one in listed] == ["team/ours"]
    shown = served.contents("team/ours", model["revision"])
    assert shown.keys() == {file["path"] for file in model["files"]}
    assert {path: shown[path] for path in contents(folder)} == contents(folder)
    assert (served.repository("team/ours") / "refs" / "main").read_text() == model["revision"]
    fetched = tmp_path / "fetched"
    done = await alice.hf("download", "team/ours", "--local-dir", str(fetched))
    assert done.code == 0, done.err
    assert (fetched / "large.dat").read_bytes() == (folder / "large.dat").read_bytes()
    assert not list((served.store / ".steelyard" / "uploads").rglob("*"))


async def test_the_stores_folder_serves_it_with_no_depot(
    alice: Pusher, served: House, folder: Path, tmp_path: Path
) -> None:
    assert (await alice.hf("upload", "team/ours", str(folder))).code == 0
    nowhere = Pusher(served, tmp_path, "/nowhere")
    found = await nowhere.does(f"""
        from huggingface_hub import snapshot_download
        place = snapshot_download("team/ours", cache_dir={str(served.store / "hub")!r}, local_files_only=True)
        found["words"] = Path(place, "sub/words.txt").read_text()
    """)
    assert found == {"words": "one two"}


async def test_everything_that_changes_a_repository_works(alice: Pusher, served: House) -> None:
    found = await alice.does("""
        name = "team/ours"
        url = api.create_repo(name)
        found["url"] = [url.repo_id, url.repo_type]
        api.create_repo(name, exist_ok=True)
        found["twice"] = refused(api.create_repo, name)
        api.upload_file(path_or_fileobj=b"w" * 2_000_000, path_in_repo="w/large", repo_id=name)
        head = api.upload_file(path_or_fileobj=b"hello", path_in_repo="a.txt", repo_id=name).oid
        done = api.create_commit(
            name,
            [
                CommitOperationAdd("b.txt", b"bee"), CommitOperationDelete("a.txt"),
                CommitOperationCopy("w/large", "w/copy"),
            ],
            commit_message="title", commit_description="more", parent_commit=head,
        )
        found["stale"] = refused(
            api.create_commit, name, [CommitOperationAdd("c", b"c")], commit_message="t", parent_commit=head
        )
        found["files"] = api.list_repo_files(name)
        found["commits"] = [[one.title, one.message, one.authors] for one in api.list_repo_commits(name)][:1]
        api.create_branch(name, branch="dev/one")
        api.upload_file(path_or_fileobj=b"dev", path_in_repo="dev.txt", repo_id=name, revision="dev/one")
        api.create_tag(name, tag="v1", tag_message="first", revision="dev/one")
        refs = api.list_repo_refs(name)
        found["refs"] = [[one.name for one in refs.branches], [one.name for one in refs.tags]]
        found["tagged"] = api.list_repo_files(name, revision="v1")
        api.delete_tag(name, tag="v1")
        api.delete_branch(name, branch="dev/one")
        found["absent"] = refused(api.delete_file, "nothing", name)
        api.delete_file("b.txt", name)
        api.delete_folder("w", name)
        found["left"] = api.list_repo_files(name)
        found["moved"] = refused(api.move_repo, name, "team/other")
        found["elsewhere"] = refused(api.create_repo, "google/bert")
        found["own"] = str(api.create_repo("mine").repo_id)
        found["dataset"] = api.create_repo("team/data", repo_type="dataset").repo_id
        api.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id="team/data", repo_type="dataset")
        api.update_repo_settings(name, private=True)
        found["private"] = api.model_info(name).private
        api.delete_repo(name)
        found["gone"] = refused(api.model_info, name)
    """)
    assert found["url"] == ["team/ours", "model"]
    assert "409" in found["twice"]
    assert "here already" in found["twice"]
    assert "by now" in found["stale"]
    assert found["files"] == [".gitattributes", "b.txt", "w/copy", "w/large"]
    assert found["commits"] == [["title", "more", ["alice"]]]
    assert found["refs"] == [["dev/one", "main"], ["v1"]]
    assert found["tagged"] == [".gitattributes", "b.txt", "dev.txt", "w/copy", "w/large"]
    assert found["absent"].startswith("RemoteEntryNotFoundError")
    assert found["left"] == [".gitattributes"]
    assert "does not rename" in found["moved"]
    assert "team/..." in found["elsewhere"]
    assert (found["own"], found["dataset"], found["private"]) == ("alice/mine", "team/data", True)
    assert found["gone"].startswith("RepositoryNotFoundError")
    trash = await served.get("/api/models", status="deleted")
    assert [one["model"] for one in trash["models"]] == ["team/ours"]
    assert (await served.get("/api/models/datasets/team/data"))["kind"] == "dataset"


async def test_pushing_the_same_again_sends_nothing(alice: Pusher, served: House, folder: Path) -> None:
    assert (await alice.hf("upload", "team/ours", str(folder))).code == 0
    before = (await served.get("/api/models/team/ours"))["revision"]
    done = await alice.hf("upload", "team/ours", str(folder))
    assert done.code == 0, done.err
    assert (await served.get("/api/models/team/ours"))["revision"] == before
    (folder / "sub" / "words.txt").write_text("three")
    (folder / "config.json").unlink()
    assert (await alice.hf("upload", "team/ours", str(folder), "--delete", "config.json")).code == 0
    after = await served.get("/api/models/team/ours")
    assert {file["path"] for file in after["files"]} == {
        ".gitattributes", "README.md", "large.dat", "model.safetensors", "sub/words.txt",
    }  # fmt: skip
    assert after["revisions"][:2] == [after["revision"], before]


async def test_without_the_variable_the_client_says_what_to_set(served: House, folder: Path, tmp_path: Path) -> None:
    xet = Pusher(served, tmp_path, "/u/alice/hf", xet=True)
    done = await xet.hf("upload", "team/ours", str(folder))
    assert done.code != 0
    assert "HF_HUB_DISABLE_XET=1" in done.err + done.out


async def test_a_signed_in_member_pushes_with_a_token_alone(hub: StandInHub, home: Path, tmp_path: Path) -> None:
    async with serve_house(hub, home, server__auth="required", mirror__namespaces=["team"]) as house:
        town = Town(house)
        await town.settle()
        bob = Pusher(house, tmp_path, token=town.tokens["bob"])
        found = await bob.does("""
            found["url"] = api.create_repo("mine", private=True).repo_id
            api.upload_file(path_or_fileobj=b"w" * 2_000_000, path_in_repo="large", repo_id="bob/mine")
            found["files"] = api.list_repo_files("bob/mine")
        """)
        assert found == {"url": "bob/mine", "files": [".gitattributes", "large"]}
        vera = Pusher(house, tmp_path, token=town.tokens["vera"])
        found = await vera.does("""
            found["create"] = refused(api.create_repo, "mine")
            found["see"] = refused(api.model_info, "bob/mine")
        """)
        assert "403" in found["create"]
        assert "'member'" in found["create"]
        assert found["see"].startswith("RepositoryNotFoundError")
