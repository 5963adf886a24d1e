"""The process that looks at one hostile file: ``python -m steelyard.catalog.pickles.child FILE``, a verdict in JSON.

It has little memory and no more than a minute, so that a file made to waste them costs the server nothing; and what
loads slowly is loaded here alone.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from steelyard.catalog.pickles.judge import judge
from steelyard.catalog.pickles.verdict import Verdict

if sys.platform != "win32":
    import resource

_MOST_MEMORY = 2 * 1024**3  # bytes; a million steps take 0.3 GB
_MOST_SECONDS = 60  # of the processor
_NICENESS = 10
TOO_MUCH = Verdict(False, ("it needs more memory than a scan may have",))


def main(path: Path) -> None:
    """Write the verdict to standard output."""
    _limit()
    sys.stdout.write(json.dumps(asdict(_judged(path))))


def _judged(path: Path) -> Verdict:
    try:
        with path.open("rb") as file:
            return judge(file, path.stat().st_size)
    except (MemoryError, RecursionError, OverflowError):
        return TOO_MUCH
    except OSError:
        raise  # the disk, not the file: whoever asked tries again later
    except Exception as error:
        return Verdict(False, (f"the scan broke off ({type(error).__name__})",))


def _limit() -> None:
    if sys.platform != "win32":
        os.nice(_NICENESS)
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, 2 * _MOST_SECONDS))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
