"""The scheduler's refusals in words for people. Pure."""

from steelyard.core.errors import SteelyardError
from steelyard.engines.errors import EngineFailed, TooLarge
from steelyard.serving.errors import LoadCoolingDown, QueueFull, TimedOut
from steelyard.serving.moves import Refusal, Refuse

SMALLER = "Choose a smaller variant or context, or raise STEELYARD_ENGINES__BUDGET_BYTES."


def error_of(effect: Refuse, name: str, known: SteelyardError | None) -> SteelyardError:
    """The error for whoever asked the model ``name``; ``known`` is why its last load failed."""
    retry = effect.retry_after
    match effect.why:
        case Refusal.QUEUE_FULL:
            return QueueFull(f"Too many requests wait for {name}.", hint="Ask again later.", retry_after=retry)
        case Refusal.DEADLINE:
            return TimedOut(f"{name} did not get its turn in time.", hint="Ask with a longer timeout.")
        case Refusal.TOO_LARGE:
            said = f"{name} does not fit into the memory for models, whatever idle model is unloaded for it."
            return TooLarge(said, hint=SMALLER)
        case Refusal.COOLING_DOWN:
            reason = f": {effect.reason}" if effect.reason else "."
            hint = f"It is tried again after Retry-After; `steelyard show {name}` lists problems of its files."
            return LoadCoolingDown(f"{name} failed to load a moment ago{reason}", hint=hint, retry_after=retry)
        case Refusal.DISMISSED:
            said = f"{name} was unloaded by hand while it was coming into memory."
            return EngineFailed(said, hint="Ask again to load it anew.", retry_after=retry)
        case Refusal.LOAD_FAILED if known is not None:
            return type(known)(known.detail, hint=known.hint, retry_after=known.retry_after)
        case _:
            said = f"The engine of {name} stopped. {effect.reason}".strip()
            return EngineFailed(said, hint="Ask again: it is started anew.", retry_after=retry)
