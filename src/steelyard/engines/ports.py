"""Ports of this machine: one that is free, and whose one is, by Linux's ``/proc``."""

import socket
from pathlib import Path

from steelyard.engines.usage import tree

_PROC = Path("/proc")
_LISTENS = "0A"


def free_port() -> int:
    """A port of this machine that is free now; somebody else may take it first."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def listens(pid: int, port: int, proc: Path = _PROC) -> bool | None:
    """Whether a process, or one that it started, is who listens there; None where nobody can tell."""
    try:
        sockets = _listening(proc / "net/tcp", port)
    except (OSError, ValueError, IndexError):
        return None
    return any(f"socket:[{number}]" in _open_files(one, proc) for one in tree(pid, proc) for number in sockets)


def _listening(table: Path, port: int) -> list[str]:
    """The numbers of sockets. Format: proc_pid_net(5), ``/proc/net/tcp``."""
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    return [row[9] for row in rows if row[3] == _LISTENS and int(row[1].rpartition(":")[2], 16) == port]


def _open_files(pid: int, proc: Path) -> set[str]:
    try:
        return {_target(link) for link in (proc / str(pid) / "fd").iterdir()}
    except OSError:
        return set()  # it has just ended


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""  # just closed
