"""A repository's JSON, as every client reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from huggingface_hub import hf_api

from steelyard.catalog.models import EntryName, File
from steelyard.core.ref import Kind
from steelyard.dialects.huggingface.info import expanded, info, read_expand
from tests.unit.dialects.huggingface.files_made import COMMIT, git_file, lfs_file

# huggingface_hub does not annotate these
model_info: Any = hf_api.ModelInfo
dataset_info: Any = hf_api.DatasetInfo
space_info: Any = hf_api.SpaceInfo

FILES = [lfs_file("model.safetensors"), git_file("a.json")]
DOCUMENT = {
    "_id": "621ffdc0",
    "id": "other/name",
    "sha": "d" * 40,
    "private": False,
    "gated": "manual",
    "downloads": 7,
    "tags": ["pytorch"],
    "likes": None,
    "createdAt": "2022-03-02T23:29:04.000Z",
    "xetEnabled": True,
    "config": {"architectures": ["X"], "deep": [{"xetHash": "f" * 64, "kept": 1}]},
    "siblings": [{"rfilename": "old", "xetHash": "f" * 64}],
}


@dataclass(frozen=True)
class Showing:
    kind: Kind = Kind.MODEL
    repo: str = "org/name"
    commit: str = COMMIT
    files: Sequence[File] = tuple(FILES)
    document: Mapping[str, Any] = field(default_factory=dict)
    gated: bool = False
    private: bool = False

    @property
    def name(self) -> EntryName:
        return EntryName("huggingface", self.kind, self.repo)


def keys_at_any_depth(value: object) -> list[str]:
    if isinstance(value, Mapping):
        return [*map(str, value), *(key for item in value.values() for key in keys_at_any_depth(item))]
    return [key for item in value for key in keys_at_any_depth(item)] if isinstance(value, list) else []


def test_a_model_that_nobody_described() -> None:
    found = model_info(**info(Showing()))
    assert (found.id, found.sha, found.private, found.gated, found.disabled) == (
        "org/name",
        COMMIT,
        False,
        False,
        False,
    )
    assert (found.downloads, found.likes, found.tags, found.author) == (0, 0, [], "org")
    assert found.siblings is not None
    assert [one.rfilename for one in found.siblings] == ["a.json", "model.safetensors"]


@pytest.mark.parametrize("blobs", [True, False])
def test_datasets_and_spaces_too(blobs: bool) -> None:
    data = dataset_info(**info(Showing(Kind.DATASET, "squad"), blobs=blobs))
    assert (data.id, data.sha, data.author, data.downloads) == ("squad", COMMIT, None, 0)
    space = space_info(**info(Showing(Kind.SPACE), blobs=blobs))
    assert (space.id, space.sha, space.likes) == ("org/name", COMMIT, 0)


@pytest.mark.parametrize("key", ["private", "gated", "disabled", "downloads", "likes", "tags", "siblings", "modelId"])
def test_elder_clients_find_what_they_read_without_a_default(key: str) -> None:
    assert key in info(Showing())


def test_siblings_with_blobs() -> None:
    found = model_info(**info(Showing(), blobs=True))
    assert found.siblings is not None
    plain, large = found.siblings
    assert (plain.size, plain.blob_id, plain.lfs) == (2, FILES[1].digest.hex, None)
    assert large.lfs is not None
    assert (large.lfs.sha256, large.lfs.size, large.lfs.pointer_size) == (FILES[0].digest.hex, 548_123_560, 134)
    assert large.blob_id != large.lfs.sha256


def test_the_hubs_own_words_are_kept_but_for_what_we_know_better() -> None:
    body = info(Showing(document=DOCUMENT, gated=True, private=True))
    assert (body["id"], body["sha"], body["private"], body["gated"]) == ("org/name", COMMIT, True, "manual")
    assert (body["downloads"], body["tags"], body["likes"]) == (7, ["pytorch"], 0)
    assert body["siblings"] == [{"rfilename": "a.json"}, {"rfilename": "model.safetensors"}]
    assert model_info(**body).created_at == datetime(2022, 3, 2, 23, 29, 4, tzinfo=UTC)


def test_the_gate() -> None:
    assert info(Showing(document=DOCUMENT))["gated"] is False
    assert info(Showing(gated=True))["gated"] == "auto"


def test_nothing_of_xet_at_any_depth() -> None:
    body = info(Showing(document=DOCUMENT), blobs=True)
    assert not [key for key in keys_at_any_depth(body) if "xet" in key.lower()]
    assert body["config"] == {"architectures": ["X"], "deep": [{"kept": 1}]}


def test_moments_stand_in_for_those_the_hub_did_not_tell() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    found = model_info(**info(Showing(document=DOCUMENT), created=moment, modified=moment))
    assert found.created_at == datetime(2022, 3, 2, 23, 29, 4, tzinfo=UTC)
    assert found.last_modified == moment


def test_expand_keeps_what_was_asked_for() -> None:
    wanted = read_expand([("expand[]", "siblings"), ("expand", "gated"), ("expand", "xetEnabled"), ("blobs", "true")])
    assert wanted == ("siblings", "gated", "xetEnabled")
    body = expanded(info(Showing()), wanted)
    assert set(body) == {"id", "siblings", "gated"}
    assert model_info(**body).sha is None
    assert expanded(body, ()) == body
