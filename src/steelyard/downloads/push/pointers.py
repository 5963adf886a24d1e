"""The references in a repository's folder follow the table: written after it, and last of all."""

from steelyard.catalog import store as catalog
from steelyard.catalog.models import Entry
from steelyard.downloads.push import store
from steelyard.downloads.push.store import StoredRef
from steelyard.downloads.tools import Tools

_TRIES = 5  # a branch that others move as fast as it is written is written by the last of them


class Pointers:
    """One store's references of pushed repositories."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def follow(self, entry: int, name: str) -> None:
        """Let a reference's file say what the table does. Raises OSError.

        It looks at the table again after each writing: whoever writes last has then seen its last change.
        """
        done: tuple[Entry, str | None] | None = None
        for _ in range(_TRIES):
            wanted = await self._tools.database.read(
                lambda connection: (catalog.get(connection, entry), store.head(connection, entry, name))
            )
            found, commit = wanted
            if found is None or found.trash is not None or done == (found, commit):
                return
            done = (found, commit)
            await self._tools.run(lambda found=found, commit=commit: self._write(found, name, commit))  # type: ignore[misc]

    async def mend(self) -> int:
        """Write what a process that was killed has left unwritten; returns how many there were. Raises OSError."""
        wanted = await self._tools.database.read(store.all_refs)
        wrong = await self._tools.run(lambda: [one for one in wanted if not self._is_written(one)])
        for one in wrong:
            await self.follow(one.entry, one.name)
        return len(wrong)

    def _is_written(self, ref: StoredRef) -> bool:
        try:
            return self._tools.storage.layout.ref(ref.folder, ref.name).read_text() == ref.commit
        except OSError:
            return False

    def _write(self, entry: Entry, name: str, commit: str | None) -> None:
        if commit is None:
            self._tools.storage.layout.ref(entry.folder, name).unlink(missing_ok=True)
        else:
            self._tools.storage.write_ref(entry.folder, name, commit)
