"""A mirror of one repository in memory, behind the addresses that the depot has."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx2
from starlette.applications import Starlette
from starlette.types import Scope

from steelyard.catalog.errors import NotYours
from steelyard.catalog.models import Entry, EntryName, File, FileState, ModelStatus, Traits
from steelyard.core.errors import SteelyardError
from steelyard.core.ref import Kind
from steelyard.dialects.huggingface.files import FileCalls
from steelyard.dialects.huggingface.routes import MirrorCalls, create_routes
from steelyard.downloads.arrivals import Arrivals
from steelyard.downloads.mirror.errors import FileUnknown
from steelyard.downloads.mirror.history import Branches, Commits
from steelyard.downloads.mirror.models import Named, Placed, Shown
from steelyard.downloads.mirror.opening import Here
from steelyard.downloads.mirror.service import Mirror
from steelyard.http.accel import Accel
from steelyard.identity.people import People
from steelyard.identity.principal import EVERYTHING, Access, Caller, Principal, PrincipalKind
from steelyard.testing.source import digest_of

COMMIT = "c" * 40
NAME = EntryName("huggingface", Kind.MODEL, "org/name")
HEAD = {"id": COMMIT, "title": "Add files", "message": "", "authors": [], "date": "2026-01-01T00:00:00.000Z"}
CONTENT = bytes(range(256)) * 20
CONFIG = b'{"a": 1}'
FILES = [
    File("config.json", len(CONFIG), digest_of(CONFIG), FileState.STORED),
    File("model.safetensors", len(CONTENT), digest_of(CONTENT), FileState.STORED),
]


@dataclass
class ShownMirror:
    """What a mirror answers, and what was asked of it."""

    folder: Path
    files: list[File] = field(default_factory=lambda: list(FILES))
    entry: Entry | None = None
    fails: SteelyardError | None = None
    branches: Branches = field(default_factory=lambda: Branches(None, {"main": COMMIT, "refs/tags/v1": COMMIT}))
    pages: list[Commits] = field(default_factory=lambda: [Commits([HEAD], more=True), Commits([])])
    doubted: bool = False
    peeks: bool = False
    namespaces: Sequence[str] = ()
    asked: list[Any] = field(default_factory=list)

    async def place(self, named: Named, caller: Caller, path: str | None = None) -> Placed:
        """The one commit, whatever is named."""
        self.asked.append(("place", named.repository.kind.value, named.repository.name, named.revision, caller.name))
        if self.fails is not None:
            raise self.fails
        return Placed(EntryName("huggingface", named.repository.kind, named.repository.name), COMMIT, self.entry)

    async def shown(self, placed: Placed) -> Shown:
        """All files."""
        return Shown(placed.name, placed.commit, self.files, {"likes": 7})

    async def show(self, named: Named, caller: Caller) -> Shown:
        """All files."""
        return await self.shown(await self.place(named, caller))

    async def file(self, placed: Placed, path: str) -> File:
        """One file."""
        found = next((file for file in self.files if file.path == path), None)
        if found is None:
            raise FileUnknown(f"There is no {path!r}.", commit=placed.commit)
        return found

    async def refs(self, _placed: Placed) -> Branches:
        """As the test says."""
        return self.branches

    async def commits(self, _placed: Placed, page: int) -> Commits:
        """As the test says."""
        self.asked.append(("commits", page))
        return self.pages[min(page, len(self.pages) - 1)]

    async def touch(self, _placed: Placed, caller: Caller) -> None:
        """Note it."""
        self.asked.append(("touch", caller.name))

    def require_writable(self, _placed: Placed, caller: Caller) -> None:
        """Only alice may."""
        if caller.name != "alice":
            raise NotYours("You cannot push to it.", hint="Push elsewhere.")

    async def open(self, _placed: Placed, file: File, caller: Caller) -> Here:
        """It lies in the folder."""
        self.asked.append(("open", file.path, caller.name))
        place = self.folder / file.path
        place.write_bytes(CONFIG if file.path == "config.json" else CONTENT)
        return Here(place)

    def may_peek(self, _placed: Placed, _file: File, _stop: int, _caller: Caller) -> bool:
        """As the test says."""
        return self.peeks

    async def is_doubted(self, _file: File) -> bool:
        """As the test says."""
        return self.doubted

    @asynccontextmanager
    async def passed_through(
        self, _placed: Placed, file: File, start: int, stop: int
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Straight from the hub."""
        self.asked.append(("passed", file.path, start, stop))

        async def pieces() -> AsyncIterator[bytes]:
            yield CONTENT[start:stop]

        yield pieces()


class NamedPeople:
    """Everybody is who they say they are."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def caller(self, _scope: Scope, declared: str | None = None) -> Caller:
        """By the declared name."""
        name = declared or "somebody"
        return Caller(Principal(1, PrincipalKind.DECLARED, name, name), "192.0.2.7", "agent", self._access)


class Client:
    """A client of the hub, at the depot."""

    def __init__(
        self, mirror: ShownMirror, *, public_url: str | None = None, accel: Accel | None = None,
        access: Access = EVERYTHING,
    ) -> None:  # fmt: skip
        files = FileCalls(cast("Mirror", mirror), Arrivals(), accel, None)
        calls = MirrorCalls(cast("Mirror", mirror), files, cast("People", NamedPeople(access)), public_url)
        self._app = Starlette(routes=create_routes(calls.answer))

    async def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """One request, answered."""
        transport = httpx2.ASGITransport(self._app, client=("192.0.2.7", 5))
        async with httpx2.AsyncClient(transport=transport, base_url="http://depot:8420") as client:
            return await client.request(method, path, **more)

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """A GET with headers, whose names are written with underscores."""
        return await self.ask("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()})


def entry_with(tags: list[str], description: str | None = None) -> Entry:
    """An entry of the shelf with these tags."""
    return Entry(
        1, NAME, "org/name", description, tags, "alice", active=True, private=False, pinned=False,
        status=ModelStatus.READY, format=None, traits=Traits(), size=0, first_download=None, download_count=0, uses=0,
        first_used_at=None, last_used_at=None, created_at=datetime(2026, 1, 1, tzinfo=UTC), trash=None,
    )  # fmt: skip
