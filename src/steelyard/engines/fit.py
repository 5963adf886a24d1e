"""Whether a model can fit onto a card at all. Pure.

What is free on it is not looked at: models that make room are unloaded only once the next one is to be loaded.
"""

from collections.abc import Iterable

from steelyard.core.units import format_size
from steelyard.engines.errors import TooLarge
from steelyard.engines.hardware import Card


def check_fits(cards: Iterable[Card], needed: int, engine: str, model: str) -> None:
    """``needed`` bytes have to lie on one card. Raises TooLarge; says nothing where no card is known."""
    largest = max((card.memory for card in cards), default=None)
    if largest is not None and needed > largest:
        raise TooLarge(
            f"{engine} needs {format_size(needed)} on one card for {model}, and the largest here has "
            f"{format_size(largest)}.",
            hint="Ask for less context, take a smaller model, or one of fewer bits.",
        )
