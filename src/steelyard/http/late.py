"""Routes that are worked out when they are first needed.

FastAPI reads the signature of every endpoint and builds a schema for each of its parameters and answers, once for the
router and once more for the application that includes it. Of 260 times in a start, with all of them most of the work of
making an application, hardly one is needed soon: a path and its methods are enough to find a route.
"""

from collections.abc import Callable, Sequence
from typing import Any, Self

from fastapi import APIRouter, params
from fastapi.routing import APIRoute
from starlette.routing import compile_path, get_name


class LateRoute(APIRoute):
    """Knows where it is and what it is called; all else is there as soon as somebody asks for it."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        """``given`` is what APIRoute takes."""
        self._given = given
        self.path, self.endpoint = path, endpoint
        self.name = given.get("name") or get_name(endpoint)
        self.methods = {method.upper() for method in given.get("methods") or ["GET"]}
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there. Raises AttributeError for what no route has."""
        if name == "_given" or self.__dict__.get("_is_made"):
            raise AttributeError(name)
        self._is_made = True  # before it is: what APIRoute looks for meanwhile and has not set is not there
        super().__init__(self.path, self.endpoint, **self._given)
        return getattr(self, name)

    def below(self, prefix: str, dependencies: Sequence[params.Depends]) -> Self:
        """The same route with a path that begins with ``prefix``, behind these dependencies and its own."""
        own = self._given.get("dependencies") or []
        return type(self)(prefix + self.path, self.endpoint, **{**self._given, "dependencies": [*dependencies, *own]})


def late_router(prefix: str = "", tags: Sequence[str] = ()) -> APIRouter:
    """A router whose routes are late ones."""
    return APIRouter(prefix=prefix, tags=[*tags], route_class=LateRoute)


def late_routes(router: APIRouter, prefix: str, dependencies: Sequence[params.Depends]) -> list[LateRoute]:
    """The routes of a late router as an application shows them. Raises TypeError where one is of another kind."""
    return [_late(route).below(prefix, dependencies) for route in router.routes]


def _late(route: object) -> LateRoute:
    if not isinstance(route, LateRoute):
        raise TypeError(f"{route!r} does not come from late_router()")
    return route
