"""Whether a model can do what is asked of it, as far as its chat template tells. Pure."""

from collections.abc import Mapping

from steelyard.catalog.inspect.abilities import Abilities
from steelyard.engines.models import Endpoint, Weights
from steelyard.serving.errors import CannotDo, NoLogprobs
from steelyard.serving.models import ChatAsk

NO_TOOLS = "The model's chat template speaks of no tools: it may never see them."
NO_THINKING = "The model's chat template speaks of no thinking: it was not told whether to."
_HINTS = {"tools": "Leave the tools out, or ask a model made for them.", "thinking": "Leave think out."}


def unheeded(ask: ChatAsk, abilities: Abilities | None) -> tuple[str, ...]:
    """Notes on what the model will not heed; an asker who insists, or demands a call, gets no answer then.

    None: nobody knows what it can. Raises CannotDo.
    """
    if abilities is None or not ask.messages:
        return ()
    wanted = {"tools": bool(ask.tools) and not abilities.tools, "thinking": bool(ask.think) and not abilities.thinking}
    lacking = [name for name, is_lacking in wanted.items() if is_lacking]
    if lacking and (ask.insists or ("tools" in lacking and _demands_call(ask))):
        raise CannotDo(f'"{ask.model[:200]}" does not support {lacking[0]}.', hint=_HINTS[lacking[0]])
    return tuple({"tools": NO_TOOLS, "thinking": NO_THINKING}[name] for name in lacking)


def require_logprobs(ask: ChatAsk, endpoint: Endpoint, engine: str) -> None:
    """An engine that would leave them out without a word is not asked. Raises NoLogprobs."""
    if ask.logprobs is not None and not endpoint.gives_logprobs:
        raise NoLogprobs(
            f'The engine {engine}, which runs "{ask.model[:200]}" here, gives no log probabilities.',
            hint="Leave logprobs out, or ask a GGUF file of the model: llama.cpp gives them.",
        )


def beyond(context: int | None, weights: Weights) -> tuple[str, ...]:
    """A note where somebody asks for more context than the model was trained for, and gets less."""
    most = weights.context_length
    return (f"context: the model takes at most {most} tokens.",) if context and most and context > most else ()


def within(context: int | None, most: int | None) -> int | None:
    """The context to load with; ``most`` None: whatever is asked for."""
    return context if context is None or most is None else min(context, most)


def kept_small(context: int | None, most: int | None) -> tuple[str, ...]:
    """A note where somebody asks a model that others pinned for more context than it is loaded with."""
    is_cut = context is not None and most is not None and context > most
    return (f"context: the model is pinned, with {most} tokens.",) if is_cut else ()


def _demands_call(ask: ChatAsk) -> bool:
    """Whether an answer without a call, or without that of the function named, would be none."""
    return ask.tool_choice == "required" or isinstance(ask.tool_choice, Mapping)
