"""The people of the demo: who asks for what, one after the other."""

import time
from collections.abc import Callable

from steelyard.client import Client, ClientError
from steelyard.testing.demo.shelf import GATED, MODELS

NAMES = ("ada", "béla", "chidi", "dunja", "emre")
_EMBED, _SCALES, _POCKET, _VISION, _TINY = (model.name for model in MODELS if not model.gated)
WISHES = (
    ("ada", _TINY), ("béla", _EMBED), ("chidi", _SCALES), ("dunja", _EMBED), ("emre", GATED), ("ada", _POCKET),
    ("dunja", _SCALES), ("béla", _VISION), ("chidi", _TINY), ("emre", _POCKET),
)  # fmt: skip
_PAUSE = 4.0  # seconds between two of them


def ask_in_turn(url: str, say: Callable[[str], None], sleep: Callable[[float], None] = time.sleep) -> None:
    """Let everybody ask, with a pause after each, and say what they were told."""
    for name, model in WISHES:
        with Client(url, user=name, environ={}) as client:
            say(f"{name} asks for {model}: {_answer(client, model)}")
        sleep(_PAUSE)


def _answer(client: Client, model: str) -> str:
    try:
        return client.pull(model)["status"]
    except ClientError as error:
        return f"no. {error}"
