"""LiteLLM's proxy, in an environment of its own; only when ``STEELYARD_BENCH_LITELLM=1`` asks for it: it takes a
gigabyte and minutes to install."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.gateway_upstream import MODEL
from bench.ready import wait_for_port

_ENVIRONMENT = Path(__file__).parents[1] / ".clients" / "litellm"
_SETTINGS = {"general_settings": {}, "litellm_settings": {"telemetry": False, "drop_params": True}}


def is_wanted() -> bool:
    """Whether it is to be measured."""
    return os.environ.get("STEELYARD_BENCH_LITELLM") == "1"


@contextmanager
def running(upstream: int, work: Path) -> Iterator[int]:
    """The port of one worker without a database, in front of the upstream."""
    program = _installed()
    model = {"model": f"openai/{MODEL}", "api_base": f"http://127.0.0.1:{upstream}/v1", "api_key": "none"}
    settings = work / "litellm.json"  # JSON is YAML
    settings.write_text(json.dumps({**_SETTINGS, "model_list": [{"model_name": MODEL, "litellm_params": model}]}))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    command = [str(program), "--config", str(settings), "--host", "127.0.0.1", "--port", str(port)]
    with (work / "litellm.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            wait_for_port(port)
            yield port
        finally:
            process.terminate()


def _installed() -> Path:
    program = _ENVIRONMENT / "bin" / "litellm"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(_ENVIRONMENT)], check=True)
        subprocess.run([str(_ENVIRONMENT / "bin" / "pip"), "install", "--quiet", "litellm[proxy]"], check=True)
    return program
