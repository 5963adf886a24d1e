"""Functions of the four kinds, each call of which is a use."""

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import aclosing
from typing import Any, TypeVar, cast

from steelyard.client.track.use import Running

F = TypeVar("F", bound=Callable[..., Any])
Start = Callable[[tuple[Any, ...], dict[str, Any]], Running]
Measure = Callable[[Running, Any], None]


def wrap(function: F, start: Start, measure: Measure) -> F:
    """The same function; a generator's use ends with its last piece."""
    if inspect.isasyncgenfunction(function):
        wrapped = _async_generator(function, start)
    elif inspect.iscoroutinefunction(function):
        wrapped = _coroutine(function, start, measure)
    elif inspect.isgeneratorfunction(function):
        wrapped = _generator(function, start)
    else:
        wrapped = _plain(function, start, measure)
    return cast("F", functools.wraps(function)(wrapped))


def _plain(function: Callable[..., Any], start: Start, measure: Measure) -> Callable[..., Any]:
    def tracked(*args: Any, **more: Any) -> Any:
        with start(args, more) as running:
            result = function(*args, **more)
            measure(running, result)
            return result

    return tracked


def _coroutine(function: Callable[..., Any], start: Start, measure: Measure) -> Callable[..., Any]:
    async def tracked(*args: Any, **more: Any) -> Any:
        with start(args, more) as running:
            result = await function(*args, **more)
            measure(running, result)
            return result

    return tracked


def _generator(function: Callable[..., Any], start: Start) -> Callable[..., Any]:
    def tracked(*args: Any, **more: Any) -> Generator[Any, Any, Any]:
        with start(args, more) as running:
            return (yield from _Watched(function(*args, **more), running))

    return tracked


def _async_generator(function: Callable[..., Any], start: Start) -> Callable[..., Any]:
    async def tracked(*args: Any, **more: Any) -> AsyncIterator[Any]:
        with start(args, more) as running:
            async with aclosing(function(*args, **more)) as pieces:
                async for piece in pieces:
                    running.first_piece()
                    yield piece

    return tracked


class _Watched(Generator[Any, Any, Any]):
    """A generator that notes when its first piece came."""

    def __init__(self, inner: Generator[Any, Any, Any], running: Running) -> None:
        self._inner = inner
        self._running = running

    def send(self, value: Any) -> Any:
        piece = self._inner.send(value)
        self._running.first_piece()
        return piece

    def throw(self, *error: Any) -> Any:
        return self._inner.throw(*error)
