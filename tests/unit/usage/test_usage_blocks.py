"""Blocks are made some at a time."""

from datetime import UTC, datetime, timedelta

import pytest

from steelyard.core.clock import system_clock
from steelyard.db.database import Database
from steelyard.testing.clock import HandClock
from steelyard.usage.blocks import Blocks
from steelyard.usage.events import Event, milliseconds
from steelyard.usage.fold import Fold
from steelyard.usage.keys import EventKeys
from steelyard.usage.sealing import Sealing
from steelyard.usage.sheets import BLOCK_DAYS, Level
from steelyard.usage.turns import Turns
from steelyard.usage.words import Dictionary
from steelyard.usage.writing import Kept, add
from tests.recount import assert_as_recounted, sizes

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("look", [1, 3, 20])
async def test_no_turn_makes_more_blocks_than_it_may(usage_log: Database, look: int) -> None:
    """Each of four subjects has seven blocks to be made."""
    keys = EventKeys()
    moments = [START + timedelta(days=day) for day in range(7 * BLOCK_DAYS)]
    used = [Event("generation_completed", at, "org/a", 1, "10.0.0.1", duration_ms=9) for at in moments]
    kept = [Kept(keys.key(milliseconds(event.at)), event) for event in used]
    await usage_log.write(lambda connection: add(connection, kept, Dictionary()))
    await Fold(usage_log, system_clock).fold_all()
    turns, clock = Turns(usage_log), HandClock(START + timedelta(days=200))
    await Sealing(turns, clock).seal()
    blocks = Blocks(turns, clock, look=look, at_once=5)
    await blocks.make()
    assert blocks.made == (await usage_log.read(sizes))[Level.BLOCK] >= 4 * 7
    assert blocks.most_in_a_turn <= 5
    await blocks.make()
    assert blocks.made == (await usage_log.read(sizes))[Level.BLOCK]
    await assert_as_recounted(usage_log)
