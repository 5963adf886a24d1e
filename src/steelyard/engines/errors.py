"""What goes wrong with engines. Each says what to do next; the last lines of an engine's log stand in ``detail``."""

from steelyard.core.errors import BadRequest, SteelyardError, Unavailable


class EngineMissing(BadRequest):
    """No engine that can run this model is installed or allowed."""

    slug = "engine-missing"
    title = "No engine can run this model here"


class CannotLoad(BadRequest):
    """The files are not what an engine can load: cut short, of an unknown architecture, without weights."""

    slug = "cannot-load"
    title = "The model cannot be loaded"


class TooLarge(SteelyardError):
    """It does not fit into the memory there is, whatever else would be unloaded."""

    status = 507
    slug = "too-large"
    title = "The model does not fit into memory"


class PromptTooLong(BadRequest):
    """More tokens than the context has room for."""

    slug = "prompt-too-long"
    title = "The prompt is too long"


class RefusedByEngine(BadRequest):
    """The engine says that the request itself is wrong: an invalid schema, an unknown field."""

    slug = "refused-by-engine"
    title = "The engine cannot answer this request"


class EngineFailed(Unavailable):
    """It stopped while it started or answered; the next request starts it again."""

    slug = "engine-failed"
    title = "The engine stopped"


class EngineUnreachable(EngineFailed):
    """Nobody takes the request where it should be, so another server may be asked."""

    slug = "engine-unreachable"
    title = "The engine cannot be reached"


class EngineSilent(EngineFailed):
    """It took the request and closed the connection, or said nothing: that may be the request's doing, and no other
    server gets it."""

    slug = "engine-silent"
    title = "The engine gave no answer"
