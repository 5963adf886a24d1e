"""NVIDIA cards, where the extra ``cuda`` is installed."""

import logging
from typing import Any

from steelyard.engines.hardware import Card

try:
    import pynvml
except ImportError:  # the extra is not installed
    pynvml = None

logger = logging.getLogger(__name__)


def cards(driver: Any = pynvml) -> tuple[Card, ...]:
    """The cards and their memory now; none without a driver. ``driver`` is NVIDIA's management library."""
    if driver is None:
        return ()
    try:
        driver.nvmlInit()
    except driver.NVMLError:
        return ()
    try:
        handles = [driver.nvmlDeviceGetHandleByIndex(number) for number in range(driver.nvmlDeviceGetCount())]
        return tuple(_card(driver, handle) for handle in handles)
    except driver.NVMLError as error:
        logger.warning("The NVIDIA driver does not tell its cards: %s", error)
        return ()
    finally:
        driver.nvmlShutdown()


def _card(driver: Any, handle: Any) -> Card:
    name, memory = driver.nvmlDeviceGetName(handle), driver.nvmlDeviceGetMemoryInfo(handle)
    return Card(name.decode() if isinstance(name, bytes) else str(name), int(memory.total), int(memory.free))
