"""Heads are read from the store, and nothing else is."""

import hashlib
import os
from pathlib import Path

import pytest

from steelyard.catalog.inspect.reading import read_heads
from steelyard.catalog.inspect.readings import Readings
from steelyard.catalog.models import File, FileState, Traits
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.storage.disk import DiskStorage
from steelyard.storage.layout import RepoFolder
from steelyard.testing.weights import Tensor, gguf_bytes, safetensors_bytes, shards

FOLDER = RepoFolder(Kind.MODEL, "org/name")
GGUF = gguf_bytes({"general.architecture": "llama"}, {"a": Tensor((4,))})


@pytest.fixture
def storage(tmp_path: Path) -> DiskStorage:
    """A store."""
    return DiskStorage(tmp_path)


def put(storage: DiskStorage, path: str, data: bytes, state: FileState = FileState.STORED) -> File:
    """A file of the repository, its blob in place."""
    digest = Digest("sha256", hashlib.sha256(data).hexdigest())
    place = storage.layout.blob(FOLDER, digest)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return File(path, len(data), digest, state)


def read(storage: DiskStorage, *files: File) -> Readings:
    """What these files say."""
    return read_heads(storage, FOLDER, files)


def test_every_kind_of_file(storage: DiskStorage) -> None:
    readings = read(
        storage,
        put(storage, "config.json", b'{"model_type": "llama", "quantization_config": {"quant_method": "fp8"}}'),
        put(storage, "README.md", b"---\nlicense: mit\n---\n"),
        put(storage, "a.GGUF", GGUF),
        put(storage, "sub/model.safetensors", safetensors_bytes({"a": Tensor((3,), "BF16")})),
        put(storage, "tokenizer.json", b"{"),
    )
    assert readings.config == Traits("llama", quantization="FP8")
    assert (readings.packed, readings.license) == ("FP8", "mit")
    assert readings.gguf["a.GGUF"].parameters == 4
    assert readings.safetensors["sub/model.safetensors"].parameters == 3
    assert readings.problems == []


def test_pipelines_and_adapters(storage: DiskStorage) -> None:
    pipeline = put(storage, "model_index.json", b'{"_class_name": "FluxPipeline"}')
    assert read(storage, pipeline).config.architecture == "FluxPipeline"
    adapter = put(storage, "adapter_config.json", b'{"peft_type": "LORA"}')
    assert read(storage, adapter).config.architecture == "lora"


def test_only_the_config_at_the_top_counts(storage: DiskStorage) -> None:
    assert read(storage, put(storage, "unet/config.json", b'{"model_type": "x"}')).config == Traits()


def test_a_broken_file_is_a_problem_and_the_others_are_read(storage: DiskStorage) -> None:
    files = [put(storage, "config.json", b"{"), put(storage, "bad.gguf", b"GGUF"), put(storage, "good.gguf", GGUF)]
    readings = read(storage, *files)
    assert readings.problems == [
        "config.json: it is not JSON", "bad.gguf: the file has 4 bytes, fewer than the smallest GGUF",
    ]  # fmt: skip
    assert list(readings.gguf) == ["good.gguf"]


def test_what_is_not_stored_is_not_opened(storage: DiskStorage) -> None:
    """Nor could it be told from a pickle by its name: quarantined bytes are looked at by the scanner alone."""
    for state in (FileState.QUARANTINED, FileState.LISTED):
        assert read(storage, put(storage, "bad.gguf", b"GGUF", state)).problems == []


@pytest.mark.parametrize("path", ["model.bin", "model.pt", "x.pkl", "model.ckpt", "a.npz"])
def test_nothing_that_could_be_a_pickle_is_opened(storage: DiskStorage, path: str) -> None:
    file = put(storage, path, b"cos\nsystem\n")
    storage.layout.blob(FOLDER, file.digest).unlink()
    os.mkfifo(storage.layout.blob(FOLDER, file.digest))  # opening it would be noticed: it never ends
    assert read(storage, file) == Readings()


@pytest.mark.parametrize("what", ["gone", "link", "pipe", "folder", "other size"])
def test_what_a_stranger_put_in_its_place_is_passed_over(storage: DiskStorage, tmp_path: Path, what: str) -> None:
    file = put(storage, "a.gguf", GGUF)
    place = storage.layout.blob(FOLDER, file.digest)
    place.unlink()
    if what == "link":
        (tmp_path / "secret").write_bytes(GGUF)
        place.symlink_to(tmp_path / "secret")
    elif what == "pipe":
        os.mkfifo(place)
    elif what == "folder":
        place.mkdir()
    elif what == "other size":
        place.write_bytes(GGUF + b"more")
    assert read(storage, file) == Readings()


def test_no_more_weights_than_any_model_has(storage: DiskStorage) -> None:
    one = put(storage, "a.gguf", GGUF)
    files = [File(f"{number}.gguf", one.size, one.digest, FileState.STORED) for number in range(1010)]
    readings = read(storage, *files, put(storage, "config.json", b'{"model_type": "llama"}'))
    assert len(readings.gguf) == 1000
    assert readings.config.architecture == "llama"


def test_a_hundred_shards(storage: DiskStorage) -> None:
    made = shards(f"model-{number:05d}-of-00100.safetensors" for number in range(100))
    files = [put(storage, name, data) for name, data in made.items()]
    assert sum(header.parameters for header in read(storage, *files).safetensors.values()) == 100 * 64
