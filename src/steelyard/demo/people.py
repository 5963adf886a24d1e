"""The people of the demo, and the programs that work for them. None of them exists."""

from dataclasses import dataclass, field

from steelyard.demo.models import Task

_OFFICE = (0, 0, 0, 0, 0, 0, 0, 1, 4, 9, 12, 11, 6, 8, 12, 11, 9, 6, 3, 2, 1, 1, 0, 0)
_LATE = (2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 4, 6, 7, 6, 7, 9, 10, 9, 7, 5, 6, 7, 6, 4)
_NIGHT = (0, 0, 12, 9, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_ALWAYS = (1,) * 24
_ENGINEERS = {Task.CHAT: 1.0, Task.EMBED: 0.7, Task.PULL: 1.0, Task.IMAGE: 0.1, Task.VIDEO: 0.0}
_WRITERS = {Task.CHAT: 1.0, Task.EMBED: 0.0, Task.PULL: 0.0, Task.IMAGE: 0.3, Task.VIDEO: 0.0}
_ARTISTS = {Task.CHAT: 0.2, Task.EMBED: 0.0, Task.PULL: 0.2, Task.IMAGE: 4.0, Task.VIDEO: 6.0}
_INDEXER = {Task.CHAT: 0.0, Task.EMBED: 1.0, Task.PULL: 0.0, Task.IMAGE: 0.0, Task.VIDEO: 0.0}
_RUNNER = {Task.CHAT: 0.3, Task.EMBED: 0.2, Task.PULL: 2.0, Task.IMAGE: 0.0, Task.VIDEO: 0.0}


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody: ``sessions`` on a working day, in hours of their own that are ``offset`` before or after UTC.

    ``tastes`` says how much they care for each kind of model; ``weekend`` what is left of it on Saturdays and Sundays.
    """

    name: str
    sessions: float
    offset: int = 1
    hours: tuple[int, ...] = _OFFICE
    tastes: dict[Task, float] = field(default_factory=_ENGINEERS.copy)
    weekend: float = 0.08
    agent: str = "steelyard/0.3"


PEOPLE = (
    DemoPerson("ada", 11, agent="openai-python/3.51"),
    DemoPerson("béla", 9, agent="vscode-continue/1.4"),
    DemoPerson("chidi", 7, hours=_LATE, weekend=0.4),
    DemoPerson("dunja", 8, agent="openai-python/3.51"),
    DemoPerson("emre", 6, offset=3),
    DemoPerson("fiadh", 6, offset=0, tastes=_WRITERS, agent="open-webui/0.7"),
    DemoPerson("gustavo", 5, offset=-3, hours=_LATE, agent="ollama/0.14"),
    DemoPerson("hana", 7, offset=9, agent="openai-python/3.51"),
    DemoPerson("ivo", 3, tastes=_WRITERS, agent="open-webui/0.7"),
    DemoPerson("jasna", 5, agent="huggingface_hub/2.4"),
    DemoPerson("kwame", 4, offset=0),
    DemoPerson("linnea", 4, tastes=_ARTISTS, hours=_LATE, weekend=0.5, agent="comfyui/0.9"),
    DemoPerson("mateusz", 6, agent="vscode-continue/1.4"),
    DemoPerson("nour", 3, offset=2, tastes=_WRITERS, agent="open-webui/0.7"),
    DemoPerson("oisín", 2, offset=0),
    DemoPerson("priya", 8, offset=5, agent="openai-python/3.51"),
    DemoPerson("quentin", 2, tastes=_ARTISTS, agent="comfyui/0.9"),
    DemoPerson("rosa", 3, offset=-5, tastes=_WRITERS, agent="open-webui/0.7"),
    DemoPerson("soren", 4, hours=_LATE, weekend=0.3, agent="ollama/0.14"),
    DemoPerson("tamar", 5, offset=2),
    DemoPerson("uwe", 1),
    DemoPerson("valentina", 4, offset=-3, agent="huggingface_hub/2.4"),
    DemoPerson("wim", 2, tastes=_WRITERS, agent="open-webui/0.7"),
    DemoPerson("xochitl", 3, offset=-6),
    DemoPerson("yara", 2, offset=2, tastes=_ARTISTS, weekend=0.6, agent="comfyui/0.9"),
    DemoPerson("zoltán", 3, agent="vscode-continue/1.4"),
    DemoPerson("nightly-index", 14, offset=0, hours=_NIGHT, tastes=_INDEXER, weekend=1.0, agent="indexer/1.2"),
    DemoPerson("ci-runner", 12, offset=0, hours=_ALWAYS, tastes=_RUNNER, weekend=0.3, agent="huggingface_hub/2.4"),
)  # fmt: skip


def address_of(number: int) -> str:
    """Where the person of this place in ``PEOPLE`` comes from: an address of a tailnet."""
    return f"100.64.{7 + number // 200}.{11 + number % 200}"
