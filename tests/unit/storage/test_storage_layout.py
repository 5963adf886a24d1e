"""Where things lie, and which names never get that far."""

from contextlib import suppress
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.storage.layout import Layout, RepoFolder, UnsafeName, safe_path

SHA = Digest("sha256", "a" * 64)
GIT = Digest("git", "b" * 40)


@pytest.mark.parametrize(
    ("kind", "repo", "name"),
    [
        (Kind.MODEL, "gpt2", "models--gpt2"),
        (Kind.MODEL, "acme/anvil", "models--acme--anvil"),
        (Kind.DATASET, "acme/bellows", "datasets--acme--bellows"),
        (Kind.SPACE, "acme/shop", "spaces--acme--shop"),
    ],
)
def test_folders_are_named_as_every_hub_library_names_them(kind: Kind, repo: str, name: str) -> None:
    assert RepoFolder(kind, repo).name == name


def test_the_places_in_a_store() -> None:
    layout, folder = Layout(Path("/s")), RepoFolder(Kind.MODEL, "acme/anvil")
    assert layout.blob(folder, SHA) == Path("/s/hub/models--acme--anvil/blobs") / SHA.hex
    assert layout.snapshot(folder, "c" * 40, "a/b.txt") == Path("/s/hub/models--acme--anvil/snapshots/") / (
        "c" * 40 + "/a/b.txt"
    )
    assert layout.ref(folder, "refs/pr/1") == Path("/s/hub/models--acme--anvil/refs/refs/pr/1")
    closed = RepoFolder(Kind.MODEL, "acme/anvil", private=True)
    assert layout.blob(closed, SHA) == Path("/s/.steelyard/private/models--acme--anvil/blobs") / SHA.hex
    assert (closed.elsewhere, folder.elsewhere) == (folder, closed)
    assert layout.part(GIT) == Path("/s/.steelyard/parts") / f"git-{GIT.hex}.part"
    assert layout.quarantine(SHA) == Path("/s/.steelyard/quarantine") / f"sha256-{SHA.hex}"


@pytest.mark.parametrize(
    "name", ["model.bin", ".gitattributes", "a/b/c.txt", "ä ö/ü.txt", "a b", "-", "~", "..x", "x" * 255]
)
def test_ordinary_names_pass(name: str) -> None:
    assert safe_path(name) == PurePosixPath(name)


@given(st.text(alphabet=st.sampled_from("ab./\\: \0\n~é")))
def test_whatever_passes_stays_below_its_folder(name: str) -> None:
    with suppress(UnsafeName):
        path = safe_path(name)
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert str(path) == name


def test_a_refusal_says_what_to_do() -> None:
    with pytest.raises(UnsafeName) as caught:
        safe_path("../" * 100)
    assert caught.value.hint
    assert len(caught.value.detail) < 200
