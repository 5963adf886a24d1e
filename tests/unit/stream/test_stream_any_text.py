"""Any text at all as ``Last-Event-ID``: the stream begins with one event, and nothing of the text gets into it."""

import asyncio
from typing import cast

from hypothesis import example, given, settings
from hypothesis import strategies as st

from steelyard.catalog.service import CatalogService
from steelyard.core.feed import RingFeed
from steelyard.core.signals import Signals
from steelyard.downloads.desk import Desk
from steelyard.identity.principal import Caller, Principal, PrincipalKind
from steelyard.jobs.service import JobService
from steelyard.stream import Stream

ALICE = Caller(Principal(1, PrincipalKind.DECLARED, "alice", "alice"), "127.0.0.1", "test")


async def first(heard: str, known: int) -> str:
    """What a listener is told first, ``known`` changes after the feed began."""
    signals = Signals(RingFeed())
    for number in range(known):
        signals.publish("stop", str(number))
    nobody = (cast("JobService", None), cast("Desk", None), cast("CatalogService", None))
    return await anext(Stream(signals, *nobody).events(ALICE, heard))


@settings(max_examples=60)
@given(
    st.text(max_size=30) | st.integers(-1, 2**70).map(str) | st.from_regex(r"\d{1,30}", fullmatch=True),
    st.integers(0, 3),
)
@example("9" * 5000, 1)
@example("1\n\ndata: forged", 0)
@example("\u0663", 0)
def test_any_id_is_known_or_answered_with_a_reset(heard: str, known: int) -> None:
    told = asyncio.run(first(heard, known))
    assert told.endswith("\n\n")
    assert told.count("\n\n") == 1
    assert "event: reset\n" in told or told == f"id: {heard}\n\n"
    assert "forged" not in told
