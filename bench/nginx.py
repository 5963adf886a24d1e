"""nginx as others run it: one process, ``sendfile on``, everything else as it comes."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.ready import wait_for_port

_SETTINGS = """\
daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 2048; }}
http {{
  access_log off; sendfile on; default_type application/octet-stream;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; {server} }}
}}
"""


def is_installed() -> bool:
    """Whether there is one."""
    return shutil.which("nginx") is not None


@contextmanager
def running(folder: Path, server: str) -> Iterator[int]:
    """The port of one whose server block holds ``server``; ``folder`` is made for its own files."""
    port = _free_port()
    folder.mkdir()
    settings = folder / "nginx.conf"
    settings.write_text(_SETTINGS.format(folder=folder, port=port, server=server))
    with subprocess.Popen(["nginx", "-p", str(folder), "-c", str(settings)], stderr=subprocess.DEVNULL) as process:
        try:
            wait_for_port(port)
            yield port
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
