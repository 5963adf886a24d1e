"""One word for the whole depot."""

from dataclasses import replace

import pytest

from steelyard.advice.health import Facts, verdict

WELL = Facts(database_ok=True, bytes_free=10**12, keep_free=10**9, lag_seconds=0.0, dropped=0)


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        (WELL, "ok"),
        (replace(WELL, bytes_free=10**9), "ok"),
        (replace(WELL, bytes_free=10**9 - 1), "degraded"),
        (replace(WELL, bytes_free=0), "degraded"),
        (replace(WELL, lag_seconds=5.0), "ok"),
        (replace(WELL, lag_seconds=5.1), "degraded"),
        (replace(WELL, dropped=1), "degraded"),
        (replace(WELL, bytes_free=None), "error"),
        (replace(WELL, database_ok=False), "error"),
        (replace(WELL, database_ok=False, dropped=1), "error"),
    ],
)
def test_verdict(facts: Facts, word: str) -> None:
    assert verdict(facts) == word
