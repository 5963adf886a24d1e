"""Digests, against git itself and hashlib."""

import hashlib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.digest import Digest

ANY_GIT = Digest("git", "0" * 40)
ANY_SHA = Digest("sha256", "0" * 64)


@pytest.mark.parametrize("content", [b"", b"hello\n", b"blob 3\0abc", bytes(range(256)) * 17])
def test_git_names_the_same_bytes_the_same(content: bytes, tmp_path: Path) -> None:
    command = ["git", "hash-object", "--no-filters", "--stdin"]
    named = subprocess.run(command, input=content, capture_output=True, check=True, cwd=tmp_path)
    assert _hash(ANY_GIT, content) == named.stdout.decode().strip()


def test_the_empty_blob_has_the_name_that_everybody_knows() -> None:
    assert _hash(ANY_GIT, b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


@given(st.binary(max_size=2000), st.integers(1, 100))
def test_sha256_is_sha256_however_the_bytes_come(content: bytes, step: int) -> None:
    hasher = ANY_SHA.hasher(len(content))
    for start in range(0, len(content), step):
        hasher.update(memoryview(content)[start : start + step])
    assert hasher.hexdigest() == hashlib.sha256(content).hexdigest()


@given(st.sampled_from([("git", 40), ("sha256", 64)]), st.data())
def test_a_digest_can_be_read_back(form: tuple[str, int], data: st.DataObject) -> None:
    hex_digits = data.draw(st.text("0123456789abcdef", min_size=form[1], max_size=form[1]))
    digest = Digest.parse(f"{form[0]}:{hex_digits}")
    assert (digest.algorithm, digest.hex) == (form[0], hex_digits)
    assert Digest.parse(str(digest)) == digest


@pytest.mark.parametrize(
    "text",
    [
        "", "git", "git:", "md5:" + "0" * 32, "0" * 64, "git:" + "0" * 64, "sha256:" + "0" * 40, "sha256:" + "A" * 64,
        "sha256:" + "0" * 63 + "\n", "sha256:" + "0" * 64 + "\n", "sha256:../../../etc/passwd",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_digest(text: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        Digest.parse(text)


def _hash(digest: Digest, content: bytes) -> str:
    hasher = digest.hasher(len(content))
    hasher.update(content)
    return hasher.hexdigest()
