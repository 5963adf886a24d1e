"""Sheets: the counts of one subject in one period, small enough to be read by the hundred. Pure.

A *bag* is a map of code to count; a code is a number of a dimension: ``number * 32 + dimension``. Bags add up, and an
event that never was is taken out by adding its counts once more with the opposite sign. A day's sheet holds

- ``series``: for a few measures, 96 counts, one for each quarter of an hour (UTC);
- ``bag``: what was counted in the whole day;
- ``quarters``: the same by quarter, for days of which somebody wants a part: zones differ by quarters of an hour.

What comes in is first added to *loose* sheets, each of one subject and one hour: some hundred bytes that are written
anew with each fold. When a day is over they are *sealed* into the day's sheet. A day is its sheet and whatever
loose sheets it has; these may count backwards. Of past periods of 16 days there are sheets with a bag alone, made of
the sealed days' bags.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from steelyard.usage.keys import QUARTERS

Bag = dict[int, int]
Series = dict[int, list[int]]
BLOCK_DAYS = 16
DIM_BITS = 5
DIM_MASK = (1 << DIM_BITS) - 1
_PERIOD_BITS = 23  # hours since 1970 reach the year 2926
_SUBJECT_BITS = 35
LAST_SUBJECT = (1 << _SUBJECT_BITS) - 1


class Level(IntEnum):
    """How long the period of a sheet is."""

    HOUR = 0  # loose
    DAY = 1
    BLOCK = 2


class Scope(IntEnum):
    """What a sheet is about; the number is stored."""

    DEPOT = 0
    MODEL = 1
    PRINCIPAL = 2
    ADDRESS = 3


class Dim(IntEnum):
    """What a count in a bag is of; the number is stored. A request is what somebody asked for: see ``counted``."""

    SUM = 0  # number: a Sum
    TYPE = 1  # events by type, the failed ones among them
    FAILED_TYPE = 2
    MODEL = 3  # requests by model
    FAILED_MODEL = 4
    PRINCIPAL = 5  # requests by principal
    FAILED_PRINCIPAL = 6
    ADDRESS = 7  # requests by address
    FAILED_ADDRESS = 8
    ERROR = 9  # failed events by error code
    AGENT = 10  # requests by program
    PARAMETER = 11  # uses by parameter, a word "name=value"
    DURATION = 12  # uses by bucket of their duration
    FIRST_TOKEN = 13  # uses by bucket of the time to their first token
    WAIT = 14  # uses by bucket of the time in line and for loading
    OTHER_DURATION = 15  # requests that are no uses, by bucket of their duration
    USES_OF_MODEL = 16
    USES_OF_PRINCIPAL = 17
    BYTES_OF_MODEL = 18  # bytes out
    BYTES_OF_PRINCIPAL = 19
    TOKENS_OF_MODEL = 20  # in and out
    TOKENS_OF_PRINCIPAL = 21
    BUSY_OF_MODEL = 22  # microseconds, as Sum.GENERATING_US
    BUSY_OF_PRINCIPAL = 23


class Sum(IntEnum):
    """The numbers under ``Dim.SUM``, and the measures of a series; the number is stored."""

    EVENTS = 0
    REQUESTS = 1
    JUDGED = 2  # requests of which it is known whether they went well
    FAILED = 3
    USES = 4
    USES_FAILED = 5
    DURATION_US = 6  # of uses
    TIMED = 7  # uses with a duration
    OTHER_DURATION_US = 8
    OTHER_TIMED = 9
    FIRST_TOKEN_US = 10
    FIRST_TOKENS = 11  # uses with a time to first token
    TOKENS_IN = 12
    TOKENS_OUT = 13
    BYTES_IN = 14
    BYTES_OUT = 15
    GENERATING_US = 16  # durations of generations that went well, without line and load: what an engine was busy
    VRAM_SAMPLES = 17
    VRAM_MB = 18
    GPU_SAMPLES = 19
    GPU_PERCENT = 20


# The sums that a series has by quarter of an hour.
SERIES = (
    Sum.EVENTS, Sum.REQUESTS, Sum.JUDGED, Sum.FAILED, Sum.USES, Sum.USES_FAILED, Sum.DURATION_US, Sum.TIMED,
    Sum.OTHER_DURATION_US, Sum.OTHER_TIMED, Sum.TOKENS_IN, Sum.TOKENS_OUT, Sum.BYTES_IN, Sum.BYTES_OUT,
)  # fmt: skip


@dataclass(slots=True)
class Sheet:
    """One subject in one period. ``quarters`` has a bag for each quarter in which anything was."""

    series: Series = field(default_factory=dict)
    bag: Bag = field(default_factory=dict)
    quarters: dict[int, Bag] = field(default_factory=dict)


def code(dim: int, number: int) -> int:
    """The code of a number in a dimension."""
    return number << DIM_BITS | dim


def dim_of(a_code: int) -> int:
    """The dimension of a code."""
    return a_code & DIM_MASK


def number_of(a_code: int) -> int:
    """The number of a code."""
    return a_code >> DIM_BITS


def of_dim(bag: Bag, dim: int) -> Bag:
    """The counts of one dimension by number."""
    return {each >> DIM_BITS: count for each, count in bag.items() if each & DIM_MASK == dim}


def sheet_key(level: int, scope: int, subject: int, period: int) -> int:
    """The key of a sheet; all of one subject's days lie side by side. ``period`` counts hours, days or blocks since
    1970; ``subject`` is a word, a principal or 0."""
    return ((level << 3 | scope) << _SUBJECT_BITS | subject) << _PERIOD_BITS | period


def period_of(key: int) -> int:
    """The period of a sheet."""
    return key & ((1 << _PERIOD_BITS) - 1)


def scope_of(key: int) -> int:
    """The scope of a sheet."""
    return key >> _PERIOD_BITS + _SUBJECT_BITS & 7


def subject_of(key: int) -> int:
    """The subject of a sheet."""
    return key >> _PERIOD_BITS & ((1 << _SUBJECT_BITS) - 1)


def add(into: Bag, more: Mapping[int, int]) -> None:
    """Add counts; those that come to nothing are left out."""
    found = into.get
    for each, count in more.items():
        total = found(each, 0) + count
        if total:
            into[each] = total
        else:
            into.pop(each, None)


def no_quarters() -> list[int]:
    """Nothing in any quarter of a day."""
    return [0] * QUARTERS
