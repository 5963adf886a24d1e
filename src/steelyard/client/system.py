# Written by `make sdk` from client/aio/system.py: edit that.
"""The depot as a whole: totals and health."""

from steelyard.client.call import Answer, Call, shape
from steelyard.client.connection import Sender
from steelyard.client.shapes import Health, Stats

_NOT_READY = frozenset({503})


class System:
    """``client.system``."""

    def __init__(self, wire: Sender) -> None:
        self._wire = wire

    def stats(self) -> Stats:
        """Totals, and the last 10 actions."""
        return self._wire.send(Call("GET", "/api/stats", shape(Stats)))

    def health(self) -> Health:
        """How the depot is, part by part; ``status`` is ``ok``, ``degraded`` or ``error``."""
        return self._wire.send(Call("GET", "/health", shape(Health), also_answers=_NOT_READY))

    def live(self) -> bool:
        """Whether the process answers. Raises ServerUnreachable when nobody does."""
        return self._wire.send(Call("GET", "/health/live", _is_fine, also_answers=_NOT_READY))

    def ready(self) -> bool:
        """Whether it can serve now. Raises ServerUnreachable when nobody answers."""
        return self._wire.send(Call("GET", "/health/ready", _is_fine, also_answers=_NOT_READY))


def _is_fine(answer: Answer) -> bool:
    return answer.status not in _NOT_READY
