"""What the library asks about repositories, and the errors that it makes of our refusals."""

import re
from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.hub import Blob
from steelyard.testing.weights import Tensor, safetensors_bytes
from tests.clients.place import DIRECT, Files, Place, bytes_of
from tests.clients.programs import Answer, Client

WORDS_OF_XET = re.compile(r"[^, ]*xet[^, ]*: [^,}]*", re.IGNORECASE)
HEAD = safetensors_bytes({"a.weight": Tensor((64, 32))}, {"format": "pt"})
FILES: Files = {
    "config.json": b"{}",
    "model.safetensors": HEAD,
    "onnx/model.onnx": Blob(20_000, seed=8),
    "onnx/x.txt": b"x",
}


def test_lists(place: Place, client: Client) -> None:
    model = f"lists-{client.venv}/m"
    first = place.hub.add(model, {"config.json": b"{ }"}, tag="v1")
    commit = place.hub.add(model, FILES)
    this = {"repo_id": model}
    files, tree, folder, deep, paths, refs, commits, info = client.ask(
        ("list_repo_files", this),
        ("list_repo_tree", this),
        ("list_repo_tree", {**this, "path_in_repo": "onnx"}),
        ("list_repo_tree", {**this, "recursive": True, "expand": True}),
        ("get_paths_info", {**this, "paths": ["model.safetensors", "onnx", "not-there"]}),
        ("list_repo_refs", this),
        ("list_repo_commits", this),
        ("model_info", {**this, "files_metadata": True}),
    )
    assert sorted(files.got) == sorted(FILES)
    assert paths_of(tree) == ["config.json", "model.safetensors", "onnx"]
    assert paths_of(folder) == ["onnx/model.onnx", "onnx/x.txt"]
    assert paths_of(deep) == sorted([*FILES, "onnx"])
    assert paths_of(paths) == ["model.safetensors", "onnx"]
    assert [(one["name"], one["target_commit"]) for one in refs.got["branches"]] == [("main", commit)]
    assert [(one["name"], one["target_commit"]) for one in refs.got["tags"]] == [("v1", first)]
    assert [one["commit_id"] for one in commits.got] == [commit, first]
    assert info.got["sha"] == commit
    sizes = {one["rfilename"]: one["size"] for one in info.got["siblings"]}
    assert sizes == {path: len(bytes_of(content)) for path, content in FILES.items()}
    told = str([tree.got, deep.got, paths.got, info.got])
    assert [word for word in WORDS_OF_XET.findall(told) if not word.endswith("None")] == []


def test_yes_and_no(place: Place, client: Client) -> None:
    model = f"yes-{client.venv}/m"
    place.hub.add(model, FILES)
    at = [{"filename": name} for name in ("config.json", "absent.json")]
    there, absent, known, unknown, branch, no_branch = client.ask(
        *[("file_exists", {"repo_id": model, **one}) for one in at],
        ("repo_exists", {"repo_id": model}),
        ("repo_exists", {"repo_id": f"{model}-absent"}),
        ("revision_exists", {"repo_id": model, "revision": "main"}),
        ("revision_exists", {"repo_id": model, "revision": "absent"}),
    )
    answers = [there, absent, known, unknown, branch, no_branch]
    assert [one.got for one in answers] == [True, False, True, False, True, False]
    allowed, refused = client.ask(("auth_check", {"repo_id": model}), ("auth_check", {"repo_id": f"{model}-absent"}))
    assert (allowed.error, refused.error) == (None, "RepositoryNotFoundError")


def test_refusals(place: Place, client: Client) -> None:
    model, closed = f"refusals-{client.venv}/m", f"refusals-{client.venv}/closed"
    place.hub.add(model, FILES)
    place.hub.add(closed, FILES, gated=True)
    one: dict[str, Any] = {"repo_id": model, "filename": "config.json"}
    no_repo, no_revision, no_file, gated, gone = client.ask(
        ("hf_hub_download", {**one, "repo_id": f"{model}-absent"}),
        ("hf_hub_download", {**one, "revision": "absent"}),
        ("hf_hub_download", {**one, "filename": "absent.json"}),
        ("hf_hub_download", {**one, "repo_id": closed}),
        ("snapshot_download", {"repo_id": f"{model}-absent"}),
    )
    assert no_repo.error == gone.error == "RepositoryNotFoundError", (no_repo, gone)
    assert no_revision.error == "RevisionNotFoundError"
    assert no_file.error in {"EntryNotFoundError", "RemoteEntryNotFoundError"}
    assert gated.error == "GatedRepoError"
    assert list(client.home.glob("hf/hub/*/.no_exist/*/absent.json"))  # told the commit, it does not ask again
    command = client.hf("download", f"{model}-absent")
    assert command.code != 0
    assert "not found" in command.err.lower()


def test_parts_of_files(place: Place, client: Client) -> None:
    model = f"parts-{client.venv}/m"
    big = Blob(2_000_000, seed=4)
    place.hub.add(model, {**FILES, "big.parquet": big})
    listed, cut, head = client.ask(
        ("fs.ls", {"path": model, "detail": False}),
        ("fs.cat_file", {"path": f"{model}/big.parquet", "start": 1_000_000, "end": 1_000_064}),
        ("get_safetensors_metadata", {"repo_id": model}),
    )
    assert sorted(listed.got) == sorted(
        f"{model}/{name}" for name in ("big.parquet", "config.json", "model.safetensors", "onnx")
    )
    assert cut.got.encode("latin-1") == big.read()[1_000_000:1_000_064]
    assert list(head.got["files_metadata"]) == ["model.safetensors"]
    assert head.got["parameter_count"] == {"F32": 64 * 32}


def test_more_files_than_a_page(place: Place, client: Client) -> None:
    model = f"pages-{client.venv}/m"
    many = {f"data/{number:04}.txt": b"%d" % number for number in range(1100)}
    place.hub.add(model, many)
    (files, tree) = client.ask(
        ("list_repo_files", {"repo_id": model}), ("list_repo_tree", {"repo_id": model, "recursive": True})
    )
    assert sorted(files.got) == sorted(many)
    assert paths_of(tree) == sorted([*many, "data"])


def test_verify_and_dry_run(place: Place, newest: Client) -> None:
    model = "verify/m"
    commit = place.hub.add(model, FILES)
    (dry,) = newest.ask(("snapshot_download", {"repo_id": model, "dry_run": True}))
    assert sorted(one["filename"] for one in dry.got) == sorted(FILES)
    assert {one["commit_hash"] for one in dry.got} == {commit}
    assert newest.hf("download", model).code == 0
    assert newest.hf("cache", "verify", model).code == 0
    blob = next((newest.home / "hf" / "hub").glob("models--verify--m/snapshots/*/model.safetensors")).resolve()
    spoil(blob)
    assert newest.hf("cache", "verify", model).code != 0


def test_who_am_i(place: Place, client: Client) -> None:
    if DIRECT:
        place.hub.tokens.add("hf_of_alice")
    (who,) = client.at("known", HF_TOKEN="hf_of_alice").ask(("whoami", {}))
    assert who.got["type"] == "user"
    assert client.at("known", HF_TOKEN="hf_of_alice").hf("auth", "whoami").code == 0


def test_too_many_requests_are_waited_for(place: Place, client: Client) -> None:
    """No client waits at the first of its questions, and the oldest never does: so the depot waits for them."""
    if DIRECT and client.venv == "hf036":
        pytest.skip("it does not wait")
    model = f"waiting-{client.venv}/m"
    place.hub.add(model, FILES)
    words = ([] if DIRECT else [f"api:{model}/revision"]) + [f"api:{model}/tree", f"{model}/config.json"]
    for pattern in words:
        place.hub.faults.status(pattern, 429, headers={"Retry-After": "1"}, method="GET")
    assert client.snapshot(model)["config.json"] == b"{}"


def paths_of(answer: Answer) -> list[str]:
    """The paths of a listing, in order of the alphabet."""
    return sorted(one["path"] for one in answer.got)


def spoil(file: Path) -> None:
    """Turn its last byte around."""
    data = bytearray(file.read_bytes())
    data[-1] ^= 0xFF
    file.chmod(0o644)
    file.write_bytes(data)
