"""The errors of serving."""

from steelyard.core.errors import (
    BadRequest,
    Conflict,
    Invalid,
    NotFound,
    SteelyardError,
    TooManyRequests,
    Unavailable,
)


class TimedOut(SteelyardError):
    """The answer took longer than was asked for; generation has stopped."""

    status = 408
    slug = "generation-timeout"
    title = "The answer took too long"


class QueueFull(Unavailable):
    """Too many wait for this model, or at all."""

    slug = "queue-full"
    title = "Too many requests wait"


class LoadCoolingDown(TooManyRequests):
    """Loading it failed a moment ago."""

    slug = "load-cooling-down"
    title = "The model failed to load a moment ago"


class ClientLeft(SteelyardError):
    """Nobody waits for the answer any more; generation has stopped. 499 is what nginx calls it."""

    status = 499
    slug = "client-left"
    title = "The client left"


class WrongModel(BadRequest):
    """It is here, but not something that answers what was asked: a dataset, an adapter, a model of vectors."""

    slug = "wrong-kind-of-model"
    title = "The model cannot do that"


class BadContent(BadRequest):
    """A message has a part that no engine gets: of an unknown type, or one that names an address."""

    slug = "bad-content"
    title = "A message has something that cannot be read"


class SessionTooLarge(SteelyardError):
    """What was said at once is more than a conversation keeps."""

    status = 413
    slug = "session-too-large"
    title = "That is too much for a conversation"


class CannotDo(BadRequest):
    """Its chat template does not know what is asked: tools, or thinking."""

    slug = "model-cannot"
    title = "The model cannot do that"


class NoLogprobs(BadRequest):
    """The engine that runs the model gives no log probabilities."""

    slug = "no-logprobs"
    title = "The engine gives no log probabilities"


class ModelNotReady(Conflict):
    """Its files are not complete, or not allowed yet."""

    slug = "model-not-ready"
    title = "The model is not complete"


class SessionMissing(NotFound):
    """The caller has no conversation of that name."""

    slug = "session-missing"
    title = "There is no such session"


class BadTimeout(Invalid):
    """The time asked for is outside of what a request may take."""

    slug = "bad-timeout"
    title = "That is no time to wait"


class TooManyTexts(BadRequest):
    """More texts than one request for vectors may have."""

    slug = "too-many-texts"
    title = "Too many texts for one request"


class Stopping(Unavailable):
    """The process ends."""

    slug = "stopping"
    title = "The depot is stopping"
