"""Whether a request may go on by itself, or an administrator must look at it first. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from steelyard.catalog.models import File
from steelyard.catalog.status import is_pickle, is_weights
from steelyard.core.units import format_size
from steelyard.downloads.quotas.models import Limit, Limits, Period, Use
from steelyard.downloads.settings import ApprovalSettings

_WINDOWS = {Period.DAY: "24 hours", Period.WEEK: "7 days", Period.MONTH: "30 days"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a request. Sizes in bytes; None where they are not known yet.

    ``size`` is what it announces, file by file; ``adds`` what the asker would hold in addition, 0 when somebody else
    does. ``brings``: it begins a download; else the files are here, or a job is on its way with them.
    """

    size: int | None
    adds: int | None
    gated: bool = False
    pickles_only: bool = False
    brings: bool = True


def judge(facts: Facts, use: Use, limits: Limits, rules: ApprovalSettings) -> tuple[str, ...]:
    """Why an administrator must agree, for the asker to read; empty when nobody needs to."""
    said = (_requests(use.period_requests, limits.period_requests), *(_bytes(facts, use, limits, rules)))
    return tuple(reason for reason in said if reason is not None)


def pickles_only(files: Sequence[File]) -> bool:
    """Whether all weights among these files are pickles."""
    weights = [file.path for file in files if is_weights(file.path)]
    return bool(weights) and all(is_pickle(path) for path in weights)


def _bytes(facts: Facts, use: Use, limits: Limits, rules: ApprovalSettings) -> tuple[str | None, ...]:
    if not facts.brings:
        return ()
    return (
        _held(facts.adds, use.held_bytes, limits.held_bytes),
        _moved(facts.size, use.period_bytes, limits.period_bytes),
        _huge(facts.size, rules.approve_above_bytes),
        "asks for the acceptance of a licence (gated)" if facts.gated and rules.approve_gated else None,
        "its weights are nothing but pickle files" if facts.pickles_only and rules.approve_pickle_only else None,
    )


def _requests(used: int, limit: Limit) -> str | None:
    if limit.value is None or used < limit.value:
        return None
    return f"would be request {used + 1} of your {limit.value} in {_WINDOWS[limit.period]}"


def _held(adds: int | None, used: int, limit: int | None) -> str | None:
    """Where the size is not known yet, only what is over the limit already tells."""
    if limit is None or (used < limit if adds is None else adds == 0 or used + adds <= limit):
        return None
    if adds is None:
        return f"you hold {format_size(used)} of your {format_size(limit)} already"
    return f"would hold {_against(used + adds, limit)}"


def _moved(size: int | None, used: int, limit: Limit) -> str | None:
    if limit.value is None or (used < limit.value if size is None else used + size <= limit.value):
        return None
    window = _WINDOWS[limit.period]
    if size is None:
        return f"you brought {format_size(used)} of your {format_size(limit.value)} in {window} already"
    return f"would bring {_against(used + size, limit.value)} in {window}"


def _huge(size: int | None, limit: int | None) -> str | None:
    if limit is None or size is None or size <= limit:
        return None
    return f"is larger than {format_size(limit)} ({format_size(size)})"


def _against(would: int, limit: int) -> str:
    """Exact where rounding would hide the difference."""
    texts = (format_size(would), format_size(limit))
    return f"{texts[0]} of your {texts[1]}" if texts[0] != texts[1] else f"{would} bytes of your {limit}"
