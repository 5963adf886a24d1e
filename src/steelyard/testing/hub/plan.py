"""What goes out for one body: which bytes, and where something happens to them. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")
_PACED_SLICES = 20  # a second


class RangeNotSatisfiable(Exception):
    """The range begins behind the end; the caller answers 416 and asks the client to look at the size again."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``start`` up to and without ``stop``."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Plan:
    """A body and its faults. ``flips`` are offsets in the file; ``cut`` and ``stall`` (bytes, seconds) count from
    the body's beginning; ``pace`` is in bytes a second."""

    span: Span
    flips: frozenset[int] = frozenset()
    cut: int | None = None
    stall: tuple[int, float] | None = None
    pace: int | None = None

    @property
    def clean(self) -> bool:
        """Nothing happens to this body."""
        return self == Plan(self.span)


@dataclass(frozen=True, slots=True)
class Send:
    """These bytes of the file."""

    span: Span


@dataclass(frozen=True, slots=True)
class SendFlipped:
    """The one byte at this offset, every bit turned."""

    offset: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing for some seconds. A ``paced`` wait may be shortened by the time that sending took."""

    seconds: float
    paced: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """The end of the connection."""


Step = Send | SendFlipped | Wait | Cut


def read_range(header: str | None, size: int) -> Span | None:
    """The span asked for (RFC 9110, section 14.1.2): ``bytes=0-99``, ``bytes=100-`` or ``bytes=-100``.

    None when there is no header, or one that a server may ignore (several ranges, another unit, nonsense).
    Raises RangeNotSatisfiable.
    """
    match = _RANGE.fullmatch(header.replace(" ", "")) if header else None
    if match is None or match.group() == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        span = Span(max(0, size - int(last)), size)
    elif last and int(last) < int(first):
        return None
    else:
        span = Span(int(first), min(int(last) + 1, size) if last else size)
    if span.length <= 0:
        raise RangeNotSatisfiable(f"{header} asks for bytes behind the end at {size}")
    return span


def steps(plan: Plan) -> Iterator[Step]:
    """What to do, in order, to send the plan."""
    begin, marks = plan.span.start, _marks(plan)
    for position, following in zip(marks, [*marks[1:], None], strict=True):
        if plan.stall and position == begin + plan.stall[0]:
            yield Wait(plan.stall[1])
        if plan.cut is not None and position == begin + plan.cut:
            yield Cut()
            return
        if following is not None:
            yield from _send(plan, Span(position, following))


def _marks(plan: Plan) -> list[int]:
    begin, end = plan.span.start, plan.span.stop
    marks = {begin, end} | plan.flips | {offset + 1 for offset in plan.flips}
    if plan.cut is not None:
        marks.add(begin + plan.cut)
    if plan.stall:
        marks.add(begin + plan.stall[0])
    return sorted(mark for mark in marks if begin <= mark <= end)


def _send(plan: Plan, span: Span) -> Iterator[Step]:
    if span.start in plan.flips:
        yield SendFlipped(span.start)
    elif plan.pace is None:
        yield Send(span)
    else:
        slice_size = max(1, plan.pace // _PACED_SLICES)
        for start in range(span.start, span.stop, slice_size):
            piece = Span(start, min(start + slice_size, span.stop))
            yield Send(piece)
            yield Wait(piece.length / plan.pace, paced=True)
