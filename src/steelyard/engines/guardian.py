"""``python -m steelyard.engines.guardian PROGRAM ARGUMENTS...``: runs a foreign program that dies with the depot.

It leads the process group, hands signals' work to the program (which gets them too), and ends as the program ends. When
standard input ends, the depot is gone, and so is the whole group.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from steelyard.engines.announcing import VARIABLE
from steelyard.engines.orphan import die_with_parent, watch_input

_CANNOT_RUN = 127


def main(argv: Sequence[str]) -> int:
    """Run it; returns its exit status, 128 and the signal's number where a signal ended it."""
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    watch_input()
    os.environ.pop(VARIABLE, None)  # the program has nothing to announce
    try:
        program = subprocess.Popen(  # noqa: S603 - the program that the settings name
            argv, stdin=subprocess.DEVNULL, preexec_fn=_begin
        )
    except OSError as error:
        sys.stderr.write(f"{argv[0]} cannot be run: {error.strerror}\n")
        return _CANNOT_RUN
    if asked:  # before the program could hear it; later it has the same signal, and ends in its own way
        program.terminate()
    status = program.wait()
    return status if status >= 0 else 128 - status


def _begin() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    die_with_parent()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
