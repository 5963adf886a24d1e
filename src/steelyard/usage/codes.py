"""The codes that one event counts under, and how much. Pure; ``counting`` says what a request is, and what a use."""

from typing import NamedTuple

from steelyard.usage.buckets import bucket_of
from steelyard.usage.rows import Row
from steelyard.usage.sheets import Dim, Sum, code
from steelyard.usage.spelled import Kind, Spelled

# As plain integers: an enumeration's member costs a call, and this is done twenty times an event.
_S = {measure: code(Dim.SUM, measure) for measure in Sum}
_EVENTS, _REQUESTS, _JUDGED, _FAILED = _S[Sum.EVENTS], _S[Sum.REQUESTS], _S[Sum.JUDGED], _S[Sum.FAILED]
_USES, _USES_FAILED, _GENERATING_US = _S[Sum.USES], _S[Sum.USES_FAILED], _S[Sum.GENERATING_US]
_TYPE, _FAILED_TYPE, _ERROR, _AGENT = int(Dim.TYPE), int(Dim.FAILED_TYPE), int(Dim.ERROR), int(Dim.AGENT)
_VRAM_SAMPLES, _VRAM_MB = _S[Sum.VRAM_SAMPLES], _S[Sum.VRAM_MB]
_GPU_SAMPLES, _GPU_PERCENT = _S[Sum.GPU_SAMPLES], _S[Sum.GPU_PERCENT]
_PARAMETER, _WAIT = int(Dim.PARAMETER), int(Dim.WAIT)
_BITS = code(0, 1).bit_length() - 1
# More than any event has: 35 TB, or a year of microseconds. Sums of what somebody makes up stay within 63 bits.
_MOST = 1 << 45
_AMOUNTS = (_S[Sum.TOKENS_IN], _S[Sum.TOKENS_OUT], _S[Sum.BYTES_IN], _S[Sum.BYTES_OUT])


class Codes(NamedTuple):
    """Codes that count one each, and codes with a number."""

    ones: list[int]
    amounts: list[tuple[int, int]]


class _Time(NamedTuple):
    """Where one duration is counted: its sum, how many there were, and its buckets."""

    total: int
    number: int
    dim: int


class Whose(NamedTuple):
    """The dimensions that count by model, by principal, or by address; None where nobody asks."""

    requests: int
    failed: int
    uses: int | None = None
    bytes: int | None = None
    tokens: int | None = None
    busy: int | None = None


_OF_USES = _Time(_S[Sum.DURATION_US], _S[Sum.TIMED], int(Dim.DURATION))
_OF_OTHERS = _Time(_S[Sum.OTHER_DURATION_US], _S[Sum.OTHER_TIMED], int(Dim.OTHER_DURATION))
_FIRST_TOKEN = _Time(_S[Sum.FIRST_TOKEN_US], _S[Sum.FIRST_TOKENS], int(Dim.FIRST_TOKEN))
BY_MODEL = Whose(
    int(Dim.MODEL), int(Dim.FAILED_MODEL), int(Dim.USES_OF_MODEL), int(Dim.BYTES_OF_MODEL), int(Dim.TOKENS_OF_MODEL),
    int(Dim.BUSY_OF_MODEL),
)  # fmt: skip
BY_PRINCIPAL = Whose(
    int(Dim.PRINCIPAL), int(Dim.FAILED_PRINCIPAL), int(Dim.USES_OF_PRINCIPAL), int(Dim.BYTES_OF_PRINCIPAL),
    int(Dim.TOKENS_OF_PRINCIPAL), int(Dim.BUSY_OF_PRINCIPAL),
)  # fmt: skip
BY_ADDRESS = Whose(int(Dim.ADDRESS), int(Dim.FAILED_ADDRESS))


class About(NamedTuple):
    """What of an event decides where it is counted."""

    went_well: bool | None
    is_request: bool
    is_use: bool
    busy_us: int  # what a generation that went well kept an engine busy, without line and load


def about_of(row: Row, kind: Kind) -> About:
    """Look at an event."""
    went_well = kind.outcome if row.success is None else row.success
    is_start = kind.is_start and row.request is not None and row.success is None
    is_use = kind.is_generation or (kind.is_pull and went_well is True and not row.repeated)
    busy_us = _busy(row) if kind.is_generation and went_well else 0
    return About(went_well, kind.is_request and not is_start, is_use, busy_us)


def _busy(row: Row) -> int:
    return min(max((row.duration_us or 0) - (row.queue_us or 0) - (row.load_us or 0), 0), _MOST)


def _whole(number: float) -> int:
    """What no database gives back, no number at all, counts as nothing."""
    return round(min(max(number, 0.0), float(_MOST))) if number == number else 0


def common(row: Row, about: About, spelled: Spelled) -> Codes:
    """What is counted of every subject of an event."""
    found = Codes([_EVENTS, row.type << _BITS | _TYPE], [])
    _count_amounts(found, row)
    if about.went_well is False:
        found.ones.append(row.type << _BITS | _FAILED_TYPE)
        if row.error_code is not None:
            found.ones.append(row.error_code << _BITS | _ERROR)
    if about.is_request:
        _count_request(found, row, about)
    if about.is_use:
        _count_use(found, row, about, spelled)
    return found


def _count_amounts(found: Codes, row: Row) -> None:
    amounts = (row.tokens_in, row.tokens_out, row.bytes_in, row.bytes_out)
    found.amounts.extend([(a_code, min(n, _MOST)) for a_code, n in zip(_AMOUNTS, amounts, strict=True) if n])
    if row.vram_mb is not None:
        found.ones.append(_VRAM_SAMPLES)
        found.amounts.append((_VRAM_MB, _whole(row.vram_mb)))
    if row.gpu_utilization is not None:
        found.ones.append(_GPU_SAMPLES)
        found.amounts.append((_GPU_PERCENT, _whole(row.gpu_utilization)))


def _count_request(found: Codes, row: Row, about: About) -> None:
    ones = found.ones
    ones.append(_REQUESTS)
    if about.went_well is not None:
        ones.append(_JUDGED)
    if about.went_well is False:
        ones.append(_FAILED)
    if row.agent is not None:
        ones.append(row.agent << _BITS | _AGENT)
    if not about.is_use:
        _count_time(found, _OF_OTHERS, row.duration_us)


def _count_use(found: Codes, row: Row, about: About, spelled: Spelled) -> None:
    found.ones.append(_USES)
    _count_time(found, _OF_USES, row.duration_us)
    _count_time(found, _FIRST_TOKEN, row.first_token_us)
    if about.went_well is False:
        found.ones.append(_USES_FAILED)
    waited = (row.queue_us or 0) + (row.load_us or 0)
    if row.queue_us is not None or row.load_us is not None:
        found.ones.append(bucket_of(waited) << _BITS | _WAIT)
    if about.busy_us:
        found.amounts.append((_GENERATING_US, about.busy_us))
    found.ones.extend([number << _BITS | _PARAMETER for number in spelled.parameters_of(row)])


def _count_time(found: Codes, time: _Time, microseconds: int | None) -> None:
    if microseconds is not None:
        found.amounts.append((time.total, min(microseconds, _MOST)))
        found.ones.extend((time.number, bucket_of(microseconds) << _BITS | time.dim))


def by(whose: Whose, number: int | None, row: Row, about: About) -> Codes:
    """What is counted of a subject among those of another one."""
    found = Codes([], [])
    if number is None:
        return found
    shifted = number << _BITS
    if about.is_request:
        found.ones.append(shifted | whose.requests)
        if about.went_well is False:
            found.ones.append(shifted | whose.failed)
    if whose.uses is not None and about.is_use:
        found.ones.append(shifted | whose.uses)
    if whose.bytes is not None and row.bytes_out:
        found.amounts.append((shifted | whose.bytes, min(row.bytes_out, _MOST)))
    if whose.tokens is not None and (tokens := (row.tokens_in or 0) + (row.tokens_out or 0)):
        found.amounts.append((shifted | whose.tokens, min(tokens, _MOST)))
    if whose.busy is not None and about.busy_us:
        found.amounts.append((shifted | whose.busy, about.busy_us))
    return found
