"""What files tell about running a model."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from steelyard.catalog.inspect.abilities import Abilities
from steelyard.engines.models import KvShape
from steelyard.serving.heads import Head, read_head
from steelyard.serving.pick import Picked
from steelyard.testing.tinymodel import TINY, write_folder, write_gguf

GGUF, FOLDER = Picked("gguf", "m.gguf", 1), Picked("safetensors", None, 1)
SHAPE = KvShape(TINY.layers, TINY.kv_heads, TINY.head_size)


def test_of_a_gguf_file(tmp_path: Path) -> None:
    place = write_gguf(tmp_path / "m.gguf")
    expected = Head(SHAPE, TINY.context, "llama", quantization="F32", abilities=Abilities())
    assert read_head(place, GGUF) == expected


def test_of_a_folder(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "m")
    expected = Head(SHAPE, TINY.context, "llama", quantization="F32", abilities=Abilities())
    assert read_head(folder, FOLDER) == expected


def test_a_folder_that_llamacpp_can_convert_is_known(tmp_path: Path) -> None:
    """Here, in a thread: its engine asks nobody's files again."""
    folder = write_folder(tmp_path / "m")
    assert not read_head(folder, FOLDER).is_bert
    (folder / "config.json").write_text('{"model_type": "bert"}')
    (folder / "tokenizer_config.json").write_text("{}")
    (folder / "vocab.txt").write_text("[PAD]")
    assert read_head(folder, FOLDER).is_bert


TOOLS, THOUGHTS = "{% if tools %}", "{{ '<think>' }}"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (TOOLS, Abilities(tools=True)), (THOUGHTS, Abilities(thinking=True)), ("{{ my_toolset }}", Abilities()),
        (TOOLS + THOUGHTS, Abilities(tools=True, thinking=True)),
    ],
)  # fmt: skip
def test_templates_tell_what_a_model_can_be_asked(tmp_path: Path, template: str, expected: Abilities) -> None:
    assert read_head(write_gguf(tmp_path / "m.gguf", template=template), GGUF).abilities == expected
    folder = write_folder(tmp_path / "m")
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": template}))
    assert read_head(folder, FOLDER).abilities == expected
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"chat_template": [{"name": "default", "template": template}]})
    )
    assert read_head(folder, FOLDER).abilities == expected
    (folder / "tokenizer_config.json").write_text("{}")
    (folder / "chat_template.jinja").write_text(template)
    assert read_head(folder, replace(FOLDER, has_template_file=True)).abilities == expected


def test_a_folder_without_a_template(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "m")
    (folder / "tokenizer_config.json").write_text("{}")
    assert not read_head(folder, FOLDER).has_template
    assert read_head(folder, Picked("safetensors", None, 1, has_template_file=True)).has_template
    (folder / "tokenizer_config.json").unlink()
    assert not read_head(folder, FOLDER).has_template


def test_a_model_that_only_reads(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert", "num_hidden_layers": 6}))
    assert read_head(tmp_path, FOLDER).only_reads


@pytest.mark.parametrize("data", [b"", b"GGUF", b"nonsense" * 10])
def test_what_is_broken_is_for_the_engine_to_say(tmp_path: Path, data: bytes) -> None:
    place = tmp_path / "m.gguf"
    place.write_bytes(data)
    assert read_head(place, GGUF) == Head()


def test_what_cannot_be_read_now(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        read_head(tmp_path / "gone.gguf", GGUF)
