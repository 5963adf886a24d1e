"""Waiting for a depot that starts."""

import socket
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit


def wait_until_ready(url: str) -> None:
    """Return with the first 200 of ``/health/ready``. Asks anew every 5 ms; the socket is taken before it is served."""
    while _status(url) != 200:
        time.sleep(0.005)


def wait_for_port(port: int) -> None:
    """Return as soon as somebody listens on this machine's port."""
    with socket.socket() as peer:
        while peer.connect_ex(("127.0.0.1", port)) != 0:
            time.sleep(0.005)


def _status(url: str) -> int:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request("GET", "/health/ready")
    status = connection.getresponse().status
    connection.close()
    return status
