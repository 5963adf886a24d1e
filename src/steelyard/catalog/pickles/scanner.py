"""Has a file scanned by a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from steelyard.catalog.pickles.verdict import Verdict

Scan = Callable[[Path], Verdict | None]
_RULES = 1  # of ours; one more makes every file be scanned again
SCANNER = f"{_RULES}/picklescan-{version('picklescan')}"
_SECONDS = 90.0
_CHILD = (sys.executable, "-P", "-m", "steelyard.catalog.pickles.child")
TOO_LONG = Verdict(False, ("it needs more time than a scan may take",))
BROKEN = Verdict(False, ("the scan broke off",))
_BROKEN = {int(signal.SIGSEGV): BROKEN, int(signal.SIGABRT): BROKEN, int(getattr(signal, "SIGXCPU", 0)): TOO_LONG}


def scan(path: Path) -> Verdict | None:
    """The verdict about a file; None where there is none now: the file is gone, or no process can be started.

    It is never loaded, and read by a process with little memory. Blocks for as long as that takes: 0.15 s for a small
    one. For threads.
    """
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter, and a path that is made of a hash
            [*_CHILD, os.fspath(path.resolve())],
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            start_new_session=True,  # what ends the server from a terminal shall not look like a broken scan
        )
    except subprocess.TimeoutExpired:
        return TOO_LONG
    except OSError:
        return None
    return _read(done)


def _read(done: "subprocess.CompletedProcess[bytes]") -> Verdict | None:
    """Somebody may have ended the process, and the disk may have failed: that says nothing about the file."""
    if done.returncode == 0:
        found = json.loads(done.stdout)
        return Verdict(found["safe"] is True, tuple(found["reasons"]))
    return _BROKEN.get(-done.returncode)
