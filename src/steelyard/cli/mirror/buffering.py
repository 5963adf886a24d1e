"""Whether a large answer flows, or something in between takes it in whole before it passes it on.

The judgement compares two moments of one answer. Where bytes flow, the first comes about as soon as that of a tiny
answer, and the rest takes the time. Where they are held back, the first comes late and the rest at once. It says
nothing about an answer that is over at once, nor about a proxy that writes to its disk while it passes bytes on.
"""

from collections.abc import Iterator

from steelyard.cli.mirror.answer import Answer
from steelyard.cli.mirror.finding import Finding, doubt, fault, fine
from steelyard.cli.mirror.observed import Observed
from steelyard.cli.mirror.reach import spell
from steelyard.core.units import format_size

NAME = "buffering"
_TOO_QUICK = 0.5  # seconds beyond a tiny answer: below that chance decides
_HELD_BACK = 0.8  # of the time was spent before the first byte
_OFF = "Switch buffering off for the mirror (nginx: `proxy_buffering off;`); a gateway may need an exception for /hf."


def check(seen: Observed) -> Iterator[Finding]:
    """The pace of a large answer against that of a tiny one."""
    if seen.model is None or seen.model.pace is None or seen.model.ranges is None:
        return
    tiny, large = seen.model.ranges.first, seen.model.pace
    if not isinstance(large, Answer):
        yield fault(NAME, f"a large answer broke off: {large.reason}", "Look for a proxy with a limit of size or time.")
    elif large.first_byte_after is not None and isinstance(tiny, Answer) and tiny.first_byte_after is not None:
        yield judge(tiny.first_byte_after, large.first_byte_after, large.ended_after, large.received)


def judge(tiny: float, first: float, ended: float, size: int) -> Finding:
    """``tiny`` is when a tiny answer began, ``first`` and ``ended`` when a large one of ``size`` bytes did; seconds."""
    took, much = ended - tiny, format_size(size)
    if took < _TOO_QUICK:
        return fine(NAME, f"{much} came in {spell(ended)}: too quick to tell, and too quick to matter")
    if (first - tiny) / took > _HELD_BACK:
        detail = f"of {much} the first byte came after {spell(first)}, all others within {spell(ended - first)}"
        return doubt(NAME, f"{detail}: something in between takes answers in whole", _OFF)
    return fine(NAME, f"{much} flowed: the first byte after {spell(first)}, the last after {spell(ended)}")
