"""Bytes, and the names git and LFS give them."""

import hashlib
from pathlib import Path

import pytest

from steelyard.testing.hub.content import MIB, Blob, ContentStore, git_blob_oid, is_lfs


def test_a_blob_is_the_same_every_time_and_differs_by_seed() -> None:
    assert Blob(MIB + 7, 1).read() == Blob(MIB + 7, 1).read()
    assert Blob(MIB + 7, 1).read() != Blob(MIB + 7, 2).read()


def test_a_blob_is_as_long_as_it_says_in_pieces_of_a_mebibyte() -> None:
    assert [len(chunk) for chunk in Blob(2 * MIB + 5).chunks()] == [MIB, MIB, 5]
    assert Blob(0).read() == b""


def test_the_blocks_of_a_blob_differ() -> None:
    first, second = Blob(2 * MIB).chunks()
    assert first != second


def test_git_names_a_file_as_git_does() -> None:
    assert git_blob_oid(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"  # git hash-object


@pytest.mark.parametrize(
    ("path", "size", "expected"),
    [
        ("model.safetensors", 3, True),
        ("deep/MODEL.GGUF", 3, True),
        ("config.json", MIB, False),
        ("tokenizer.json", MIB + 1, True),
    ],
)
def test_what_goes_into_lfs(path: str, size: int, expected: bool) -> None:
    assert is_lfs(path, size) is expected


def test_kept_bytes_lie_under_their_hash(tmp_path: Path) -> None:
    file = ContentStore(tmp_path).keep("model.bin", b"weights")
    assert file.location == tmp_path / hashlib.sha256(b"weights").hexdigest()
    assert file.location.read_bytes() == b"weights"
    assert file.etag == file.sha256


def test_a_plain_file_is_known_by_its_git_name(tmp_path: Path) -> None:
    file = ContentStore(tmp_path).keep("config.json", b"{}")
    assert file.etag == git_blob_oid(b"{}")


def test_an_lfs_file_is_a_pointer_to_git(tmp_path: Path) -> None:
    data = b"weights"
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(data).hexdigest()}\nsize 7\n"
    assert ContentStore(tmp_path).keep("model.bin", data).git_oid == git_blob_oid(text.encode())


def test_a_path_is_served_where_it_lies(tmp_path: Path) -> None:
    given = tmp_path / "given.bin"
    given.write_bytes(b"weights")
    assert ContentStore(tmp_path / "store").keep("model.bin", given).location == given
    assert not (tmp_path / "store").exists()


def test_a_temporary_folder_goes_and_a_given_one_stays(tmp_path: Path) -> None:
    temporary, given = ContentStore(), ContentStore(tmp_path)
    gone, stays = (store.keep("a.txt", b"a").location for store in (temporary, given))
    temporary.close()
    given.close()
    assert not gone.parent.exists()
    assert stays.exists()
