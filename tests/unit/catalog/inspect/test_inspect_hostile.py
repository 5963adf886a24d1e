"""A thousand hostile headers: a clear reason or facts for each, no crash, and never 50 MB."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.catalog.inspect.card import read_license
from steelyard.catalog.inspect.config import quantized_by, read_config
from steelyard.catalog.inspect.errors import BadHeader
from steelyard.catalog.inspect.gguf import read_gguf
from steelyard.catalog.inspect.safetensors import read_safetensors
from steelyard.testing.hostile import bombs, damaged
from steelyard.testing.weights import gguf_string, safetensors_header

COUNT = 1000
MEMORY = 50_000_000
READER = Path(__file__).with_name("read_hostile.py")
Reader = Callable[[BinaryIO, int], object]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    """The reason for each file by its name, None for those that are valid all the same; from a process of its own."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells a process how much memory it may have")
    folder = tmp_path_factory.mktemp("hostile")
    names = [_write(folder, name, data) for files in (damaged(COUNT), bombs()) for name, data in files]
    run = subprocess.run(
        [sys.executable, str(READER), str(folder), str(MEMORY)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    found = dict(json.loads(line) for line in run.stdout.splitlines())
    assert sorted(found) == sorted(names)
    return found


def _write(folder: Path, name: str, data: bytes) -> str:
    (folder / name).write_bytes(data)
    return name


def test_every_one_of_a_thousand_is_read_or_refused_with_a_reason(outcome: dict[str, str | None]) -> None:
    assert len(outcome) > COUNT
    reasons = [reason for reason in outcome.values() if reason is not None]
    assert len(reasons) > COUNT // 2
    for reason in reasons:
        assert 10 < len(reason) < 300
        assert reason.isprintable()
        assert reason.isascii()


def test_the_bombs_that_hide_a_length_are_told_by_it(outcome: dict[str, str | None]) -> None:
    assert outcome["length.safetensors"] == "its header announces 9,223,372,036,854,775,807 bytes, the file has 12"
    assert str(outcome["entries.gguf"]).startswith("it announces 18,446,744,073,709,551,615 metadata entries")
    assert str(outcome["tensors.gguf"]).startswith("it announces 18,446,744,073,709,551,615 tensors")
    assert outcome["empty-texts.gguf"] == "its header is longer than the depot reads"


def test_a_crowd_of_tensors_is_no_fault(outcome: dict[str, str | None]) -> None:
    assert outcome["many.safetensors"] is None
    assert outcome["long-names.gguf"] is None


def test_the_same_seed_makes_the_same_files() -> None:
    assert list(damaged(40, seed=3)) == list(damaged(40, seed=3)) != list(damaged(40, seed=4))


def _bears(reader: Reader, data: bytes) -> None:
    with suppress(BadHeader):
        reader(io.BytesIO(data), len(data))


@given(st.binary(max_size=200))
def test_any_bytes_behind_a_right_beginning(data: bytes) -> None:
    _bears(read_gguf, b"GGUF\3\0\0\0" + data)
    _bears(read_safetensors, safetensors_header(data))


@given(st.lists(st.tuples(st.binary(max_size=20), st.integers(0, 2**32 - 1), st.binary(max_size=24)), max_size=5))
def test_any_metadata(entries: list[tuple[bytes, int, bytes]]) -> None:
    pairs = b"".join(gguf_string(key) + kind.to_bytes(4, "little") + value for key, kind, value in entries)
    count = len(entries).to_bytes(8, "little")
    _bears(read_gguf, b"GGUF\3\0\0\0" + bytes(8) + count + pairs)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
_fields = st.dictionaries(st.sampled_from(["dtype", "shape", "data_offsets", "extra"]), _json, max_size=4)


@given(st.dictionaries(st.sampled_from(["a", "b", "__metadata__"]), _fields | _json, max_size=3))
def test_any_json_as_a_header(header: dict[str, Any]) -> None:
    _bears(read_safetensors, safetensors_header(json.dumps(header)))


_keys = st.sampled_from(
    [
        "model_type",
        "architectures",
        "text_config",
        "torch_dtype",
        "quantization_config",
        "n_ctx",
        "quant_method",
        "bits",
    ]
)


@given(st.dictionaries(_keys, _json | st.dictionaries(_keys, _json, max_size=4), max_size=8))
def test_any_json_as_a_config(config: dict[str, Any]) -> None:
    data = json.dumps(config).encode()
    assert read_config(data).context_length is None or read_config(data).context_length
    quantized_by(data)


@settings(max_examples=200)
@given(st.binary(max_size=300) | st.text(alphabet="license:-[]{}&*!#|>'\" \n\x00é", max_size=200).map(str.encode))
def test_any_bytes_as_a_card(data: bytes) -> None:
    for card in (data, b"---\n" + data + b"\n---\n"):
        license_id = read_license(card)
        assert license_id is None or license_id.isprintable()
