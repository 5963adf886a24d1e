"""``/_hub/``: the ledger and the faults over HTTP, for a hub that runs in another process. Not noted in the ledger."""

from collections.abc import Callable

from aiohttp import web

from steelyard.testing.hub.errors import BadRule
from steelyard.testing.hub.faults import Faults, Rule
from steelyard.testing.hub.state import STATE


async def ledger(request: web.Request) -> web.Response:
    """``GET /_hub/ledger``: every request so far."""
    book = request.app[STATE].ledger
    return web.json_response(
        {"requests": [one.as_json() for one in book.requests()], "most_at_once": book.most_at_once}
    )


async def clear_ledger(request: web.Request) -> web.Response:
    """``DELETE /_hub/ledger``."""
    request.app[STATE].ledger.clear()
    return web.json_response({})


async def add_fault(request: web.Request) -> web.Response:
    """``POST /_hub/faults`` with ``{"fault": "cut_after", "pattern": "org/name/*", "size": 1000, "times": 1}``:
    the name of a method of ``Faults`` and its arguments. Raises BadRule."""
    arguments = await request.json()
    makers = _makers(request.app[STATE].faults)
    name = arguments.pop("fault", None)
    if name not in makers:
        raise BadRule(f"There is no fault {name!r}.", hint=f"Use one of {', '.join(sorted(makers))}.")
    try:
        rule = makers[name](**arguments)
    except TypeError as error:
        raise BadRule(str(error), hint=f"The values must be the arguments of Faults.{name}.") from error
    return web.json_response(_as_json(rule), status=201)


async def list_faults(request: web.Request) -> web.Response:
    """``GET /_hub/faults``: the rules and how often each has acted."""
    return web.json_response({"rules": [_as_json(rule) for rule in request.app[STATE].faults.rules]})


async def clear_faults(request: web.Request) -> web.Response:
    """``DELETE /_hub/faults``."""
    request.app[STATE].faults.clear()
    return web.json_response({})


def _makers(faults: Faults) -> dict[str, Callable[..., Rule]]:
    return {
        "cut_after": faults.cut_after,
        "status": faults.status,
        "flip": faults.flip,
        "ignore_range": faults.ignore_range,
        "delay": faults.delay,
        "hang": faults.hang,
        "throttle": faults.throttle,
        "stall": faults.stall,
        "redirect_to_cdn": faults.redirect_to_cdn,
        "wrong_size": faults.wrong_size,
    }


def _as_json(rule: Rule) -> dict[str, object]:
    return {"pattern": rule.pattern, "fault": repr(rule.fault), "times": rule.times, "acted": rule.acted}
