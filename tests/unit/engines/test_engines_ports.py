"""Ports of this machine."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from steelyard.engines.ports import free_port, listens

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="by Linux's /proc")


def test_a_free_port_can_be_taken() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert server.getsockname()[1]


def test_whoever_listens_is_known() -> None:
    """The process, or what it started; not somebody beside it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert listens(os.getpid(), port) is True
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
            assert listens(other.pid, port) is False
    assert listens(os.getpid(), port) is False


def test_what_a_process_started_counts() -> None:
    code = (
        "import socket\nserver = socket.create_server(('127.0.0.1', 0))\nprint(server.getsockname()[1], flush=True)\n"
    )
    command = [sys.executable, "-c", code + "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert listens(os.getpid(), int(child.stdout.readline())) is True


def test_where_nobody_can_tell(tmp_path: Path) -> None:
    assert listens(1, 80, tmp_path) is None
