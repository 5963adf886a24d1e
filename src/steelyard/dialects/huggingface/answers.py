"""Answers in the hub's own shapes."""

from starlette.responses import JSONResponse, Response

from steelyard.core.errors import SteelyardError
from steelyard.dialects.huggingface.errors import answer
from steelyard.identity.holder import NotSignedIn


def for_clients(error: SteelyardError) -> SteelyardError:
    """Whoever has to show who they are hears how Hugging Face clients do that."""
    if not isinstance(error, NotSignedIn):
        return error
    return NotSignedIn(error.detail, hint="Set HF_TOKEN to a token of this depot (sy_…): steelyard tokens add.")


def refusal(error: SteelyardError, commit: str | None = None) -> Response:
    """An error as clients of the hub read it."""
    told = answer(error, commit or getattr(error, "commit", None))
    return JSONResponse(told.body, told.status, headers=told.headers)
