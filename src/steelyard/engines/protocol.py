"""The seam to runtimes. EngineSuite in ``steelyard.testing`` says in tests what is said here in words."""

from collections.abc import Sequence
from typing import Protocol

from steelyard.engines.models import Availability, Endpoint, LoadOptions, Weights


class Loaded(Protocol):
    """One model in memory. It lives in a process of its own or on another server, never in this process."""

    @property
    def endpoint(self) -> Endpoint:
        """Where it answers, in the OpenAI protocol."""

    @property
    def is_alive(self) -> bool:
        """Whether it can still answer."""

    def memory_bytes(self) -> int | None:
        """What it uses now, in bytes; None where nobody can tell."""

    def last_lines(self) -> Sequence[str]:
        """The end of its log, for people."""

    async def ended(self) -> None:
        """Return when it has stopped by itself; cancelled otherwise."""

    async def stop(self) -> None:
        """Stop it and give its memory and its port back; returns when both are free. May be called twice."""


class Engine(Protocol):
    """One kind of runtime. Safe to use from many tasks of one event loop."""

    @property
    def name(self) -> str:
        """As in settings, answers and events: ``llamacpp``."""

    def availability(self) -> Availability:
        """Whether it can be used on this machine; asked often, so it looks once and remembers."""

    def refusal(self, weights: Weights) -> str | None:
        """Why it cannot run this model, in words for people; None when it can."""

    def foresee(self, weights: Weights, options: LoadOptions) -> int:
        """Bytes of memory that it will take here: weights, KV cache and overhead. Pure.

        0 says that the model runs elsewhere, whatever the context: it waits for no memory, counts for no bound on
        loaded models, and its server alone decides how many requests it answers at the same time.
        """

    async def start(self, weights: Weights, options: LoadOptions) -> Loaded:
        """Load, and return when it answers. Cancelled, it leaves nothing behind.

        Raises CannotLoad for files that no try will make better, TooLarge, EngineFailed.
        """
