"""How an echo engine behaves: usually well."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Settable at any time; what is under way looks at it before each token.

    ``load_error`` is what the next loads raise. ``load_seconds``, ``prefill_seconds`` and ``token_seconds`` are waited;
    before the first token it also waits for ``gate``, where one is given. ``break_after`` tokens the connection breaks,
    ``error_after`` tokens an error comes in the stream. ``endless``: it goes on until ``max_tokens`` or nobody listens.
    Loads that begin without ``gives_logprobs`` say that they give none.
    """

    load_seconds: float = 0.0
    load_error: Exception | None = None
    load_gate: asyncio.Event | None = None
    prefill_seconds: float = 0.0
    token_seconds: float = 0.0
    gate: asyncio.Event | None = None
    break_after: int | None = None
    error_after: int | None = None
    endless: bool = False
    memory: int | None = None
    context: int | None = None
    gives_logprobs: bool = True
