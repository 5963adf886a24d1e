"""Asks Headscale for its nodes, in the dialect that it speaks."""

import asyncio

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar
from yarl import URL

from steelyard.identity.tailnet.nodes import People, people_of
from steelyard.identity.tailnet.trouble import Trouble
from steelyard.identity.tailnet.wire import Answer, decoded, get

MOST_BYTES = 8 << 20  # some 10,000 nodes
_PATHS = ("api/v1/node", "api/v1/machine")  # since 0.23, before
_UNKNOWN_PATH = frozenset({404, 405, 501})  # its gateway says 404; a proxy before it may say it in another way
_LONGEST = 30.0  # seconds; nobody waits for it
_NEW_KEY = "Make a new key with 'headscale apikeys create' (keys live for 90 days) and set HEADSCALE_API_KEY."


class HeadscaleApi:
    """One Headscale. Only the host and port of its address are ever asked."""

    def __init__(self, url: str, api_key: str) -> None:
        self._url = URL(f"{url.rstrip('/')}/")
        self._headers = {"Authorization": f"Bearer {api_key}", "Accept": "application/json"}
        self._path = _PATHS[0]
        self._session: ClientSession | None = None

    async def people(self) -> People:
        """Whose every address is. Raises Trouble."""
        answer = await self._answer()
        # Off the loop: 8,000 nodes take 0.4 s to read; json.loads still holds the loop up for 0.1 s of it.
        return await asyncio.to_thread(lambda: people_of(decoded("Headscale", answer.body)))

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()

    async def _answer(self) -> Answer:
        """From the path that worked last time, else from the other one: after an upgrade it is another."""
        for path in sorted(_PATHS, key=lambda path: path != self._path):
            answer = await get(self._opened(), self._url.joinpath(path), MOST_BYTES, self._away())
            if answer.status not in _UNKNOWN_PATH:
                _require_list(answer)
                self._path = path
                return answer
        raise Trouble(
            f"{self._url.host} knows neither /{_PATHS[0]} nor /{_PATHS[1]}.",
            "Set HEADSCALE_URL to the address that 'tailscale up --login-server' takes.",
        )

    def _away(self) -> Trouble:
        return Trouble(
            f"Headscale does not answer at {self._url.origin()}.",
            "See whether it runs and can be reached from here; until it answers, its last list counts.",
        )

    def _opened(self) -> ClientSession:
        if self._session is None:  # opened on first use, because it belongs to the running loop
            timeout = ClientTimeout(total=_LONGEST)
            self._session = ClientSession(headers=self._headers, timeout=timeout, cookie_jar=DummyCookieJar())
        return self._session


def _require_list(answer: Answer) -> None:
    if answer.status == 200:
        return
    if answer.status in {401, 403}:
        raise Trouble(f"Headscale refuses the depot's key ({answer.status}).", _NEW_KEY)
    if answer.goes_to is not None:
        raise Trouble(
            f"Headscale sends on to {answer.goes_to}, where the depot does not follow.",
            "Set HEADSCALE_URL to the address that Headscale itself has.",
        )
    raise Trouble(f"Headscale answers {answer.status}.", "Its log says why; until then its last list counts.")
