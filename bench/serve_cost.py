"""What it costs to serve a file that lies in memory: CPU seconds (user and system) of the server per GB.

The depot's answer to one client against nginx with ``sendfile on``, one process, default settings; the same client
takes the same file from both, in turns, in each round.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import nginx
from bench.figure import Figure
from bench.scale import Scale
from steelyard.testing.hub import Blob

_ROOT = Path(__file__).parents[1]
_TIMES = 4  # a process's time is told in steps of 10 ms: a GB alone takes too few of them


@dataclass(frozen=True, slots=True)
class Server:
    """A server to be asked, and its process."""

    port: int
    pid: int

    def cost(self, name: str, size: int) -> float:
        """CPU seconds per GB; what is too little to be seen is one step."""
        before = cpu_ticks(self.pid)
        for _ in range(_TIMES):
            _take(self.port, name, size)
        ticks = max(1, cpu_ticks(self.pid) - before)
        return ticks / os.sysconf("SC_CLK_TCK") / (_TIMES * size / 1e9)


def measure(scale: Scale, work: Path) -> list[Figure]:
    """The depot, nginx where it is installed, and their ratio."""
    file = work / "files" / "model.safetensors"
    file.parent.mkdir()
    with file.open("wb") as out:
        out.writelines(Blob(scale.served_size, seed=1).chunks())
    with ExitStack() as running:
        ours = running.enter_context(_depot(file))
        theirs = running.enter_context(_nginx(file, work)) if nginx.is_installed() else None
        return _compare(ours, theirs, file, scale)


def cpu_ticks(pid: int) -> int:
    """What a process has used so far, its threads included (proc(5), fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _compare(ours: Server, theirs: Server | None, file: Path, scale: Scale) -> list[Figure]:
    size = file.stat().st_size
    servers = [ours] if theirs is None else [ours, theirs]
    costs: dict[Server, list[float]] = {server: [] for server in servers}
    for number in range(scale.rounds):
        for server in servers if number % 2 == 0 else reversed(servers):
            costs[server].append(server.cost(file.name, size))
    name = f"serve {size / 1e9:g} GB from memory"
    figures = [Figure(f"{name}: depot", "CPU s/GB", tuple(costs[ours]))]
    if theirs is None:
        print("!!! nginx is not installed: the depot is measured against nothing", flush=True)
        return figures
    ratios = tuple(our / their for our, their in zip(costs[ours], costs[theirs], strict=True))
    return [
        *figures,
        Figure(f"{name}: nginx", "CPU s/GB", tuple(costs[theirs])),
        Figure(f"{name}: depot / nginx", "x", ratios, below=1.3),
    ]


def _take(port: int, name: str, size: int) -> None:
    """Fetch the file and throw it away."""
    buffer = bytearray(1 << 20)
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.sendall(f"GET /{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        got = 0
        while count := peer.recv_into(buffer):
            got += count
    assert got > size, got  # the headers came with it


@contextmanager
def _depot(file: Path) -> Iterator[Server]:
    command = [sys.executable, "-m", "bench.file_server", str(file)]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port, pid = map(int, process.stdout.readline().split())
            yield Server(port, pid)
        finally:
            process.terminate()


@contextmanager
def _nginx(file: Path, work: Path) -> Iterator[Server]:
    folder = work / "nginx"
    with nginx.running(folder, f"root {file.parent};") as port:
        _take(port, file.name, file.stat().st_size)  # whoever answers has written its id down
        yield Server(port, int((folder / "pid").read_text()))
