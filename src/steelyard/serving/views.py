"""What the routes of running models answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from steelyard.core.clock import iso
from steelyard.core.errors import SteelyardError
from steelyard.engines.models import Availability
from steelyard.serving.models import Ending, Piece, Timings
from steelyard.serving.protocol import LoadedModel
from steelyard.serving.session_models import Session
from steelyard.serving.state import ServingState


def ending_json(ending: Ending) -> dict[str, Any]:
    """How an answer ended."""
    usage = ending.usage
    return {
        "done": True,
        "done_reason": ending.finish,
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        },
        "timings": timings_json(ending.timings),
        "engine": ending.engine,
        "notes": list(ending.notes),
    }


def timings_json(timings: Timings) -> dict[str, float | None]:
    """Milliseconds by name."""
    return {
        "queue_ms": timings.queue_ms, "load_ms": timings.load_ms, "first_token_ms": timings.first_token_ms,
        "total_ms": timings.total_ms, "prompt_ms": timings.prompt_ms, "answer_ms": timings.answer_ms,
    }  # fmt: skip


def chat_json(pieces: Sequence[Piece], ending: Ending, at: datetime, session: str | None) -> dict[str, Any]:
    """A whole answer."""
    message: dict[str, Any] = {"role": "assistant", "content": "".join(piece.content for piece in pieces)}
    reasoning = "".join(piece.reasoning for piece in pieces)
    calls = whole_calls([call for piece in pieces for call in piece.tool_calls])
    message |= {"reasoning": reasoning} if reasoning else {}
    message |= {"tool_calls": calls} if calls else {}
    head = {"model": ending.model, "created_at": iso(at), "message": message}
    return {**head, **ending_json(ending), "session": session}


def whole_calls(parts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Tool calls out of their pieces: OpenAI streams a call's arguments bit by bit, under its index."""
    calls: dict[int, dict[str, Any]] = {}
    for part in parts:
        index = part.get("index", len(calls))
        call = calls.setdefault(index, {"id": None, "type": "function", "function": {"name": "", "arguments": ""}})
        function = part.get("function") or {}
        call["id"] = part.get("id") or call["id"]
        call["function"]["name"] += function.get("name") or ""
        call["function"]["arguments"] += function.get("arguments") or ""
    return [calls[index] for index in sorted(calls)]


def delta_json(piece: Piece) -> dict[str, Any]:
    """One piece of a stream."""
    delta: dict[str, Any] = {"content": piece.content} if piece.content else {}
    delta |= {"reasoning": piece.reasoning} if piece.reasoning else {}
    delta |= {"tool_calls": list(piece.tool_calls)} if piece.tool_calls else {}
    return {"delta": delta, "done": False}


def last_json(ending: Ending, at: datetime, session: str | None) -> dict[str, Any]:
    """The end of a stream."""
    return {"delta": {}, **ending_json(ending), "model": ending.model, "created_at": iso(at), "session": session}


def error_json(error: SteelyardError) -> dict[str, Any]:
    """An error after the first byte: a problem as the routes answer it, within the stream."""
    problem = {"type": error.slug, "title": error.title, "status": error.status, "detail": error.detail}
    return {"delta": {}, "done": True, "error": problem | ({"hint": error.hint} if error.hint else {})}


def engine_json(name: str, availability: Availability) -> dict[str, Any]:
    """One engine."""
    return {
        "name": name, "usable": availability.usable, "reason": availability.reason, "hint": availability.hint,
    }  # fmt: skip


def loaded_json(model: LoadedModel) -> dict[str, Any]:
    """One model in memory."""
    return {
        "model": model.model, "engine": model.engine, "size_bytes": model.bytes, "context": model.context,
        "task": model.task.value, "in_flight": model.in_flight, "pinned": model.is_pinned,
        "loaded_at": iso(model.loaded_at),
        "expires_at": None if model.expires_at is None else iso(model.expires_at),
    }  # fmt: skip


def memory_json(loaded: Sequence[LoadedModel], state: ServingState, *, is_admin: bool) -> dict[str, Any]:
    """What is in memory: the models that somebody may see, and the bytes of all. Only administrators are told who waits
    for other models."""
    models = [loaded_json(model) for model in loaded]
    shown = {model.model.partition(":")[0] for model in loaded}
    return {
        "count": len(models), "models": models,
        "waiting": {name: count for name, count in state.waiting.items() if is_admin or name in shown},
        "used_bytes": state.bytes, "budget_bytes": state.budget, "max_loaded": state.most,
    }  # fmt: skip


def session_json(session: Session) -> dict[str, Any]:
    """One conversation in a list."""
    return {
        "session": session.name, "created_at": iso(session.created_at), "updated_at": iso(session.updated_at),
        "messages": session.messages, "characters": session.characters,
    }  # fmt: skip


def whole_session_json(session: Session, messages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One conversation with what was said."""
    shown = session_json(session)
    return {**shown, "count": len(messages), "messages": [dict(message) for message in messages]}
