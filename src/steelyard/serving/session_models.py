"""A conversation that is kept."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Session:
    """Its name, when it began and went on last, how many messages it has and their characters."""

    name: str
    created_at: datetime
    updated_at: datetime
    messages: int
    characters: int
