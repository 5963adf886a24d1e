"""A hub whose metadata is not what the protocol promises."""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from steelyard.testing.hub import StandInHub

Lie = Callable[[Any], Any]


class LyingHub(StandInHub):
    """Answers like the stand-in; ``lies`` remake the JSON of a call: ``info`` or ``tree``.

    ``next_page`` is where each of these calls says that its list goes on.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lies: dict[str, Lie] = {}
        self.next_page: str | None = None

    async def _listen(self, app: web.Application, port: int) -> int:
        @web.middleware
        async def lie(request: web.Request, handler: Handler) -> web.StreamResponse:
            answer = await handler(request)
            resource = request.match_info.route.resource
            call = (resource.name if resource else None) or ""
            if self.next_page is not None and call in {"info", "tree"}:
                answer.headers["Link"] = f'<{self.next_page}>; rel="next"'
            told = self.lies.get(call)
            if told is None or not isinstance(answer, web.Response) or answer.status != 200:
                return answer
            return web.json_response(told(json.loads(answer.text or "")))

        app.middlewares.append(lie)
        return await super()._listen(app, port)


def info_with(**fields: Any) -> Lie:
    """The description of a repository, with these fields instead."""
    return lambda body: body | fields


def entries_with(**fields: Any) -> Lie:
    """The tree, every LFS file with these fields instead."""

    def tell(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [entry | {"lfs": entry["lfs"] | fields} if "lfs" in entry else entry for entry in entries]

    return tell


def entries_without(name: str) -> Lie:
    """The tree, every LFS file without one of its fields."""

    def tell(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [_without(entry, name) for entry in entries]

    return tell


def _without(entry: dict[str, Any], name: str) -> dict[str, Any]:
    kept = {key: value for key, value in entry.items() if key != name}
    if "lfs" in entry:
        kept["lfs"] = {key: value for key, value in entry["lfs"].items() if key != name}
    return kept
