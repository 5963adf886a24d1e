"""GET for JSON from an address of the settings: no redirect is followed, and nothing is read without an end."""

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession
from yarl import URL

from steelyard.identity.tailnet.trouble import Trouble

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; the body is read for 200 only. ``goes_to`` is the origin that a redirect names."""

    status: int
    body: bytes
    goes_to: str | None = None


async def get(session: ClientSession, url: URL, most: int, away: Trouble) -> Answer:
    """Ask, and read ``most`` bytes of the body at most. Raises Trouble: ``away`` when the connection does not work."""
    try:
        async with session.get(url, allow_redirects=False) as response:
            body = await _body(response, most) if response.status == 200 else b""
            return Answer(response.status, body, _target(response))
    except (ClientError, TimeoutError, OSError) as error:
        raise away from error


def decoded(name: str, body: bytes) -> Any:
    """The JSON in a body. Raises Trouble for anything else."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:  # nested deeper than Python goes
        hint = f"See whether it is {name} that listens there; a proxy's page for people is no answer."
        raise Trouble(f"{name} does not answer with JSON.", hint) from error


async def _body(response: ClientResponse, most: int) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > most:
            response.close()
            raise Trouble(
                f"An answer of {response.url.host} is larger than {most >> 20} MiB.",
                "See what listens there: no list of nodes is that long.",
            )
    return bytes(body)


def _target(response: ClientResponse) -> str | None:
    if not 300 <= response.status < 400:
        return None
    try:
        return str(response.url.join(URL(response.headers.get("Location", ""))).origin())
    except ValueError:
        return "what is no address"
