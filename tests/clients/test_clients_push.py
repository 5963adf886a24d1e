"""Pushing with every huggingface_hub: the same calls, the same ends."""

import os
from pathlib import Path

import pytest

from tests.clients.place import Place
from tests.clients.programs import Call, Client, contents

PUSHED = {"README.md", "config.json", "large.dat", "sub/words.txt"}
NEEDS_IT = "hf2"  # without HF_HUB_DISABLE_XET it knows no other way than Xet


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small model on somebody's disk."""
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "large.dat").write_bytes(os.urandom(3_000_000))
    (folder / "config.json").write_text('{"model_type": "llama"}')
    (folder / "README.md").write_text("---\nlicense: mit\n---\nOurs.")
    (folder / "sub" / "words.txt").write_text("one two")
    return folder


def seat(place: Place, client: Client, person: str, **more: str) -> Client:
    """Somebody who pushes below their own name, one for each client: all share one depot."""
    return client.at(person, place.endpoint_of(f"{person}-{client.venv}"), **more)


def test_everything_that_changes_a_repository(place: Place, client: Client, folder: Path, depot_only: None) -> None:
    repo = f"paula-{client.venv}/ours"
    named = {"repo_id": repo}
    calls: list[Call] = [
        ("create_repo", {**named, "exist_ok": True}),
        ("upload_folder", {**named, "folder_path": str(folder)}),
        ("list_repo_files", named),
        ("create_branch", {**named, "branch": "dev/one"}),
        ("upload_file", {
            **named, "path_or_fileobj": str(folder / "large.dat"), "path_in_repo": "more", "revision": "dev/one",
        }),
        ("create_tag", {**named, "tag": "v1", "revision": "dev/one"}),
        ("list_repo_files", {**named, "revision": "v1"}),
        ("delete_file", {**named, "path_in_repo": "config.json"}),
        ("delete_folder", {**named, "path_in_repo": "sub"}),
        ("list_repo_files", named),
        ("delete_tag", {**named, "tag": "v1"}),
        ("delete_branch", {**named, "branch": "dev/one"}),
        ("update_repo_settings", {**named, "private": True}),
        ("create_repo", {"repo_id": "google/ours"}),
        ("delete_file", {**named, "path_in_repo": "nothing"}),
        ("move_repo", {"from_id": repo, "to_id": f"{repo}-2"}),
        ("delete_repo", named),
        ("list_repo_files", named),
    ]  # fmt: skip
    said = seat(place, client, "paula", HF_HUB_DISABLE_XET="1").ask(*calls)
    ends = {number: answer.error for number, answer in enumerate(said) if answer.error is not None}
    assert set(ends) == {13, 14, 15, 17}, [answer for answer in said if answer.error]
    assert set(said[2].got) == PUSHED | {".gitattributes"}
    assert set(said[6].got) == PUSHED | {".gitattributes", "more"}
    assert set(said[9].got) == {".gitattributes", "README.md", "large.dat"}
    assert "namespace" in said[13].message
    assert "EntryNotFoundError" in str(said[14].error)
    assert "does not rename" in said[15].message
    assert said[17].error == "RepositoryNotFoundError"
    model = place.get("/api/models", status="deleted", q=repo)["models"][0]
    assert (model["model"], model["owner"], model["source"]) == (repo, f"paula-{client.venv}", "depot")


def test_up_and_down_again(place: Place, client: Client, folder: Path, tmp_path: Path, depot_only: None) -> None:
    olaf = seat(place, client, "olaf", HF_HUB_DISABLE_XET="1")
    done = olaf.hf("upload", "mine", str(folder))
    assert done.code == 0, done.err
    repo = f"olaf-{client.venv}/mine"
    before = place.get(f"/api/models/{repo}")["revision"]
    assert olaf.hf("upload", "mine", str(folder)).code == 0
    assert place.get(f"/api/models/{repo}")["revision"] == before
    got = olaf.at("other").snapshot(repo)
    assert {path: got[path] for path in PUSHED} == contents(folder)


def test_without_the_variable(place: Place, client: Client, folder: Path, depot_only: None) -> None:
    done = seat(place, client, "petra").hf("upload", "mine", str(folder))
    if client.venv == NEEDS_IT:
        assert done.code != 0
        assert "set-HF_HUB_DISABLE_XET=1-and-push-again" in done.out + done.err
    else:
        assert done.code == 0, done.err
