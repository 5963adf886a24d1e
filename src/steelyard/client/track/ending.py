"""The end of a process."""

import atexit
import sys
from collections.abc import Callable


def at_end(last: Callable[[], None]) -> None:
    """Call this when the process ends in order.

    Children of ``multiprocessing`` leave without what ``atexit`` knows; they have a list of their own.
    """
    atexit.register(last)
    if (util := sys.modules.get("multiprocessing.util")) is not None:
        util.Finalize(None, last, exitpriority=10)
