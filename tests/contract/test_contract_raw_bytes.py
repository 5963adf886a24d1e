"""Bytes that no client library would send, over real sockets."""

import asyncio

import pytest

from tests.contract.problems import assert_well
from tests.flows.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOST = b"Host: 127.0.0.1\r\nConnection: close\r\n"


async def send(house: House, data: bytes, *, hang_up: bool = False) -> int:
    """The status of the answer to raw bytes; 0 when the server only closes the connection."""
    url = house.http.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(data)
    if hang_up:
        writer.write_eof()
    async with asyncio.timeout(10):
        first = await reader.readline()
        await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(first.split()[1]) if first else 0


def post(body: bytes, headers: bytes = b"") -> bytes:
    """A POST /pull with these bytes."""
    length = b"Content-Length: %d\r\n" % len(body)
    return b"POST /pull HTTP/1.1\r\n" + HOST + length + b"Content-Type: application/json\r\n" + headers + b"\r\n" + body


REQUESTS = {
    "bytes in the path": b"GET /api/models/\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n",
    "latin-1 in the path": "GET /api/models/\u00e9 HTTP/1.1\r\n".encode("latin-1") + HOST + b"\r\n",
    "utf-8 in the path": "GET /api/models/\u00e9 HTTP/1.1\r\n".encode() + HOST + b"\r\n",
    "bytes in a job's id": b"GET /jobs/\xff HTTP/1.1\r\n" + HOST + b"\r\n",
    "encoded bytes in the path": b"GET /api/models/%ff%fe HTTP/1.1\r\n" + HOST + b"\r\n",
    "half an escape": b"GET /api/models/%f HTTP/1.1\r\n" + HOST + b"\r\n",
    "a surrogate in the path": b"GET /jobs/%ed%a0%80 HTTP/1.1\r\n" + HOST + b"\r\n",
    "NUL in the path": b"GET /jobs/%00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "dots": b"GET /api/models/../../../../etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n",
    "dots in static": b"GET /static/../../../../etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n",
    "encoded dots in static": b"GET /static/%2e%2e/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n",
    "bytes in the query": b"GET /jobs?limit=\xff HTTP/1.1\r\n" + HOST + b"\r\n",
    "bytes in a query's name": b"GET /jobs?\xff\xfe=1 HTTP/1.1\r\n" + HOST + b"\r\n",
    "encoded bytes in the query": b"GET /api/models?sort=%ff HTTP/1.1\r\n" + HOST + b"\r\n",
    "bytes in the body": post(b"\xff\xfe"),
    "bytes in a JSON string": post(b'{"model": "\xff\xfe"}'),
    "bytes in the user header": post(b'{"model": ""}', b"X-Steelyard-User: \xff\xfe\r\n"),
    "a strange host": b"GET /jobs HTTP/1.1\r\nHost: \xff\xfe\r\nConnection: close\r\n\r\n",
    "no host": b"GET /jobs HTTP/1.1\r\nConnection: close\r\n\r\n",
    "two hosts": b"GET /jobs HTTP/1.1\r\nHost: evil.example\r\n" + HOST + b"\r\n",
    "bytes in Origin": post(b"{}", b"Origin: http://\xff\r\n"),
    "a broken Origin": post(b"{}", b"Origin: http://[::1\r\n"),
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a bad length": b"POST /pull HTTP/1.1\r\n" + HOST + b"Content-Length: abc\r\n\r\n",
    "a negative length": b"POST /pull HTTP/1.1\r\n" + HOST + b"Content-Length: -5\r\n\r\n",
    "length and chunks": b"POST /pull HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a bad chunk": b"POST /pull HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
}


@pytest.mark.parametrize("data", REQUESTS.values(), ids=REQUESTS.keys())
async def test_raw_bytes_are_refused(served: House, data: bytes) -> None:
    status = await send(served, data)
    assert status == 0 or 400 <= status < 500
    await assert_well(served)


async def test_a_body_that_ends_early(served: House) -> None:
    cut = post(b'{"model": "org/small"}')[:-10]
    assert await send(served, cut, hang_up=True) < 500
    await assert_well(served)


async def test_encoded_and_plain_names_are_one(served: House) -> None:
    for path in ("org/small", "org%2Fsmall", "%6frg/small", "models/org/small"):
        assert await send(served, f"GET /api/models/{path} HTTP/1.1\r\n".encode() + HOST + b"\r\n") == 200
