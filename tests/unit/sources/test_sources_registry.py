"""Sources by name, and from entry points."""

import pytest

from steelyard.sources.bandwidth import Bandwidth
from steelyard.sources.http import CONNECT_SECONDS
from steelyard.sources.huggingface.settings import HuggingFaceSettings
from steelyard.sources.huggingface.source import HuggingFaceSource
from steelyard.sources.pauses import HostPauses
from steelyard.sources.registry import SourceContext, Sources, UnknownSource, load_sources
from steelyard.testing.clock import HandClock
from steelyard.testing.source import FakeSource


async def test_sources_are_found_by_name_and_closed_together() -> None:
    first, second = FakeSource("first"), FakeSource("second")
    sources = Sources({"first": first, "second": second})
    assert sources.get("first") is first
    await sources.close()
    assert first.closed
    assert second.closed


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(UnknownSource) as caught:
        Sources({"b": FakeSource(), "a": FakeSource()}).get("c")
    assert caught.value.hint == "Known sources: a, b."


async def test_the_built_in_source_comes_by_its_entry_point(clock: HandClock) -> None:
    sources = load_sources(SourceContext({}, clock, HostPauses(clock), Bandwidth(clock, None)))
    assert isinstance(sources.get("huggingface"), HuggingFaceSource)
    await sources.close()


def test_a_source_finds_its_own_settings(clock: HandClock) -> None:
    mine = HuggingFaceSettings(endpoint="http://hub.example")
    context = SourceContext({"huggingface": mine}, clock, HostPauses(clock), Bandwidth(clock, None))
    assert context.settings_of("huggingface", HuggingFaceSettings) is mine
    assert context.settings_of("elsewhere", HuggingFaceSettings) == HuggingFaceSettings()


def test_the_endpoint_has_no_slash_at_its_end() -> None:
    assert HuggingFaceSettings(endpoint="http://hub.example/").endpoint == "http://hub.example"


def test_a_hub_that_is_away_is_waited_for_two_seconds() -> None:
    assert HuggingFaceSettings().connect_seconds == CONNECT_SECONDS == 2.0
