"""How llama.cpp's child is set up, and what is foreseen. Pure."""

from dataclasses import replace
from pathlib import Path

import pytest

from steelyard.engines.errors import CannotLoad, EngineFailed, TooLarge
from steelyard.engines.llamacpp.engine import LlamaCppEngine
from steelyard.engines.llamacpp.failures import failure_of
from steelyard.engines.llamacpp.settings import batch_of, child_settings
from steelyard.engines.models import KvShape, LoadOptions, Task, Weights

SEVEN = Weights("k", "acme/seven", Path("seven.gguf"), "gguf", 4 * 10**9, kv=KvShape(32, 8, 128), context_length=8192)


def test_each_request_has_its_context_and_no_more_than_the_model_knows() -> None:
    assert child_settings(SEVEN, LoadOptions(context=2048, parallel=3), "key", 8).context == 3 * 2048
    assert child_settings(SEVEN, LoadOptions(context=20000, parallel=3), "key", 8).context == 3 * 8192
    huge = LoadOptions(context=2**31, parallel=4)
    assert child_settings(replace(SEVEN, context_length=None), huge, "key", 8).context == 2**31 - 1


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (8, 7)])
def test_one_core_is_left_to_others(cores: int, threads: int) -> None:
    """Threads that wait for each other do so busily."""
    assert child_settings(SEVEN, LoadOptions(), "key", cores).threads == threads
    assert child_settings(SEVEN, LoadOptions(threads=3), "key", cores).threads == 3


def test_a_batch_is_about_a_quarter_of_a_seconds_work() -> None:
    """Smaller for larger weights, fewer threads and longer contexts, within bounds."""
    assert batch_of(10**6, 1) == batch_of(10**8, 16) == 128
    assert batch_of(10**8, 4) == 32
    assert batch_of(4 * 10**9, 7) == batch_of(10**11, 1) == 32
    assert batch_of(4 * 10**9, 256) == 64
    wide = KvShape(6, 4, 64)
    assert batch_of(10**6, 1, wide, 1024) == 128
    assert batch_of(10**6, 1, wide, 16384) == 32


def test_a_text_for_a_vector_is_one_batch() -> None:
    """It is calculated as a whole."""
    settings = child_settings(replace(SEVEN, task=Task.EMBED), LoadOptions(context=512), "key", 8)
    assert (settings.batch, settings.embed) == (512, True)


def test_memory_is_weights_and_cache_and_overhead() -> None:
    """128 KiB for a token of this shape, twice that in f32."""
    engine = LlamaCppEngine(8)
    options = LoadOptions(context=4096, parallel=2)
    cache = 8192 * 131072
    assert cache < engine.foresee(SEVEN, options) - SEVEN.size < 1.1 * cache + 100 * 2**20
    assert engine.foresee(SEVEN, replace(options, exact=True)) > SEVEN.size + 2 * cache
    assert engine.foresee(replace(SEVEN, kv=None), options) > SEVEN.size


@pytest.mark.parametrize(
    ("status", "line", "expected"),
    [
        (3, "ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 34359738368", TooLarge),
        (-9, "load_tensors: loading", EngineFailed),
        (-4, "load_tensors: loading", CannotLoad),
        (-11, "load_tensors: loading", EngineFailed),
        (3, "llama_model_load: error loading model: tensor 'a' data is not within the file bounds", CannotLoad),
        (3, "llama_model_load: error loading model: missing tensor 'output.weight'", CannotLoad),
    ],
)
def test_failures_are_told_apart(status: int, line: str, expected: type[Exception]) -> None:
    error = failure_of(status, [line], SEVEN)
    assert type(error) is expected
    assert error.hint


def test_a_failure_shows_no_path() -> None:
    """Spaces and quotes neither."""
    weights = replace(SEVEN, path=Path("/data/My Models/hub/x.gguf"))
    lines = ["gguf_init_from_file: failed to open GGUF file '/data/My Models/hub/x.gguf'", 'y="/srv/a/b" (/srv/a/c)']
    error = failure_of(1, lines, weights)
    assert "file 'x.gguf' / y=\"b\" (c)" in error.detail


def test_signal_9_may_have_come_from_anybody() -> None:
    """Both are said, with the last words."""
    error = failure_of(-9, ["load_tensors: loading"], SEVEN)
    assert all(word in error.detail for word in ("want of memory", "somebody", "load_tensors: loading"))
