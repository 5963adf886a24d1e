"""``python -m steelyard.engines.llamacpp.child``: settings in JSON on standard input, then OpenAI on a port of its own.

llama.cpp is imported here alone. A load keeps the interpreter busy, and a bad file may end the process: neither is the
depot's business.
"""

import json
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import xllamacpp

from steelyard.engines.announcing import announce
from steelyard.engines.llamacpp.bert import NotConvertible, write_gguf
from steelyard.engines.llamacpp.settings import ChildSettings
from steelyard.engines.orphan import die_with_parent, watch_input

_HEAD = 65536
_LOG_WITHIN = 0.3  # seconds: a thread of llama.cpp writes the reason, and dies with us
CANNOT_LOAD = 3  # the exit status; llama.cpp has written why


def main() -> int:
    """Load, say where it answers, and answer until told to end."""
    die_with_parent()
    settings = ChildSettings(**json.loads(sys.stdin.buffer.readline()))
    watch_input()
    try:
        server = xllamacpp.Server(parameters(readable(settings)))
    except NotConvertible as error:
        sys.stderr.write(f"error loading model: {error}\n")
        return CANNOT_LOAD
    except (RuntimeError, MemoryError, ValueError) as error:
        time.sleep(_LOG_WITHIN)
        sys.stderr.write(f"{error}\n")
        return CANNOT_LOAD
    announce(url=server.listening_address)
    threading.Event().wait()
    return 0


def readable(settings: ChildSettings) -> ChildSettings:
    """A folder becomes a file in memory, which is gone when this process is."""
    folder = Path(settings.path)
    if not folder.is_dir():
        return settings
    memory = os.memfd_create("model")
    with os.fdopen(memory, "wb", closefd=False) as file:
        write_gguf(folder, file)
    return replace(settings, path=f"/proc/self/fd/{memory}")


def parameters(settings: ChildSettings) -> Any:
    """llama.cpp's own, with its defaults for one person's machine taken back."""
    given = xllamacpp.CommonParams()
    given.model.path = settings.path
    given.model_alias = {settings.alias}
    given.hostnames = ["127.0.0.1"]
    given.port = 0
    given.api_keys = [settings.key]
    given.n_ctx = settings.context
    given.n_parallel = settings.parallel
    given.n_batch = given.n_ubatch = min(settings.batch, settings.context)
    given.cpuparams.n_threads = given.cpuparams_batch.n_threads = settings.threads
    given.n_threads_http = settings.parallel + 2  # a stream holds one to its end
    given.cache_ram_mib = 0  # 8 GB of old prompts otherwise
    given.endpoint_slots = settings.show_slots  # they show prompts
    given.ui = False
    given.cors_origins = ""
    given.fit_params = False  # what fits is decided before
    given.warmup = False
    given.offline = True
    if settings.exact:
        given.cache_type_k = given.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
        given.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    if settings.embed:
        given.embedding = True
        given.pooling_type = _pooling(settings.path)
    return given


def _pooling(path: str) -> Any:
    """The model's own way to make one vector of many, else the mean. The file names it ahead of its vocabulary."""
    with Path(path).open("rb") as file:
        named = b".pooling_type" in file.read(_HEAD)
    kinds = xllamacpp.llama_pooling_type
    return kinds.LLAMA_POOLING_TYPE_UNSPECIFIED if named else kinds.LLAMA_POOLING_TYPE_MEAN


if __name__ == "__main__":
    sys.exit(main())
