"""Blobs of a selection, and their order."""

from dataclasses import replace

from steelyard.catalog.models import File, FileState
from steelyard.core.digest import Digest
from steelyard.downloads.plan import SMALL, Blob, blobs_of, in_order, total_size

ONE, TWO = Digest("sha256", "1" * 64), Digest("sha256", "2" * 64)


def file(path: str, digest: Digest = ONE, size: int = 5, state: FileState = FileState.LISTED) -> File:
    return File(path, size, digest, state)


def test_paths_with_the_same_bytes_are_one_blob() -> None:
    one, two = blobs_of([file("a"), file("b", TWO), file("c")])
    assert (one.digest, one.paths, one.size) == (ONE, ("a", "c"), 5)
    assert (two.digest, two.paths) == (TWO, ("b",))


def test_a_blob_is_here_when_every_path_shows_it() -> None:
    here = file("a", state=FileState.STORED)
    assert blobs_of([here])[0].here
    assert blobs_of([here, file("b", state=FileState.QUARANTINED)])[0].here
    assert not blobs_of([here, file("b")])[0].here


def test_a_blob_that_is_a_pickle_under_any_name_is_one() -> None:
    assert blobs_of([file("a.safetensors"), file("b.bin")])[0].is_pickle
    assert not blobs_of([file("a.safetensors"), file("b.gguf")])[0].is_pickle


def test_small_ones_first_then_the_largest() -> None:
    blobs = [Blob(ONE, size, (name,), False) for name, size in
             [("large", 9 * SMALL), ("tiny", 1), ("huge", 90 * SMALL), ("small", SMALL)]]  # fmt: skip
    assert [blob.paths[0] for blob in in_order(blobs)] == ["small", "tiny", "huge", "large"]
    assert in_order(reversed(blobs)) == in_order(blobs)


def test_the_total_counts_path_by_path() -> None:
    assert total_size([file("a"), replace(file("b"), size=7), file("c")]) == 17
    assert total_size([]) == 0
