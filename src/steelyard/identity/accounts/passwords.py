"""Passwords: which ones can be used, and their hashes in threads of their own: each takes 19 MiB and a core."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Protocol, TypeVar

from steelyard.core.ids import random_text
from steelyard.core.threads import unabandoned
from steelyard.identity.accounts.errors import BadPassword
from steelyard.identity.names import name_key

T = TypeVar("T")
MIN_LENGTH = 10
MAX_LENGTH = 1000
_THREADS = 2


class Hasher(Protocol):
    """A slow hash of passwords; its text form holds its salt and parameters."""

    def hash(self, password: str) -> str:
        """A new hash, never the same twice."""

    def verify(self, stored: str, password: str) -> bool:
        """Whether the hash is of this password."""

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than a new one would be."""


class Passwords:
    """Makes and checks hashes. A check costs the same whether or not there is a hash to check against."""

    def __init__(self, hasher: Hasher, threads: Executor) -> None:
        self._hasher = hasher
        self._threads = threads
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """What to keep of a password."""
        return await self._run(lambda: self._hasher.hash(_normal(password)))

    async def check(self, stored: str | None, password: str) -> bool:
        """Whether it is the password. Without a stored hash the answer is no, after as much work."""
        return await self._run(lambda: self._check(stored, _normal(password)))

    def is_outdated(self, stored: str) -> bool:
        """Whether a new hash would be better."""
        return self._hasher.is_outdated(stored)

    def _check(self, stored: str | None, password: str) -> bool:
        if self._nobodys is None:
            self._nobodys = self._hasher.hash(random_text(MIN_LENGTH))
        return self._hasher.verify(self._nobodys if stored is None else stored, password) and stored is not None

    async def _run(self, work: Callable[[], T]) -> T:
        return await unabandoned(asyncio.get_running_loop().run_in_executor(self._threads, work))


def password_threads() -> ThreadPoolExecutor:
    """Where hashes are computed; whoever comes third waits."""
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="password")


def check_password(password: str, name: str) -> None:
    """Raises BadPassword for one that is too short, too long, or the name."""
    if len(password) < MIN_LENGTH:
        raise BadPassword(f"It has {len(password)} characters.", hint=f"Take at least {MIN_LENGTH}; a few words do.")
    if len(password) > MAX_LENGTH:
        raise BadPassword(f"It has {len(password)} characters.", hint=f"Take at most {MAX_LENGTH}.")
    if name_key(password) == name_key(name):
        raise BadPassword("It is the user name.", hint="Take something that nobody else knows.")


def _normal(password: str) -> str:
    # The same letters come in different forms from different keyboards (NIST SP 800-63B, 5.1.1.2).
    return unicodedata.normalize("NFKC", password)
