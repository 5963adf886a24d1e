"""A file of this machine, in the place where the fetcher expects a hub: what is copied goes the way of a download."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from steelyard.catalog.models import FOLDER_HUB
from steelyard.downloads.imports.models import FoundFile
from steelyard.downloads.local import only_from_folder
from steelyard.downloads.tools import Tools
from steelyard.sources.protocol import RemoteFile, Repository, Resolved
from steelyard.storage.adopt import CHANGED, StrangeFile, UnusableFile

_PIECE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Stream:
    """The bytes of an open file from an offset."""

    tools: Tools
    file: StrangeFile
    start: int

    async def chunks(self) -> AsyncIterator[bytes]:
        """Pieces of 4 MiB; at the end the file must be what it was at the beginning. Raises UnusableFile."""
        offset = self.start
        while piece := await self.tools.run(partial(self.file.read, offset, _PIECE)):
            yield piece
            offset += len(piece)
        await self.tools.run(self.file.require_unchanged)


class OneFile:
    """A source of a single file. It knows no revisions: nobody asks it for any."""

    hub = FOLDER_HUB

    def __init__(self, tools: Tools, found: FoundFile) -> None:
        self._tools = tools
        self._found = found

    async def resolve(self, repository: Repository, _revision: str | None) -> Resolved:
        """Raises OnlyFromFolder."""
        raise only_from_folder(repository.name)

    async def list_files(self, repository: Repository, _commit: str) -> list[RemoteFile]:
        """Raises OnlyFromFolder."""
        raise only_from_folder(repository.name)

    @asynccontextmanager
    async def open(
        self, _repository: Repository, _commit: str, _file: RemoteFile, offset: int
    ) -> AsyncIterator[_Stream]:
        """The file from an offset. Raises UnusableFile."""
        opened = await self._tools.run(lambda: StrangeFile(self._found.place))
        with opened:
            if opened.seen != self._found.seen:
                raise UnusableFile(CHANGED)
            yield _Stream(self._tools, opened, offset)

    async def close(self) -> None:
        """Nothing to let go."""
