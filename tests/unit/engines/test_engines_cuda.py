"""NVIDIA cards, by a driver that is played."""

from dataclasses import dataclass, field

from steelyard.engines.cuda import cards, loads
from steelyard.engines.hardware import Card, CardLoad, Hardware


class NVMLError(Exception):
    """What NVIDIA's library raises."""


@dataclass
class Memory:
    total: int
    free: int


@dataclass
class Rates:
    gpu: int


@dataclass
class Running:
    pid: int
    usedGpuMemory: int | None  # noqa: N815 - NVIDIA's name


@dataclass
class Driver:
    """The management library of a machine with these cards."""

    found: list[tuple[str | bytes, Memory]]
    is_away: bool = False
    is_lost: bool = False
    open: int = 0
    NVMLError: type[Exception] = field(default=NVMLError)
    running: list[Running] = field(default_factory=list)

    def nvmlInit(self) -> None:  # noqa: N802 - NVIDIA's name
        if self.is_away:
            raise NVMLError("Driver Not Loaded")
        self.open += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.open -= 1

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.found)

    def nvmlDeviceGetHandleByIndex(self, number: int) -> int:  # noqa: N802
        return number

    def nvmlDeviceGetName(self, handle: int) -> str | bytes:  # noqa: N802
        return self.found[handle][0]

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> Memory:  # noqa: N802
        if self.is_lost:
            raise NVMLError("GPU is lost")
        return self.found[handle][1]

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> Rates:  # noqa: N802
        return Rates(60 + handle)

    def nvmlDeviceGetComputeRunningProcesses(self, handle: int) -> list[Running]:  # noqa: N802
        return self.running if handle == 0 else []


def test_cards_tell_how_busy_they_are_and_who_has_their_memory() -> None:
    found: list[tuple[str | bytes, Memory]] = [("NVIDIA H", Memory(80, 70)), ("NVIDIA H", Memory(80, 70))]
    driver = Driver(found, running=[Running(41, 9), Running(42, None)])
    assert loads(driver) == (CardLoad(60.0, {41: 9}), CardLoad(61.0, {}))
    assert driver.open == 0
    assert loads(None) == ()


def test_cards_have_names_and_memory() -> None:
    driver = Driver([("NVIDIA H", Memory(80, 70)), (b"NVIDIA L", Memory(24, 20))])
    assert cards(driver) == (Card("NVIDIA H", 80, 70), Card("NVIDIA L", 24, 20))
    assert driver.open == 0
    assert Hardware(1, 1, cards(driver)).has_cuda


def test_without_the_library_or_the_driver_there_are_none() -> None:
    assert cards(None) == ()
    assert cards(Driver([], is_away=True)) == ()


def test_a_lost_card_is_no_reason_to_stop() -> None:
    driver = Driver([("NVIDIA H", Memory(80, 70))], is_lost=True)
    assert cards(driver) == ()
    assert driver.open == 0
