"""Folders of sentence embedding models: which are taken, and what is said of broken ones."""

import json
import shutil
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from steelyard.engines.errors import CannotLoad
from steelyard.engines.llamacpp.bert import NotConvertible, is_bert, write_gguf
from steelyard.engines.llamacpp.engine import LlamaCppEngine
from steelyard.engines.models import Task, Weights
from steelyard.testing.engine_suite import OPTIONS
from steelyard.testing.weights import Tensor, safetensors_bytes

CONFIG = {
    "model_type": "bert", "num_hidden_layers": 1, "max_position_embeddings": 16, "hidden_size": 8,
    "intermediate_size": 16, "num_attention_heads": 2, "layer_norm_eps": 1e-12, "type_vocab_size": 2,
}  # fmt: skip
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "weigh", "##s", "["]
TENSORS = {
    "embeddings.position_ids": Tensor((1, 16), "I64"),
    "embeddings.word_embeddings.weight": Tensor((8, 8)),
    "encoder.layer.0.attention.self.query.weight": Tensor((8, 8)),
    "pooler.dense.weight": Tensor((8, 8)),
}


def folder(place: Path, tokenizer: object = None, tensors: dict[str, Tensor] = TENSORS, **config: object) -> Path:
    """A model of a few bytes."""
    place.mkdir(exist_ok=True)
    (place / "config.json").write_text(json.dumps({**CONFIG, **config}))
    (place / "tokenizer_config.json").write_text(json.dumps({} if tokenizer is None else tokenizer))
    (place / "vocab.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    (place / "model.safetensors").write_bytes(safetensors_bytes(tensors))
    return place


def test_such_a_folder_is_taken_for_vectors_alone(tmp_path: Path) -> None:
    weights = Weights("k", "acme/reader", folder(tmp_path), "safetensors", 1000, Task.EMBED, is_bert=is_bert(tmp_path))
    engine = LlamaCppEngine()
    assert engine.refusal(weights) is None
    assert engine.refusal(replace(weights, task=Task.CHAT))


def test_its_files_are_not_read_for_each_request(tmp_path: Path) -> None:
    """Two files of 4 MB each held up everybody: it is decided once, where the head of the model is read."""
    weights = Weights("k", "acme/reader", folder(tmp_path / "m"), "safetensors", 1000, Task.EMBED, is_bert=True)
    shutil.rmtree(weights.path)
    assert LlamaCppEngine().refusal(weights) is None
    assert LlamaCppEngine().refusal(replace(weights, path=folder(tmp_path / "m"), is_bert=False))


@pytest.mark.parametrize(
    "other",
    [{"model_type": "roberta"}, {"position_embedding_type": "relative_key"}, {"tokenizer": {"do_lower_case": False}},
     {"tokenizer": []}],
)  # fmt: skip
def test_others_are_left_to_other_engines(tmp_path: Path, other: dict[str, object]) -> None:
    """What llama.cpp would calculate otherwise."""
    assert not is_bert(folder(tmp_path, **other))  # type: ignore[arg-type]


def test_a_folder_without_words_or_with_more_layers_is_left(tmp_path: Path) -> None:
    (folder(tmp_path / "a") / "2_Dense").mkdir()
    (folder(tmp_path / "b") / "vocab.txt").unlink()
    assert not is_bert(tmp_path / "a")
    assert not is_bert(tmp_path / "b")


@pytest.mark.parametrize(("pooling", "number"), [(None, 1), ({}, 1), ({"pooling_mode_cls_token": True}, 2)])
def test_the_file_says_what_the_folder_says(tmp_path: Path, pooling: object, number: int) -> None:
    """Tensors by llama.cpp's names, words with their beginnings marked, and the way of pooling."""
    place = folder(tmp_path)
    if pooling is not None:
        (place / "1_Pooling").mkdir()
        (place / "1_Pooling/config.json").write_text(json.dumps(pooling))
    out = BytesIO()
    write_gguf(place, out)
    made = out.getvalue()
    assert b"bert.pooling_type\x04\x00\x00\x00" + bytes([number]) in made
    assert b"token_embd.weight" in made
    assert b"blk.0.attn_q.weight" in made
    assert b"pooler" not in made
    assert "\u2581weigh".encode() in made
    assert "\u2581[".encode() in made
    assert len(made) % 32 == 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda place: (place / "model.safetensors").write_bytes(b"\xff" * 40),
        lambda place: (place / "model.safetensors").write_bytes((place / "model.safetensors").read_bytes()[:-300]),
        lambda place: (place / "config.json").write_text('{"model_type": "bert"}'),
        lambda place: (place / "vocab.txt").write_text("weigh"),
        lambda place: (place / "1_Pooling").mkdir() or (place / "1_Pooling/config.json").write_text("{"),
    ],
    ids=["head", "cut", "config", "words", "pooling"],
)
def test_a_broken_folder_is_not_converted(tmp_path: Path, damage: object) -> None:
    place = folder(tmp_path)
    assert callable(damage)
    damage(place)
    with pytest.raises(NotConvertible):
        write_gguf(place, BytesIO())


def test_halves_are_not_converted(tmp_path: Path) -> None:
    tensors = {"embeddings.word_embeddings.weight": Tensor((8, 8), "F16")}
    with pytest.raises(NotConvertible, match="F16"):
        write_gguf(folder(tmp_path, tensors=tensors), BytesIO())


async def test_what_cannot_be_converted_is_told(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp", reason="no wheel for this platform")
    place = folder(tmp_path)
    (place / "vocab.txt").write_text("weigh")
    weights = Weights("k", "acme/reader", place, "safetensors", 1000, Task.EMBED, is_bert=True)
    with pytest.raises(CannotLoad, match="lacks") as caught:
        await LlamaCppEngine().start(weights, OPTIONS)
    assert caught.value.hint
