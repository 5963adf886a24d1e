"""Buckets of durations: each is 4 % wider than the one before, so percentiles have at most 2 % error. Pure.

Buckets add up, which percentiles do not. Bucket 0 is a duration of nothing; bucket 1 ends at one microsecond.
"""

from math import ceil, log

GROWTH = 1.04
_PER_LOG = 1 / log(GROWTH)
_MIDDLE = 2 / (GROWTH + 1)  # of a bucket, as part of its end: it is equally far from both ends, in percent
_ROUNDING = 1e-9  # a duration that is just the end of a bucket lies in it


def bucket_of(microseconds: int) -> int:
    """The bucket of a duration; durations below nothing count as nothing."""
    if microseconds <= 0:
        return 0
    return ceil(log(microseconds) * _PER_LOG - _ROUNDING) + 1


def end_of(bucket: int) -> float:
    """The longest duration of a bucket, in microseconds."""
    return GROWTH ** (bucket - 1) if bucket > 0 else 0.0


def value_of(bucket: int) -> float:
    """The duration that stands for all of a bucket, in microseconds: at most 2 % off."""
    return end_of(bucket) * _MIDDLE
