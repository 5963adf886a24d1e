"""Query parameters that a route does not know are refused, not ignored."""

from fastapi import Request
from fastapi.routing import APIRoute

from steelyard.core.errors import Invalid


async def no_stray_query(request: Request) -> None:
    """For routes without any query parameter; the models of the others refuse what they do not know. Raises Invalid."""
    route = request.scope.get("route")
    takes_none = isinstance(route, APIRoute) and not route.dependant.query_params
    if takes_none and request.query_params:
        stray = ", ".join(sorted({name[:60] for name in request.query_params}))
        raise Invalid(
            f"This route takes no query parameters, but got: {stray}.",
            hint="Leave it out; GET /docs shows what every route takes.",
        )
