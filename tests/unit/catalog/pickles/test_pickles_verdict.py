"""What passes, and the line that people read."""

from datetime import UTC, datetime

import pytest

from steelyard.catalog.models import File, FileState
from steelyard.catalog.pickles.verdict import Allowance, Standing, Verdict, problem_of
from steelyard.core.digest import Digest

DIGEST = Digest("sha256", "a" * 64)
SAFE, EVIL = Verdict(True), Verdict(False, ("it imports a.a", "it imports b.b", "it imports c.c", "it imports d.d"))
ANA = Allowance("ana", datetime(2026, 1, 1, tzinfo=UTC), "ours")
HELD, SHOWN = (File("a.bin", 1, DIGEST, state) for state in (FileState.QUARANTINED, FileState.STORED))
SAID = "a.bin: it imports a.a; it imports b.b; and 2 more"


@pytest.mark.parametrize(
    ("verdict", "allowance", "passes"),
    [(None, None, False), (SAFE, None, True), (EVIL, None, False), (EVIL, ANA, True), (None, ANA, True)],
)
def test_what_passes(verdict: Verdict | None, allowance: Allowance | None, passes: bool) -> None:
    assert Standing(DIGEST, 1, verdict, "1", allowance).passes is passes


@pytest.mark.parametrize(
    ("file", "standing", "line"),
    [
        (HELD, None, "a.bin: it can run code when it is loaded, and waits to be scanned"),
        (HELD, Standing(DIGEST, 1, EVIL), SAID),
        (HELD, Standing(DIGEST, 1, SAFE), None),
        (SHOWN, Standing(DIGEST, 1, SAFE), None),
        (SHOWN, Standing(DIGEST, 1, SAFE, allowance=ANA), None),
        (SHOWN, Standing(DIGEST, 1, EVIL, allowance=ANA), f"{SAID}; ana allowed it: ours"),
        (SHOWN, None, None),
    ],
)
def test_the_line_about_a_file(file: File, standing: Standing | None, line: str | None) -> None:
    assert problem_of(file, standing) == line
