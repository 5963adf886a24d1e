"""Argon2id, and the threads that it runs in."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from steelyard.identity.accounts.argon2id import Argon2
from steelyard.identity.accounts.passwords import Passwords, password_threads
from tests.unit.identity.accounts.yard import CountingHasher

CHEAP = Argon2(kib=8, passes=1)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with password_threads() as threads:
        yield threads


async def test_a_password_is_known_by_its_hash(threads: ThreadPoolExecutor) -> None:
    passwords = Passwords(CHEAP, threads)
    stored = await passwords.hash("Zoë's password")
    assert stored.startswith("$argon2id$")
    assert await passwords.check(stored, "Zoe\u0308's password")  # the same letters from another keyboard
    assert not await passwords.check(stored, "Zoe's password")
    assert not await passwords.check("no hash at all", "Zoë's password")
    assert not await passwords.check(None, "Zoë's password")


def test_the_parameters_are_those_that_owasp_asks_for() -> None:
    assert Argon2().hash("a password").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_other_parameters_are_outdated() -> None:
    assert Argon2(kib=8, passes=2).is_outdated(CHEAP.hash("a password"))
    assert not CHEAP.is_outdated(CHEAP.hash("a password"))


async def test_two_are_hashed_at_once_at_most(threads: ThreadPoolExecutor) -> None:
    class Busy(CountingHasher):
        together, most = 0, 0
        lock = threading.Lock()

        def hash(self, password: str) -> str:
            with self.lock:
                self.together += 1
                self.most = max(self.most, self.together)
            hashed = CHEAP.hash(password)
            with self.lock:
                self.together -= 1
            return hashed

    hasher = Busy()
    await asyncio.gather(*(Passwords(hasher, threads).hash(str(number)) for number in range(20)))
    assert 1 <= hasher.most <= 2
