# Written by `make sdk` from client/aio/client.py: edit that.
"""The way in: one object for one server."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import httpx2

from steelyard.client.approvals import Approvals
from steelyard.client.audit import Audit
from steelyard.client.call import Call, given, shape
from steelyard.client.chat import Chat
from steelyard.client.downloads import Downloads
from steelyard.client.engines import Engines
from steelyard.client.environment import Address, resolve
from steelyard.client.events import Events
from steelyard.client.imports import Imports
from steelyard.client.jobs import Jobs
from steelyard.client.keys import Keys
from steelyard.client.models import Models
from steelyard.client.quotas import Quotas
from steelyard.client.retry import Retry
from steelyard.client.sessions import Sessions
from steelyard.client.shapes import Priority, PullAnswer
from steelyard.client.statistics import Statistics
from steelyard.client.store import Store
from steelyard.client.system import System
from steelyard.client.tokens import Tokens
from steelyard.client.users import Users
from steelyard.client.wire import Wire


class Client:
    """A depot, to be used as a context manager or closed.

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
        transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
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

    def pull(
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
        return self._wire.send(Call("POST", "/pull", shape(PullAnswer), json=body))

    def close(self) -> None:
        """Close all connections."""
        self._wire.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
