"""How much work a run does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts, bytes and seconds of one run."""

    rounds: int
    large_files: int
    large_size: int
    mirrored_files: int
    small_files: int
    shelf: int
    idle_seconds: float
    events: int
    models: int
    requests: int
    asked: int
    served_size: int
    crowd_seconds: float
    gateway_seconds: float
    usage_events: int


FULL = Scale(
    rounds=5,
    large_files=3,
    large_size=256_000_000,
    mirrored_files=5,
    small_files=500,
    shelf=20,
    idle_seconds=2.0,
    events=100_000,
    models=10_000,
    requests=100_000,
    asked=40,
    served_size=1_000_000_000,
    crowd_seconds=17.0,
    gateway_seconds=3.0,
    usage_events=1_000_000,  # 10,000,000 by --events: folding them takes minutes
)
QUICK = Scale(
    rounds=1,
    large_files=2,
    large_size=2_000_000,
    mirrored_files=2,
    small_files=10,
    shelf=2,
    idle_seconds=0.1,
    events=2_000,
    models=30,
    requests=300,
    asked=3,
    served_size=2_000_000,
    crowd_seconds=3.0,
    gateway_seconds=0.2,
    usage_events=1_000,
)  # to see that the bench itself works
