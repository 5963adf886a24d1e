"""The made-up days: who sits down when, with which model. Pure, and the same for the same seed and moment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from steelyard.demo.dice import Dice
from steelyard.demo.models import MODELS, DemoModel, Task
from steelyard.demo.people import PEOPLE, DemoPerson, address_of
from steelyard.demo.uses import Asking, pull, use
from steelyard.usage.events import API_REQUEST, Event, EventType

_DAY = timedelta(days=1)
_SATURDAY = 5
_PER_SESSION = {Task.CHAT: 5.0, Task.EMBED: 14.0, Task.IMAGE: 6.0, Task.VIDEO: 2.0, Task.PULL: 1.0}
_PAUSE = {Task.CHAT: 90.0, Task.EMBED: 4.0, Task.IMAGE: 40.0, Task.VIDEO: 300.0, Task.PULL: 60.0}  # seconds
_LOOKS = 0.5  # of all sessions begin with a look at the list
_COLD = 0.12  # of all sessions find that their model must be loaded first
_GROWTH = 1.006  # of the whole depot, from one day to the next


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody at work with one model for a while."""

    at: datetime
    person: DemoPerson
    model: DemoModel


class Days:
    """``days`` days that end at ``now``; ``numbers`` are the principals of the people."""

    def __init__(self, now: datetime, days: int, seed: int, numbers: Mapping[str, int]) -> None:
        self._now = now
        self._days = days
        self._seed = seed
        self._numbers = numbers
        self._addresses = {person.name: address_of(place) for place, person in enumerate(PEOPLE)}
        self._tastes = {person.name: _tastes(person, seed) for person in PEOPLE}
        self._pulled: dict[tuple[str, str], datetime] = {}

    def events(self) -> Iterator[Event]:
        """Everything that happened, day by day, each day in the order of time, and nothing after ``now``."""
        today = self._now.date()
        for age in range(self._days, -1, -1):
            dice = Dice(self._seed, age)
            day = datetime.combine(today - age * _DAY, time(), UTC)
            sessions = sorted(self._sessions(day, age, dice), key=lambda session: session.at)
            begun = [session for session in sessions if session.at < self._now]
            found = [event for session in begun for event in self._told(session, age, dice)]
            yield from sorted((event for event in found if event.at < self._now), key=lambda event: event.at)

    def _sessions(self, day: datetime, age: int, dice: Dice) -> Iterator[Session]:
        for person in PEOPLE:
            local = day + timedelta(hours=person.offset)
            share = person.weekend if local.weekday() >= _SATURDAY else 1.0
            for _ in range(dice.count(person.sessions * share / _GROWTH**age)):
                hour = dice.one_of(range(24), person.hours)
                at = day + timedelta(hours=(hour - person.offset) % 24, minutes=dice.between(0, 60))
                yield Session(at, person, dice.one_of(MODELS, self._wishes(person, age)))

    def _wishes(self, person: DemoPerson, age: int) -> list[float]:
        """How much somebody wants each model on a day that was so many days ago."""
        tastes = self._tastes[person.name]
        return [
            0.0
            if age < model.quiet_days or (model.came is not None and age >= model.came)
            else wish / model.growth**age
            for model, wish in zip(MODELS, tastes, strict=True)
        ]

    def _told(self, session: Session, age: int, dice: Dice) -> Iterator[Event]:
        """The events of a session: a look around, perhaps a load, and the uses."""
        person, model = session.person, session.model
        asking = Asking(
            self._numbers[person.name], self._addresses[person.name], person.agent, f"{dice.hexadecimal(12)}", age
        )
        at = session.at
        if dice.happens(_LOOKS):
            yield asking.plain(EventType.MODEL_LIST if dice.happens(0.6) else API_REQUEST, at, dice)
            yield asking.plain(EventType.MODEL_ACCESS, at + timedelta(seconds=2), dice, model.name)
        if model.task is Task.PULL or (dice.happens(0.02) and not model.is_external):
            yield from self._pull(asking, person, model, at, dice)
        if model.task is not Task.PULL:
            yield from _uses(asking, model, at + timedelta(seconds=5), dice)

    def _pull(self, asking: Asking, person: DemoPerson, model: DemoModel, at: datetime, dice: Dice) -> Iterator[Event]:
        last = self._pulled.get((person.name, model.name))
        is_repeated = last is not None and at - last < _DAY
        if not is_repeated:
            self._pulled[person.name, model.name] = at
        yield from pull(asking, model, at, dice, is_repeated=is_repeated)


def _uses(asking: Asking, model: DemoModel, at: datetime, dice: Dice) -> Iterator[Event]:
    loads = not model.is_external and dice.happens(_COLD)
    for number in range(dice.run(_PER_SESSION[model.task])):
        events = use(asking, model, at, dice, loads=loads and number == 0)
        yield from events
        at += timedelta(seconds=dice.around(_PAUSE[model.task], 0.8), milliseconds=events[-1].duration_ms or 0.0)


def _tastes(person: DemoPerson, seed: int) -> list[float]:
    """How much somebody wants each model: everybody's liking, their own, and chance, which leaves many out."""
    dice = Dice(seed, person.name)
    return [
        model.wanted * person.tastes[model.task] * (dice.around(1.0, 0.9) if dice.happens(0.55) else 0.02)
        for model in MODELS
    ]
