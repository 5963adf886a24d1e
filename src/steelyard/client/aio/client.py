"""The way in: one object for one server."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType

import httpx2

from steelyard.client.aio.approvals import Approvals
from steelyard.client.aio.audit import Audit
from steelyard.client.aio.chat import Chat
from steelyard.client.aio.downloads import Downloads
from steelyard.client.aio.engines import Engines
from steelyard.client.aio.events import Events
from steelyard.client.aio.imports import Imports
from steelyard.client.aio.jobs import Jobs
from steelyard.client.aio.keys import Keys
from steelyard.client.aio.models import Models
from steelyard.client.aio.quotas import Quotas
from steelyard.client.aio.sessions import Sessions
from steelyard.client.aio.statistics import Statistics
from steelyard.client.aio.store import Store
from steelyard.client.aio.system import System
from steelyard.client.aio.tokens import Tokens
from steelyard.client.aio.users import Users
from steelyard.client.aio.wire import Wire
from steelyard.client.call import Call, given, shape
from steelyard.client.environment import Address, resolve
from steelyard.client.retry import Retry
from steelyard.client.shapes import Priority, PullAnswer


class AsyncClient:
    """A depot, to be used as an asynchronous context manager or closed with ``aclose``.

    ``url``, ``token`` and ``user`` default to STEELYARD_URL, STEELYARD_TOKEN and STEELYARD_USER (else the login name);
    ``timeout`` is in seconds, for each step of a request. Reads are retried, writes never. Every method raises
    ClientError. Raises BadAddress when ``url`` is none.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        user: str | None = None,
        timeout: float = 30.0,
        *,
        retry: Retry | None = None,
        environ: Mapping[str, str] = os.environ,
        transport: httpx2.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.address: Address = resolve(environ, url, token, user)
        self._wire = Wire(self.address, timeout, retry or Retry(), transport, sleep)
        self.models = Models(self._wire)
        self.chat = Chat(self._wire)
        self.sessions = Sessions(self._wire)
        self.engines = Engines(self._wire)
        self.jobs = Jobs(self._wire)
        self.downloads = Downloads(self._wire)
        self.events = Events(self._wire)
        self.statistics = Statistics(self._wire)
        self.audit = Audit(self._wire)
        self.quotas = Quotas(self._wire)
        self.approvals = Approvals(self._wire)
        self.imports = Imports(self._wire)
        self.store = Store(self._wire)
        self.system = System(self._wire)
        self.users = Users(self._wire)
        self.tokens = Tokens(self._wire)
        self.keys = Keys(self._wire)

    async def pull(
        self,
        model: str,
        *,
        revision: str | None = None,
        include: Sequence[str] | None = None,
        exclude: Sequence[str] | None = None,
        username: str | None = None,
        priority: Priority | None = None,
    ) -> PullAnswer:
        """Ask for a model; the answer comes at once, ``client.jobs.watch(answer["job_id"])`` follows the download.

        Its ``status`` is ``awaiting_approval`` when an administrator must agree first;
        ``client.downloads.get(answer["task_id"])`` tells what was decided.

        ``include`` and ``exclude`` are patterns such as ``*.safetensors``. Raises TooManyRequests when it failed a
        moment ago.
        """
        body = given(
            {
                "model": model,
                "revision": revision,
                "include": list(include) if include else None,
                "exclude": list(exclude) if exclude else None,
                "username": username,
                "priority": priority,
            }
        )
        return await self._wire.send(Call("POST", "/pull", shape(PullAnswer), json=body))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._wire.aclose()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
