"""Which files come within a commit, and which by themselves."""

import pytest

from steelyard.catalog.status import PICKLE_SUFFIXES, WEIGHTS
from steelyard.downloads.push.models import MAX_REGULAR_BYTES
from steelyard.downloads.push.modes import GITATTRIBUTES, Mode, mode_of


@pytest.mark.parametrize(
    ("path", "size", "sample", "expected"),
    [
        ("config.json", 700, b'{"model_type": "llama"}', "regular"),
        ("README.md", 700, "weights of 7 B, größer".encode(), "regular"),
        ("cut.txt", 700, "ö".encode()[:1], "regular"),
        ("latin.txt", 700, b"gr\xf6sser", "lfs"),
        ("nul.txt", 700, b"a\x00b", "lfs"),
        ("tokenizer.json", MAX_REGULAR_BYTES, b"{", "regular"),
        ("tokenizer.json", MAX_REGULAR_BYTES + 1, b"{", "lfs"),
        ("model.GGUF", 10, b"GGUF", "lfs"),
        ("sub/runs/events.tfevents.1", 10, b"a", "lfs"),
        ("saved_model/a/b", 10, b"a", "lfs"),
        ("x.tar.gz", 10, b"a", "lfs"),
        ("empty.bin", 0, b"", "regular"),
    ],
)
def test_small_texts_come_within(path: str, size: int, sample: bytes, expected: Mode) -> None:
    assert mode_of(path, size, sample) == expected


def test_whatever_holds_weights_or_may_run_code_comes_by_itself() -> None:
    weights = [suffix for suffixes in WEIGHTS.values() for suffix in suffixes]
    assert {mode_of(f"a{suffix}", 1, b"a") for suffix in (*PICKLE_SUFFIXES, *weights)} == {"lfs"}


def test_the_first_file_of_a_repository_says_the_same_to_git() -> None:
    assert b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n" in GITATTRIBUTES
