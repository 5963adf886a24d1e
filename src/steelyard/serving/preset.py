"""What goes with one of a model's names: an instruction, messages and parameters. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from steelyard.serving.models import ChatAsk, Sampling
from steelyard.serving.parameters import context_of, sampling_of

_INSTRUCTIONS = frozenset({"system", "developer"})


@dataclass(frozen=True, slots=True)
class Preset:
    """``parameters`` as Modelfiles call them; ``messages`` stand before every conversation."""

    system: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    messages: Sequence[Mapping[str, Any]] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep."""
        return not (self.system or self.parameters or self.messages)

    def behind(self, ask: ChatAsk) -> ChatAsk:
        """What is asked by that name: whatever the request says for itself wins. A prompt stays as it is."""
        if self.is_empty:
            return ask
        is_open = "context" not in ask.chosen and ask.context is None
        return replace(
            ask,
            messages=self._opened(ask.messages) if ask.messages else ask.messages,
            sampling=self._sampled(ask),
            context=context_of(self.parameters) if is_open else ask.context,
        )

    def _opened(self, said: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """A conversation behind what the name's maker put before it; its own instruction wins, and stays first."""
        own = 1 if said[0].get("role") in _INSTRUCTIONS else 0
        is_told = any(message.get("role") in _INSTRUCTIONS for message in said)
        system = [] if is_told or not self.system else [{"role": "system", "content": self.system}]
        return [*system, *said[:own], *self.messages, *said[own:]]

    def _sampled(self, ask: ChatAsk) -> Sampling:
        given, kept = ask.sampling.given(), sampling_of(self.parameters).given()
        missing = {name: value for name, value in kept.items() if name not in given and name not in ask.chosen}
        return replace(ask.sampling, **missing)


NO_PRESET = Preset()
