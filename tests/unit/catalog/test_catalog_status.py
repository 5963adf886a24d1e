"""The one word for an entry, and what its files are."""

from dataclasses import replace

import pytest

from steelyard.catalog.models import File, FileState, ModelStatus
from steelyard.catalog.status import EntryFacts, format_of, is_all_quarantined, is_pickle, is_weights, status_of
from steelyard.core.digest import Digest

NOTHING = EntryFacts(deleted=False, any_complete=False, any_stored=False, has_live_job=False, is_quarantined=False)
LISTED, STORED, QUARANTINED = FileState.LISTED, FileState.STORED, FileState.QUARANTINED


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, ModelStatus.FAILED),
        ({"has_live_job": True}, ModelStatus.DOWNLOADING),
        ({"has_live_job": True, "any_stored": True}, ModelStatus.DOWNLOADING),
        ({"any_stored": True}, ModelStatus.PARTIAL),
        ({"any_complete": True}, ModelStatus.READY),
        ({"any_complete": True, "has_live_job": True}, ModelStatus.READY),
        ({"any_complete": True, "any_stored": True}, ModelStatus.READY),
        ({"any_complete": True, "is_quarantined": True}, ModelStatus.QUARANTINED),
        ({"any_complete": True, "is_quarantined": True, "deleted": True}, ModelStatus.DELETED),
        ({"any_complete": True, "deleted": True}, ModelStatus.DELETED),
    ],
)
def test_status(changes: dict[str, bool], status: ModelStatus) -> None:
    assert status_of(replace(NOTHING, **changes)) is status


@pytest.mark.parametrize(
    ("files", "waits"),
    [
        ({}, False),
        ({"config.json": STORED}, False),
        ({"config.json": QUARANTINED}, False),
        ({"model.bin": QUARANTINED}, True),
        ({"model.bin": QUARANTINED, "config.json": STORED}, True),
        ({"model.bin": QUARANTINED, "model.safetensors": LISTED}, True),
        ({"model.bin": QUARANTINED, "model.safetensors": STORED}, False),
        ({"model.bin": LISTED}, False),
    ],
)
def test_quarantined_when_no_weights_can_be_used(files: dict[str, FileState], waits: bool) -> None:
    digest = Digest("sha256", "1" * 64)
    assert is_all_quarantined([File(path, 1, digest, state) for path, state in files.items()]) is waits


@pytest.mark.parametrize(
    ("paths", "best"),
    [
        ([], None),
        (["README.md", "config.json"], None),
        (["a.bin", "a.safetensors"], "safetensors"),
        (["a.safetensors", "B.GGUF"], "gguf"),
        (["model.onnx", "model.bin"], "onnx"),
        (["model.ckpt"], "pytorch"),
        (["tf_model.h5"], "tensorflow"),
        (["safetensors"], None),
    ],
)
def test_format(paths: list[str], best: str | None) -> None:
    assert format_of(paths) == best
    assert format_of(list(reversed(paths))) == best


@pytest.mark.parametrize(
    "path", ["a.bin", "A.BIN", "deep/b.pt", "c.pth", "d.ckpt", "e.pkl", "f.pickle", "g.joblib", "h.npz"]
)
def test_pickle_by_suffix(path: str) -> None:
    assert is_pickle(path)


@pytest.mark.parametrize("path", ["a.safetensors", "a.gguf", "bin", "a.bin.md", "a.json", "pt/readme.txt"])
def test_no_pickle(path: str) -> None:
    assert not is_pickle(path)


def test_weights() -> None:
    assert is_weights("deep/model.SAFETENSORS")
    assert not is_weights("tokenizer.json")
