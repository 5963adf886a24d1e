"""The routes of an application as patterns, in the order in which a request tries them."""

from collections.abc import Iterator, Sequence

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute


def templates(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, frozenset[str]]]:
    """Path, with the names of its parameters, and methods of each route, those of included routers among them."""
    for context in iter_route_contexts(routes):
        if context.path is not None and context.methods:
            yield context.path, frozenset(context.methods)
