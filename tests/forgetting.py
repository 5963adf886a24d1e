"""Libraries remember functions that they looked at once, and with each of them the depot or the hub that it belongs to.

FastAPI does so for the last thousands, so that hundreds of depots stayed in memory: a worker of the tests grew with
every test, and a seventh of its time went into looking for garbage.
"""

from types import ModuleType

from aiohttp import web_app
from fastapi.dependencies import models

_REMEMBERING: tuple[ModuleType, ...] = (models, web_app)


def forget() -> None:
    """Empty the caches of both; what still runs is looked at again."""
    for module in _REMEMBERING:
        for thing in vars(module).values():
            if callable(clear := getattr(thing, "cache_clear", None)):
                clear()
