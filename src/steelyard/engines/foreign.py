"""Servers that others wrote, run as children: started, waited for, and their failures told."""

import asyncio
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from steelyard.core.errors import SteelyardError
from steelyard.engines.child import Child, ChildEnded, start_child
from steelyard.engines.errors import CannotLoad, EngineFailed, EngineUnreachable, TooLarge
from steelyard.engines.failures import killed
from steelyard.engines.http1 import place_of
from steelyard.engines.listing import names_in
from steelyard.engines.log import without_paths, without_secrets
from steelyard.engines.models import Endpoint
from steelyard.engines.ports import listens
from steelyard.engines.running import RunningChild
from steelyard.engines.wire import EngineClient

_GUARDIAN = (sys.executable, "-P", "-m", "steelyard.engines.guardian")
_LOOK_EVERY = 0.1  # seconds
_SHOWN = 5  # lines
_GRACE = 10.0  # seconds: they give their cards back
_MEMORY = re.compile(
    r"out of memory|OutOfMemory|bad_alloc|MemoryError|No available memory|Cannot allocate", re.IGNORECASE
)
_FILES = re.compile(r"does not recognize this architecture|not supported for now|SafetensorError|HeaderTooLarge|"
                    r"no file named|are not supported|InvalidHeader|MetadataIncomplete", re.IGNORECASE)  # fmt: skip
_KILLED = (-9, 137)


@dataclass(frozen=True, slots=True)
class Launch:
    """A server to be started: its program, what it is called to people, what it loads, and where it is to answer.

    ``fatal`` words in its log mean that it answers nobody any more though it runs.
    """

    engine: str
    model: str
    path: Path
    argv: Sequence[str]
    endpoint: Endpoint
    environment: Mapping[str, str] = field(default_factory=dict)
    fatal: str | None = None


async def start_foreign(launch: Launch, client: EngineClient, within: float) -> RunningChild:
    """Start it and return when it answers ``/health``. Cancelled, it leaves nothing behind.

    Raises CannotLoad, TooLarge or EngineFailed, the last when it is not ready ``within`` so many seconds.
    """
    child = await start_child((*_GUARDIAN, *launch.argv), None, launch.environment, _GRACE, launch.fatal)
    try:
        async with asyncio.timeout(within):
            await _ready(child, launch.endpoint, client)
    except ChildEnded as ended:
        await child.stop()
        raise failure_of(launch, ended.status, ended.lines) from None
    except TimeoutError:
        await child.stop()
        raise EngineFailed(
            f"{launch.engine} was not ready within {within:g} s: {_last(launch, child.last_lines())}",
            hint="Set engines.start_seconds higher if it only needs more time.",
        ) from None
    except BaseException:
        await child.stop()
        raise
    return RunningChild(child, launch.endpoint, launch.path)


async def _ready(child: Child, endpoint: Endpoint, client: EngineClient) -> None:
    while not (await client.is_healthy(endpoint) and await _is_ours(child, endpoint, client)):
        if not child.is_alive:
            await child.ended()
            raise child.failure()
        await asyncio.sleep(_LOOK_EVERY)
    if not child.is_alive:
        raise child.failure()


async def _is_ours(child: Child, endpoint: Endpoint, client: EngineClient) -> bool:
    """Whether it is the child that answers: another program may have taken its port while it was free.

    By who listens there, where that can be seen; and by the key, where it asks for one: without it nothing is told, and
    with it the model's name.
    """
    if listens(child.pid, place_of(endpoint.url).port) is False:
        return False
    if endpoint.key is None:
        return True
    try:
        return await _names(replace(endpoint, key=None), client) is None and endpoint.model in (
            await _names(endpoint, client) or ()
        )
    except EngineUnreachable:
        return False


async def _names(endpoint: Endpoint, client: EngineClient) -> Sequence[str] | None:
    """What it lists; None: it refuses to. Raises EngineUnreachable."""
    try:
        return names_in(await client.get(endpoint, "/v1/models"))
    except EngineUnreachable:
        raise
    except SteelyardError:
        return None


def failure_of(launch: Launch, status: int, lines: Sequence[str]) -> SteelyardError:
    """Why it did not start, from its exit status and its last lines. Pure."""
    text = "\n".join(lines)
    if _MEMORY.search(text):
        return TooLarge(
            f"{launch.engine} got no memory for {launch.model}.",
            hint="Ask for less context, take a smaller model, or unload others.",
        )
    if status in _KILLED:
        return killed(launch.engine, launch.model, _last(launch, lines))
    told = f"{launch.engine} ended while it loaded {launch.model}: {_last(launch, lines)}"
    if _FILES.search(text):
        return CannotLoad(told, hint="Take another model or another engine: steelyard engines lists them.")
    return EngineFailed(told, hint="Try again; look into the server's log.")


def _last(launch: Launch, lines: Sequence[str]) -> str:
    cleaned = [without_paths(without_secrets(line, launch.endpoint.key), launch.path) for line in lines[-_SHOWN:]]
    return " / ".join(cleaned) or "it wrote nothing"
