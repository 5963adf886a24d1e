"""Which files a model is run from."""

import pytest

from steelyard.catalog.errors import ModelMissing
from steelyard.catalog.models import File, FileState
from steelyard.core.digest import Digest
from steelyard.core.errors import SteelyardError
from steelyard.serving.errors import ModelNotReady, WrongModel
from steelyard.serving.pick import Picked, pick

STORED, LISTED, QUARANTINED = FileState.STORED, FileState.LISTED, FileState.QUARANTINED


def file(path: str, state: FileState = STORED, size: int = 10) -> File:
    return File(path, size, Digest("sha256", "0" * 64), state)


SHARDS = [file("m-Q8_0-00001-of-00002.gguf"), file("m-Q8_0-00002-of-00002.gguf", size=7)]
Q4 = file("m-Q4_K_M.gguf", size=5)
FOLDER = [file("config.json", size=1), file("model.safetensors", size=20)]


@pytest.mark.parametrize(
    ("files", "variant", "picked"),
    [
        ([Q4, *SHARDS], None, Picked("gguf", "m-Q4_K_M.gguf", 5, "Q4_K_M")),
        ([Q4, *SHARDS], "latest", Picked("gguf", "m-Q4_K_M.gguf", 5, "Q4_K_M")),
        ([Q4, *SHARDS], "q8_0", Picked("gguf", "m-Q8_0-00001-of-00002.gguf", 17, "Q8_0", is_default=False)),
        ([file(Q4.path, LISTED), *SHARDS], None, Picked("gguf", SHARDS[0].path, 17, "Q8_0", is_default=False)),
        (FOLDER, None, Picked("safetensors", None, 20)),
        (FOLDER, "latest", Picked("safetensors", None, 20)),
        ([*FOLDER, Q4], None, Picked("gguf", Q4.path, 5, "Q4_K_M")),
        ([*FOLDER, file(Q4.path, LISTED)], None, Picked("safetensors", None, 20)),
        ([*FOLDER, file("chat_template.jinja")], None, Picked("safetensors", None, 20, has_template_file=True)),
        ([*FOLDER, file("onnx/model.onnx", LISTED)], None, Picked("safetensors", None, 20)),
        ([file("config.json"), file("pytorch_model.bin")], None, Picked("pytorch", None, 10)),
    ],
)  # fmt: skip
def test_what_is_run(files: list[File], variant: str | None, picked: Picked) -> None:
    assert pick(files, variant, "org/m") == picked


@pytest.mark.parametrize(
    ("files", "variant", "error", "hint"),
    [
        ([Q4], "Q2_K", ModelMissing, "It has: Q4_K_M."),
        (FOLDER, "Q2_K", ModelMissing, "leave it out"),
        ([file(Q4.path, LISTED)], "Q4_K_M", ModelMissing, "steelyard pull org/m:Q4_K_M"),
        ([file(Q4.path, LISTED)], None, ModelMissing, "steelyard pull org/m"),
        ([file("config.json"), file("m-00001-of-00002.safetensors"), file("m-00002-of-00002.safetensors", LISTED)],
         None, ModelMissing, "brings the rest"),
        ([file("config.json"), file("pytorch_model.bin", QUARANTINED)], None, ModelNotReady, "steelyard allow org/m"),
        ([file("model_index.json"), file("unet/d.safetensors")], None, WrongModel, "language model"),
        ([file("adapter_config.json"), file("adapter_model.safetensors")], None, WrongModel, "Ask that model"),
        ([file("README.md")], None, WrongModel, "lists its files"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_and_what_helps(
    files: list[File], variant: str | None, error: type[SteelyardError], hint: str
) -> None:
    with pytest.raises(error) as caught:
        pick(files, variant, "org/m")
    assert hint in (caught.value.hint or "")
