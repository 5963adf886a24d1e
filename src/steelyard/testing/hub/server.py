"""The stand-in hub itself: two listeners, and what tests say to it."""

import asyncio
from collections.abc import Coroutine, Mapping
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
    changed at any time: ``page_size``, ``commits_page_size``, ``tokens``, ``announce_xet``; rules go into ``faults``,
    requests are in ``ledger``. One hub serves once, but may be away in between.
    """

    def __init__(self, root: Path | None = None, *, port: int = 0) -> None:
        super().__init__()
        self._store = ContentStore(root)
        self._port = port
        self._runners: list[web.AppRunner] = []
        self._sites: list[web.TCPSite] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(
        self,
        repo_id: str,
        files: Mapping[str, Content],
        *,
        kind: Kind | str = Kind.MODEL,
        branch: str = "main",
        tag: str | None = None,
        gated: bool = False,
        private: bool = False,
        card: Mapping[str, object] | None = None,
    ) -> str:
        """Commit exactly these files on top of the branch, and give back the commit's hash.

        The hash follows from name, files and history, so two hubs with the same past agree. Earlier commits stay
        reachable by hash and tag. A branch called ``refs/pr/1`` is a pull request, ``refs/convert/parquet`` a
        conversion. Paths are taken as they are, so that a hostile hub can be played.
        """
        repo = self.repos.open(Kind(kind), repo_id)
        repo.gated, repo.private = gated, private
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
        """How many requests went for Xet: read tokens here, the store itself at the other origin's ``/xet``."""
        return len(self.ledger.requests(call="xet-read-token")) + len(self.ledger.requests(call="cas"))

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._loop = asyncio.get_running_loop()
        self.url = f"http://{_HOST}:{await self._listen(hub_app(self), self._port)}"
        self.cdn_url = f"http://localhost:{await self._listen(cdn_app(self), 0)}"

    async def go_away(self) -> None:
        """Break every connection and refuse new ones, on both origins. From any thread and loop."""
        await self._in_own_loop(self._leave())

    async def come_back(self) -> None:
        """Listen again at the same addresses. From any thread and loop."""
        await self._in_own_loop(self._return())

    async def close(self) -> None:
        """Stop listening, end what is under way, remove the temporary folder."""
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()
        self._sites.clear()
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
        site = web.TCPSite(runner, _HOST, port)
        await site.start()
        self._sites.append(site)
        return int(runner.addresses[0][1])

    async def _leave(self) -> None:
        for site, runner in zip(self._sites, self._runners, strict=False):
            await site.stop()
            if runner.server is not None:
                await runner.server.shutdown(_STOP_WITHIN)
        self._sites.clear()

    async def _return(self) -> None:
        if self._sites:
            return
        ports = [int(url.rpartition(":")[2]) for url in (self.url, self.cdn_url)]
        self._sites = [web.TCPSite(runner, _HOST, port) for runner, port in zip(self._runners, ports, strict=True)]
        for site in self._sites:
            await site.start()

    async def _in_own_loop(self, work: Coroutine[None, None, None]) -> None:
        if self._loop is None:
            work.close()
            raise RuntimeError("the hub does not listen; start it first")
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))
