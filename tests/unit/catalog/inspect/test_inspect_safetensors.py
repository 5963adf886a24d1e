"""The header of a safetensors file: what it says, and why it is refused."""

import io
import json
import struct
from typing import Any

import pytest

from steelyard.catalog.inspect.errors import BadHeader
from steelyard.catalog.inspect.safetensors import SafetensorsHeader, read_safetensors
from steelyard.testing.weights import Tensor, safetensors_bytes, safetensors_header

ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def read(data: bytes) -> SafetensorsHeader:
    """The header of these bytes."""
    return read_safetensors(io.BytesIO(data), len(data))


def reason(data: bytes) -> str:
    """Why these bytes are refused."""
    with pytest.raises(BadHeader) as caught:
        read(data)
    return str(caught.value)


def test_what_a_header_says() -> None:
    tensors = {
        "a": Tensor((3, 4), "BF16"),
        "b": Tensor((5,), "F32"),
        "scalar": Tensor((), "F32"),
        "none": Tensor((0, 9)),
    }
    header = read(safetensors_bytes(tensors, {"format": "pt"}))
    assert header.parameters == 12 + 5 + 1
    assert header.dtypes == {"BF16": 12, "F32": 6}


def test_a_header_without_tensors() -> None:
    assert read(safetensors_bytes()).parameters == 0
    assert read(safetensors_bytes(metadata={"a": 'quoted " \\ \n é 😀'})).parameters == 0


def test_any_spacing_any_order_of_fields_and_of_tensors() -> None:
    late = {"shape": [1], "data_offsets": [8, 10], "dtype": "F16"}
    text = json.dumps({"late": late, "__metadata__": {}, "early": ONE}, indent=3) + "   \n"
    assert read(safetensors_header(text) + bytes(10)).dtypes == {"F16": 1, "F32": 2}


def test_four_bit_numbers() -> None:
    assert read(safetensors_bytes({"a": Tensor((8,), "F4")})).dtypes == {"F4": 8}


def test_every_truncation_is_refused() -> None:
    data = safetensors_bytes({"a": Tensor((3, 4), "BF16"), "b": Tensor((5,), "F32")}, {"format": "pt"})
    read(data)
    for length in range(len(data)):
        assert reason(data[:length])


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "the file has 0 bytes"),
        (struct.pack("<Q", 2**63 - 1) + b"{}  ", "announces 9,223,372,036,854,775,807 bytes, the file has 12"),
        (struct.pack("<Q", 3) + b"{}", "announces 3 bytes, the file has 10"),
        (safetensors_header("[]"), "'[]"),
        (safetensors_header("{} {}"), "'{}"),
        (safetensors_header(b'{"\xff": 1}'), "not UTF-8"),
        (safetensors_header(""), "ends in the middle"),
        (safetensors_header('{"a"'), "does not allow there"),
        (safetensors_header('{"a": {"dtype": "F32"'), "ends in the middle"),
        (safetensors_header('{"' + "x" * 2000 + '": 1}'), "a name is 2,000 bytes long"),
        (safetensors_header('{"__metadata__": {"a": 1}}'), "does not allow there"),
    ],
    ids=ascii,
)
def test_what_is_refused(data: bytes, text: str) -> None:
    assert text in reason(data)


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        ({**ONE, "dtype": "F128"}, "'F128', which is unknown"),
        ({**ONE, "dtype": 7}, "does not allow there"),
        ({**ONE, "dtype": [1]}, "wrong type"),
        ({**ONE, "shape": [-2]}, "does not allow there"),
        ({**ONE, "shape": [2.0]}, "does not allow there"),
        ({**ONE, "shape": "2"}, "wrong type"),
        ({**ONE, "shape": [2**63]}, "more elements"),
        ({**ONE, "shape": [2**40, 2**40]}, "more elements"),
        ({**ONE, "shape": [3]}, "8 bytes, which its shape and type do not fill"),
        ({**ONE, "data_offsets": [8, 0]}, "do not fill"),
        ({**ONE, "data_offsets": [0]}, "wrong type"),
        ({**ONE, "data_offsets": [4, 12]}, "leave a gap at byte 0"),
        ({**ONE, "shape": [1], "data_offsets": [0, 4]}, "take 4 bytes, 8 follow"),
        ({**ONE, "shape": [4], "data_offsets": [0, 16]}, "take 16 bytes, 8 follow"),
        ({**ONE, "extra": 1}, "does not allow there"),
        ({"dtype": "F32", "shape": [2]}, "has no data_offsets"),
        ({}, "does not allow there"),
    ],
    ids=str,
)  # fmt: skip
def test_tensors_that_cannot_be(tensor: dict[str, Any], text: str) -> None:
    assert text in reason(safetensors_header(json.dumps({"a": tensor})) + bytes(8))


def test_overlap_is_refused() -> None:
    header = {"a": ONE, "b": {**ONE, "data_offsets": [4, 12]}}
    assert "overlap at byte 4" in reason(safetensors_header(json.dumps(header)) + bytes(12))


@pytest.mark.parametrize("second", ["a", "\\u0061"])
def test_a_name_is_there_once_however_it_is_spelled(second: str) -> None:
    empty = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    assert "'a' is there twice" in reason(safetensors_header(f'{{"a":{empty},"{second}":{empty}}}'))


def test_a_field_is_there_once() -> None:
    text = '{"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}}'
    assert "two dtype" in reason(safetensors_header(text) + bytes(8))


@pytest.mark.parametrize(("size", "text"), [(100_000_001, "the format allows"), (9_000_000, "the depot reads")])
def test_limits_of_the_format_and_of_the_depot(size: int, text: str) -> None:
    with pytest.raises(BadHeader, match=text):
        read_safetensors(io.BytesIO(struct.pack("<Q", size)), size + 8)
