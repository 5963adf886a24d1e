"""The SDK knows the types that the depot knows, under the same names."""

from steelyard.client.track import UsageEventType
from steelyard.usage.events import EventType


def test_the_same_types_on_both_sides() -> None:
    assert {each.name: each.value for each in UsageEventType} == {each.name: each.value for each in EventType}
