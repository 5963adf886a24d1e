"""For processes that shall not outlive whoever started them. Runs in the child, and imports little.

Two ways, each for what the other misses: the kernel's signal at the parent's death (Linux; comes even while a library
keeps the interpreter busy), and a thread that waits for the end of standard input, which the parent holds open.
"""

import ctypes
import os
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel for SIGKILL when the thread that started this process ends. Does nothing but on Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def watch_input() -> None:
    """Kill the whole process group once standard input ends. The caller leads the group."""
    threading.Thread(target=_wait_for_the_end, name="parent-watch", daemon=True).start()


def _wait_for_the_end() -> None:
    while os.read(0, 4096):
        pass
    if sys.platform == "win32":
        os._exit(1)
    os.killpg(0, signal.SIGKILL)
