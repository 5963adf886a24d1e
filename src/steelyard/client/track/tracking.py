"""``track(…)``: a decorator, and a context manager of both kinds."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar

from steelyard.client.track.quiet import quietly
from steelyard.client.track.use import Record, Running, Use
from steelyard.client.track.wrapping import wrap
from steelyard.core.clock import Clock

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Tracking:
    """What is to be tracked, and how; ``steelyard.track`` makes them.

    As a decorator it tracks each call. As a context manager it gives the Use, to be filled in; entered twice at the
    same time, make two of them.
    """

    model: str | None
    argument: str | None
    keep: Sequence[str]
    measure: Callable[[Any], Mapping[str, Any]] | None
    kind: str | None
    figures: Mapping[str, Any]
    clock: Clock
    record: Record
    _open: list[Running] = field(default_factory=list)

    def __call__(self, function: F) -> F:
        """The same function, each call of which is a use."""
        signature = inspect.Signature()
        with quietly(f"reading the signature of {function!r}"):  # some that are written in C have none
            signature = inspect.signature(function)
        return wrap(function, lambda args, more: self._called(signature, args, more), self._measured)

    def __enter__(self) -> Use:
        running = self._begin(self.model)
        self._open.append(running)
        return running.use

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.pop().__exit__(kind, error, trace)

    async def __aenter__(self) -> Use:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def _begin(self, model: str | None) -> Running:
        running = Running(Use(model), self.kind, self.clock, self.record)
        with quietly("beginning a use"):
            running.use.update(**self.figures)
        return running

    def _called(self, signature: inspect.Signature, args: tuple[Any, ...], more: dict[str, Any]) -> Running:
        running = self._begin(self.model)
        with quietly("reading the arguments"):
            self._read(running.use, _arguments(signature, args, more) if self.argument or self.keep else {})
        return running

    def _read(self, use: Use, arguments: Mapping[str, Any]) -> None:
        if self.argument is not None and arguments.get(self.argument) is not None:
            use.model = str(arguments[self.argument])
        if kept := {name: arguments[name] for name in self.keep if name in arguments}:
            use.parameters = {**(use.parameters or {}), **kept}

    def _measured(self, running: Running, result: Any) -> None:
        if self.measure is not None:
            with quietly("measuring a result"):
                running.use.update(**self.measure(result))


def _arguments(signature: inspect.Signature, args: tuple[Any, ...], more: dict[str, Any]) -> dict[str, Any]:
    """Names to values, defaults too. Raises TypeError for a call that the function itself will refuse."""
    bound = signature.bind(*args, **more)
    bound.apply_defaults()
    return bound.arguments
