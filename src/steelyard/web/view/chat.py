"""Which models can be chatted with."""

from collections.abc import Sequence
from dataclasses import dataclass

from steelyard.catalog.inspect.geometry import ENCODERS
from steelyard.web.shelf import Json, RunningState

_GGUF = "gguf"
_COUNTED = frozenset({_GGUF, "safetensors"})  # their headers count the parameters, unless they cannot be read
_FORMATS = _COUNTED | {"pytorch"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One model to choose."""

    model: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Unable:
    """A model that could be chosen if it were not for the ``reason``."""

    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class Choices:
    """``here`` are in memory and answer at once, ``shelf`` are loaded first, ``elsewhere`` other servers have; exactly
    one is chosen if there is any. The ``unable`` are shown, and not to be chosen."""

    here: tuple[Choice, ...]
    shelf: tuple[Choice, ...]
    elsewhere: tuple[Choice, ...]
    unable: tuple[Unable, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to chat with."""
        return not (self.here or self.shelf or self.elsewhere)


def may_answer(model: Json) -> bool:
    """Whether a model of SPEC section 11 looks like one that answers; the engines have the last word."""
    return _is_of_words(model) and hindrance(model) is None


def hindrance(model: Json) -> str | None:
    """Why a model of words cannot answer: its weights are not what they say, or what ``unable`` says of the engines."""
    problems = model.get("problems") or ()
    is_unread = model.get("format") in _COUNTED and model.get("parameters") is None
    unable: str | None = model.get("unable")
    return problems[0] if problems and is_unread else unable


def choices(asked: str, known: Sequence[Json], foreign: Sequence[str], state: RunningState) -> Choices:
    """The models to choose from; what was asked for is chosen whether it is among them or not."""
    of_words = [model for model in known if _is_of_words(model)]
    others = {model["model"] for model in known} - {model["model"] for model in of_words}
    here = [name for name in _chatting(state) if name.partition(":")[0] not in others]
    reasons = {model["model"]: hindrance(model) for model in of_words if model["model"] not in here}
    shelf = [name for name, reason in reasons.items() if reason is None]
    elsewhere = [name for name in foreign if name not in here]
    if asked and asked not in [*here, *shelf, *elsewhere]:
        shelf = [asked, *shelf]
    chosen = asked or next(iter([*here, *shelf, *elsewhere]), "")
    unable = tuple(Unable(name, reason) for name, reason in reasons.items() if reason and name != asked)
    return Choices(_chosen(here, chosen), _chosen(shelf, chosen), _chosen(elsewhere, chosen), unable)


def _is_of_words(model: Json) -> bool:
    kind, form, architecture = model.get("kind") or "model", model.get("format"), model.get("architecture")
    is_known = form == _GGUF or architecture is not None
    is_here = model["status"] == "ready" or (model["status"] == "partial" and form == _GGUF)
    is_on = model.get("active") is not False
    return kind == "model" and form in _FORMATS and is_known and is_here and is_on and architecture not in ENCODERS


def _chatting(state: RunningState) -> list[str]:
    """In memory to answer: one that was loaded to make vectors would be loaded again."""
    return [one["model"] for one in state.loaded["models"] if one["task"] == "chat"]


def _chosen(names: Sequence[str], chosen: str) -> tuple[Choice, ...]:
    return tuple(Choice(name, name == chosen) for name in dict.fromkeys(names))
