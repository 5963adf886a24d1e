"""Every limit and every rule, at its edge."""

from dataclasses import replace

import pytest

from steelyard.catalog.models import File, FileState
from steelyard.core.digest import Digest
from steelyard.downloads.quotas.judge import Facts, judge, pickles_only
from steelyard.downloads.quotas.models import Limit, Limits, Period, Use
from steelyard.downloads.settings import ApprovalSettings

GB = 10**9
NOTHING_USED = Use(0, 0, 0)
NO_RULES = ApprovalSettings(approve_gated=False, approve_pickle_only=False)
ALL_RULES = ApprovalSettings(approve_above_bytes=500 * GB)
PLAIN = Facts(size=20 * GB, adds=20 * GB)
OVER = Limits(held_bytes=0, period_bytes=Limit(0), period_requests=Limit(0))
HELD, MOVED = Limits(held_bytes=100 * GB), Limits(period_bytes=Limit(100 * GB, Period.WEEK))
THREE = Limits(period_requests=Limit(3, Period.DAY))
BROUGHT = "you brought 100 GB of your 100 GB in 7 days already"
GATED = "asks for the acceptance of a licence (gated)"
PICKLES = "its weights are nothing but pickle files"


@pytest.mark.parametrize(
    ("facts", "use", "limits", "rules", "reasons"),
    [
        (PLAIN, NOTHING_USED, Limits(), ALL_RULES, []),
        (PLAIN, Use(80 * GB, 0, 0), HELD, NO_RULES, []),
        (PLAIN, Use(100 * GB, 0, 0), HELD, NO_RULES, ["would hold 120 GB of your 100 GB"]),
        (PLAIN, Use(80 * GB + 1, 0, 0), HELD, NO_RULES, ["would hold 100000000001 bytes of your 100000000000"]),
        (replace(PLAIN, adds=0), Use(200 * GB, 0, 0), HELD, NO_RULES, []),
        (Facts(None, None), Use(99 * GB, 0, 0), HELD, NO_RULES, []),
        (Facts(None, None), Use(100 * GB, 0, 0), HELD, NO_RULES, ["you hold 100 GB of your 100 GB already"]),
        (PLAIN, Use(0, 80 * GB, 0), MOVED, NO_RULES, []),
        (PLAIN, Use(0, 90 * GB, 0), MOVED, NO_RULES, ["would bring 110 GB of your 100 GB in 7 days"]),
        (Facts(None, None), Use(0, 99 * GB, 0), MOVED, NO_RULES, []),
        (Facts(None, None), Use(0, 100 * GB, 0), MOVED, NO_RULES, [BROUGHT]),
        (PLAIN, Use(0, 0, 2), THREE, NO_RULES, []),
        (PLAIN, Use(0, 0, 3), THREE, NO_RULES, ["would be request 4 of your 3 in 24 hours"]),
        (replace(PLAIN, brings=False), Use(0, 0, 3), THREE, NO_RULES, ["would be request 4 of your 3 in 24 hours"]),
        (replace(PLAIN, brings=False, gated=True, pickles_only=True), Use(9, 9, 0), HELD, ALL_RULES, []),
        (replace(PLAIN, size=500 * GB), NOTHING_USED, Limits(), ALL_RULES, []),
        (replace(PLAIN, size=700 * GB), NOTHING_USED, Limits(), ALL_RULES, ["is larger than 500 GB (700 GB)"]),
        (Facts(None, None), NOTHING_USED, Limits(), ALL_RULES, []),
        (replace(PLAIN, gated=True), NOTHING_USED, Limits(), ALL_RULES, [GATED]),
        (replace(PLAIN, gated=True), NOTHING_USED, Limits(), NO_RULES, []),
        (replace(PLAIN, pickles_only=True), NOTHING_USED, Limits(), ALL_RULES, [PICKLES]),
        (replace(PLAIN, pickles_only=True), NOTHING_USED, Limits(), NO_RULES, []),
    ],
)  # fmt: skip
def test_what_must_wait_says_why(
    facts: Facts, use: Use, limits: Limits, rules: ApprovalSettings, reasons: list[str]
) -> None:
    assert list(judge(facts, use, limits, rules)) == reasons


def test_all_reasons_are_told_at_once() -> None:
    assert len(judge(Facts(600 * GB, 600 * GB, gated=True, pickles_only=True), NOTHING_USED, OVER, ALL_RULES)) == 6


@pytest.mark.parametrize(
    ("paths", "only"),
    [
        (["pytorch_model.bin", "config.json"], True),
        (["pytorch_model.bin", "model.safetensors"], False),
        (["model.safetensors"], False),
        (["config.json", "arguments.npz"], False),
        ([], False),
    ],
)
def test_only_weights_tell_whether_there_is_nothing_but_pickles(paths: list[str], only: bool) -> None:
    files = [File(path, 1, Digest("sha256", "0" * 64), FileState.LISTED) for path in paths]
    assert pickles_only(files) is only
