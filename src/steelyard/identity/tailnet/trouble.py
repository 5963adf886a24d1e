"""Trouble with the other side: said once, and asked about after longer and longer pauses."""

import logging

from steelyard.core.clock import Clock

logger = logging.getLogger(__name__)


class Trouble(Exception):
    """No usable answer came. It stays in this room: nobody's request fails because of it.

    ``detail`` says what is wrong, ``hint`` what to do about it; neither holds a secret.
    """

    def __init__(self, detail: str, hint: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint


class Standing:
    """How things stand with one other side. Pauses are in seconds; each is twice as long as the one before."""

    def __init__(self, name: str, clock: Clock, *, first_pause: float, longest_pause: float) -> None:
        self._name = name
        self._clock = clock
        self._pauses = (first_pause, longest_pause)
        self._pause = first_pause
        self._again_at = 0.0
        self._said: set[str] = set()

    @property
    def is_in_trouble(self) -> bool:
        """Whether the last time of asking brought nothing."""
        return bool(self._said)

    @property
    def is_pausing(self) -> bool:
        """Whether it is too early to ask again."""
        return self.is_in_trouble and self._clock.monotonic() < self._again_at

    def met(self, trouble: Trouble) -> None:
        """Asking brought nothing. A trouble is logged when it is new."""
        self._again_at = self._clock.monotonic() + self._pause
        self._pause = min(2 * self._pause, self._pauses[1])
        if trouble.detail not in self._said:
            logger.warning(trouble.detail, extra={"hint": trouble.hint})
        self._said.add(trouble.detail)

    def over(self) -> None:
        """Asking brought an answer."""
        if self._said:
            logger.info("%s answers again", self._name)
        self._said.clear()
        self._pause = self._pauses[0]
