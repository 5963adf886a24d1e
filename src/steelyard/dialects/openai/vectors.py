"""Answers to ``/v1/embeddings``."""

import base64
import struct
from collections.abc import Sequence
from typing import Any

from steelyard.serving.models import Embedded


def vectors_json(embedded: Embedded, model: str, *, is_base64: bool) -> dict[str, Any]:
    """The vectors in the order of their texts."""
    data = [
        {"object": "embedding", "index": number, "embedding": to_base64(vector) if is_base64 else list(vector)}
        for number, vector in enumerate(embedded.vectors)
    ]
    tokens = embedded.usage.prompt_tokens
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": model, "usage": usage}


def to_base64(vector: Sequence[float]) -> str:
    """Floats of 32 bits, the lowest byte first: what clients ask for by default, a quarter of the text."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
