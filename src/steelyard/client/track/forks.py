"""What a forked process must begin anew: locks may be held there by threads that it does not have."""

import os
import weakref
from typing import Protocol


class Renewable(Protocol):
    """Something that a forked process begins anew."""

    def renew(self) -> None:
        """Begin anew."""


def call_in_children(one: Renewable) -> None:
    """Renew it in every process that is forked from this one, as long as it lives."""
    if not hasattr(os, "register_at_fork"):  # Windows has no forks
        return
    reference = weakref.ref(one)

    def renew() -> None:
        if (alive := reference()) is not None:
            alive.renew()

    os.register_at_fork(after_in_child=renew)
