"""Tells a depot of uses of models that other programs run; as ``steelyard.track`` for everybody."""

from steelyard.client.track.fields import UsageFields
from steelyard.client.track.kinds import UsageEventType
from steelyard.client.track.shared import configure, flush, shared, tally, track, track_usage
from steelyard.client.track.tally import Tally
from steelyard.client.track.tracker import Tracker
from steelyard.client.track.tracking import Tracking
from steelyard.client.track.use import Use

__all__ = [
    "Tally",
    "Tracker",
    "Tracking",
    "UsageEventType",
    "UsageFields",
    "Use",
    "configure",
    "flush",
    "shared",
    "tally",
    "track",
    "track_usage",
]
