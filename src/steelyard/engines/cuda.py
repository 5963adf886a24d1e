"""NVIDIA cards, where the extra ``cuda`` is installed."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from steelyard.engines.hardware import Card, CardLoad

try:
    import pynvml
except ImportError:  # the extra is not installed
    pynvml = None

logger = logging.getLogger(__name__)
T = TypeVar("T")


def cards(driver: Any = pynvml) -> tuple[Card, ...]:
    """The cards and their memory now; none without a driver. ``driver`` is NVIDIA's management library."""
    return _each(driver, _card)


def loads(driver: Any = pynvml) -> tuple[CardLoad, ...]:
    """How busy the cards are now, and what of their memory each process has; none without a driver."""
    return _each(driver, _load)


def _each(driver: Any, look: Callable[[Any, Any], T]) -> tuple[T, ...]:
    if driver is None:
        return ()
    try:
        driver.nvmlInit()
    except driver.NVMLError:
        return ()
    try:
        handles = [driver.nvmlDeviceGetHandleByIndex(number) for number in range(driver.nvmlDeviceGetCount())]
        return tuple(look(driver, handle) for handle in handles)
    except driver.NVMLError as error:
        logger.warning("The NVIDIA driver does not tell its cards: %s", error)
        return ()
    finally:
        driver.nvmlShutdown()


def _card(driver: Any, handle: Any) -> Card:
    name, memory = driver.nvmlDeviceGetName(handle), driver.nvmlDeviceGetMemoryInfo(handle)
    return Card(name.decode() if isinstance(name, bytes) else str(name), int(memory.total), int(memory.free))


def _load(driver: Any, handle: Any) -> CardLoad:
    """A process whose memory the driver hides has None there (Windows), and is left out."""
    percent = float(driver.nvmlDeviceGetUtilizationRates(handle).gpu)
    running = driver.nvmlDeviceGetComputeRunningProcesses(handle)
    return CardLoad(percent, {one.pid: int(one.usedGpuMemory) for one in running if one.usedGpuMemory is not None})
