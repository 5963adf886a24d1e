"""Around every request: its line in the ledger, faults that come before the answer, refusals in the hub's form."""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler

from steelyard.testing.hub.asked import call_name, fault_call, repo_name
from steelyard.testing.hub.errors import HubError
from steelyard.testing.hub.faults import Delay, Hang, Status
from steelyard.testing.hub.state import CALL, NUMBER, ORIGIN, STATE


@web.middleware
async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Note the request, let the rules act, answer."""
    if request.path.startswith("/_hub/"):
        return await _answer(request, handler)
    ledger = request.app[STATE].ledger
    request[NUMBER] = number = _begin(request)
    request[CALL] = fault_call(request)
    try:
        response = await _fault(request) or await _answer(request, handler)
        ledger.answered(number, response.status)
        if request.method != "HEAD" and isinstance(response, web.Response) and isinstance(response.body, bytes):
            ledger.sent(number, len(response.body))
        return response
    finally:
        ledger.end(number)


def _begin(request: web.Request) -> int:
    call, match = call_name(request), request.match_info
    return request.app[STATE].ledger.begin(
        request.method,
        request.raw_path.partition("?")[0],
        origin=request.app[ORIGIN],
        query=request.query_string,
        call=call,
        repo=repo_name(match),
        file=match["path"] if call == "resolve" else None,
        headers={name.lower(): value for name, value in request.headers.items()},
    )


async def _fault(request: web.Request) -> web.StreamResponse | None:
    faults, call = request.app[STATE].faults, request[CALL]
    delay = faults.take(Delay, call)
    if delay:
        await asyncio.sleep(delay.seconds)
    if faults.take(Hang, call):
        await asyncio.Event().wait()
    status = faults.take(Status, call)
    return web.Response(status=status.status, headers=status.headers, text="by a fault rule") if status else None


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except HubError as error:
        headers = {"X-Error-Code": error.code, "X-Error-Message": error.detail, **error.headers}
        return web.json_response({"error": error.detail, "hint": error.hint}, status=error.status, headers=headers)
    except web.HTTPException as error:
        return web.json_response({"error": error.reason}, status=error.status)
