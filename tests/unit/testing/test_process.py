"""A depot as a process: what it must not inherit, and what it says when it does not start."""

import socket
from pathlib import Path

import pytest

from steelyard.testing.process import DepotFailed, DepotProcess, clean_environment


def test_no_setting_of_the_caller_gets_through() -> None:
    given = {"PATH": "/bin", "HF_TOKEN": "hf_x", "STEELYARD_HOME": "/x", "DATABASE_URL": "sqlite:///x", "HOME": "/root"}
    assert clean_environment(given) == {"PATH": "/bin", "HOME": "/root"}


def test_a_taken_port_is_told_with_the_log(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        failing = DepotProcess(tmp_path / "home", "http://127.0.0.1:9", port=taken.getsockname()[1])
        with pytest.raises(DepotFailed, match="Cannot listen on"), failing:
            pass
    assert not failing.running
