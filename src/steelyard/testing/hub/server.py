"""The stand-in hub itself: two listeners, and what tests say to it."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from steelyard.core.ref import Kind
from steelyard.testing.hub.content import Content, ContentStore
from steelyard.testing.hub.folders import find_repositories
from steelyard.testing.hub.routes import cdn_app, hub_app
from steelyard.testing.hub.state import HubState

_HOST = "127.0.0.1"
_STOP_WITHIN = 0.2  # seconds that answers under way get when the hub closes


class StandInHub(HubState):
    """A hub on this machine, listening inside ``async with``.

    ``root`` is the folder its bytes lie in; without one it makes a temporary folder and removes it at the end.
    ``url`` is the hub (127.0.0.1), ``cdn_url`` the other origin (localhost, another port). Attributes that may be
    changed at any time: ``page_size``, ``tokens``, ``announce_xet``; rules go into ``faults``, requests are in
    ``ledger``. One hub serves once.
    """

    def __init__(self, root: Path | None = None, *, port: int = 0) -> None:
        super().__init__()
        self._store = ContentStore(root)
        self._port = port
        self._runners: list[web.AppRunner] = []

    def add(
        self,
        repo_id: str,
        files: Mapping[str, Content],
        *,
        kind: Kind | str = Kind.MODEL,
        branch: str = "main",
        tag: str | None = None,
        gated: bool = False,
        card: Mapping[str, object] | None = None,
    ) -> str:
        """Commit exactly these files on top of the branch, and give back the commit's hash.

        The hash follows from name, files and history, so two hubs with the same past agree. Earlier commits stay
        reachable by hash and tag. Paths are taken as they are, so that a hostile hub can be played.
        """
        repo = self.repos.open(Kind(kind), repo_id)
        repo.gated = gated
        repo.card = card if card is not None else repo.card
        stored = {path: self._store.keep(path, content) for path, content in files.items()}
        commit = repo.commit(stored, branch)
        if tag is not None:
            repo.tags[tag] = commit.oid
        return commit.oid

    def add_folder(self, root: Path) -> list[str]:
        """Serve every repository folder in ``root`` from where it lies; the names of the models added."""
        found = find_repositories(root)
        for repo_id, files in found.items():
            self.add(repo_id, files)
        return list(found)

    @property
    def xet_hits(self) -> int:
        """How many requests went for Xet: read tokens here, anything else at the other origin's ``/xet``."""
        tokens = self.ledger.requests(call="xet-read-token")
        return len(tokens) + sum(one.path.startswith("/xet") for one in self.ledger.requests(origin="cdn"))

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self.url = f"http://{_HOST}:{await self._listen(hub_app(self), self._port)}"
        self.cdn_url = f"http://localhost:{await self._listen(cdn_app(self), 0)}"

    async def close(self) -> None:
        """Stop listening, end what is under way, remove the temporary folder."""
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()
        self._store.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _listen(self, app: web.Application, port: int) -> int:
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=_STOP_WITHIN)
        self._runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, _HOST, port).start()
        return int(runner.addresses[0][1])
