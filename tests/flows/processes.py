"""Real processes of the real programs, each ended before the test ends."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_OURS = ("STEELYARD_", "HF_", "DATABASE_URL")
_START_WITHIN = 30.0
_STOP_WITHIN = 10.0
STEELYARD = Path(sys.executable).with_name("steelyard")


@dataclass(frozen=True)
class Done:
    """How a process ended and what it wrote."""

    code: int
    out: str
    err: str


def environment(**extra: str) -> dict[str, str]:
    """This process's variables without any that would configure a depot or a hub."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**kept, **extra}


async def run(*command: str | Path, **variables: str) -> Done:
    """Run a program to its end."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command), env=environment(**variables),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return Done(process.returncode or 0, out.decode(), err.decode())


@asynccontextmanager
async def serving(home: Path, **variables: str) -> AsyncIterator[str]:
    """``steelyard serve`` in a process of its own; gives its address."""
    process = await asyncio.create_subprocess_exec(
        str(STEELYARD), "serve", "--home", str(home), "--port", "0", env=environment(**variables),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    reading = None
    try:
        async with asyncio.timeout(_START_WITHIN):
            address = await _address(process.stderr)
        reading = asyncio.create_task(process.stderr.read())  # a full pipe would stop the server
        yield address
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(_STOP_WITHIN):
            await process.wait()
        if reading is not None:
            await reading
    assert process.returncode in {0, -signal.SIGTERM, 128 + signal.SIGTERM}


async def _address(lines: asyncio.StreamReader) -> str:
    seen = []
    async for line in lines:
        seen.append(line.decode())
        if "Steelyard listens" in seen[-1]:
            return str(json.loads(seen[-1])["url"])
    raise AssertionError(f"the server ended before it listened: {''.join(seen)}")
