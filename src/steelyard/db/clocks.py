"""How far the clock of this host is from the database's: leases and dispatch compare the two."""

from sqlalchemy import Engine, func, select

from steelyard.core.clock import Clock

_TRIES = 3


def measure_offset(engine: Engine, clock: Clock) -> float:
    """Seconds that PostgreSQL's clock is ahead of ours, from the quickest of a few questions (Cristian's algorithm)."""
    samples: list[tuple[float, float]] = []
    with engine.connect() as connection:
        for _ in range(_TRIES):
            asked = clock.monotonic()
            there = connection.execute(select(func.clock_timestamp())).scalar_one()
            taken = clock.monotonic() - asked
            samples.append((taken, (there - clock.now()).total_seconds() + taken / 2))
    return round(min(samples)[1], 3)
