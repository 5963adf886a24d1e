"""A hub in memory that notes what it is asked, and answers when a test lets it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from steelyard.core.ref import Kind
from steelyard.sources.protocol import RemoteFile, Repository, Resolved
from steelyard.testing.source import FakeSource

REPOSITORY = Repository(Kind.MODEL, "org/name")
FILES = {"config.json": b"{}", "model.safetensors": bytes(5000)}
DOCUMENT = {"id": "org/name", "likes": 7}


class AskedHub(FakeSource):
    """``asked`` names the calls in order; ``answers`` cleared holds every answer back.

    ``renamed`` is what the hub calls repositories now, by their old names; ``accepted`` are gated ones whose licence
    the depot has accepted.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.renamed: dict[str, str] = {}
        self.accepted: set[str] = set()

    async def resolve(self, repository: Repository, revision: str | None) -> Resolved:
        """Note it."""
        await self._ask("resolve")
        now = Repository(repository.kind, self.renamed.get(repository.name, repository.name))
        found = await super().resolve(now, revision)
        return Resolved(now, found.commit, now.name in self.accepted, found.document)

    async def list_files(self, repository: Repository, commit: str) -> list[RemoteFile]:
        """Note it."""
        await self._ask("list")
        return await super().list_files(repository, commit)

    async def refs(self, repository: Repository) -> Mapping[str, Any]:
        """Note it."""
        await self._ask("refs")
        return await super().refs(repository)

    async def commits(self, repository: Repository, revision: str, page: int) -> tuple[list[Mapping[str, Any]], bool]:
        """Note it."""
        await self._ask("commits")
        return await super().commits(repository, revision, page)

    async def describe(self, repository: Repository, commit: str, paths: Sequence[str]) -> list[RemoteFile]:
        """Note it."""
        await self._ask("describe")
        return await super().describe(repository, commit, paths)

    async def _ask(self, call: str) -> None:
        self.asked.append(call)
        await self.answers.wait()
