"""The library's errors as ours, each with the step that helps."""

import httpx2
from huggingface_hub import errors as hub

from steelyard.core.errors import SteelyardError
from steelyard.core.ref import Kind
from steelyard.sources.errors import (
    BY_ITSELF,
    AccessRefused,
    RepositoryMissing,
    RevisionMissing,
    UpstreamBusy,
    UpstreamNonsense,
    UpstreamUnavailable,
)
from steelyard.sources.http import pause_of, retry_after
from steelyard.sources.protocol import Repository

Raised = (
    hub.HfHubHTTPError,
    hub.OfflineModeIsEnabled,
    hub.HFValidationError,
    httpx2.HTTPError,
    OSError,
    ValueError,  # an answer that is no JSON, from a proxy's error page
    KeyError,  # JSON without what the protocol promises
    TypeError,
    AttributeError,
)


def translate(error: Exception, endpoint: str, repository: Repository, revision: str | None) -> SteelyardError:
    """Our error for one of the library's."""
    page = _page(endpoint, repository)
    if isinstance(error, hub.GatedRepoError):
        return refused(endpoint, repository)
    if isinstance(error, hub.RevisionNotFoundError):
        return RevisionMissing(
            f"{repository.name} has no revision {revision!r}.",
            hint=f"Look at the branches and tags at {page}/tree/main.",
        )
    if isinstance(error, hub.RepositoryNotFoundError | hub.HFValidationError):
        return RepositoryMissing(
            f"The hub has no {repository.kind.value} called {repository.name}, or hides it.",
            hint=f"Check the spelling at {page}; for a private one set HF_TOKEN for the depot.",
        )
    if isinstance(error, KeyError | TypeError | AttributeError):
        return UpstreamNonsense(f"The hub's answer about {repository.name} lacks what the protocol promises.")
    return _by_status(error, endpoint, repository)


def _page(endpoint: str, repository: Repository) -> str:
    kind = "" if repository.kind is Kind.MODEL else f"{repository.kind.plural}/"
    return f"{endpoint}/{kind}{repository.name}"


def refused(endpoint: str, repository: Repository) -> AccessRefused:
    """Gated or private: which page to visit, and how the depot gets to use what was granted there."""
    return AccessRefused(
        f"The hub refuses access to {repository.name}: it is gated or private.",
        hint=f"Accept the licence at {_page(endpoint, repository)}, then set HF_TOKEN for the depot to a token of that "
        "account.",
    )


def _by_status(error: Exception, endpoint: str, repository: Repository) -> SteelyardError:
    response = error.response if isinstance(error, hub.HfHubHTTPError) else None
    if response is not None and response.status_code == 429:
        wait = pause_of(response.headers)
        return UpstreamBusy(f"{endpoint} asks for a pause of {wait:.0f} s.", hint=BY_ITSELF, retry_after=wait)
    if response is not None and response.status_code in {401, 403}:
        return refused(endpoint, repository)
    reason = f"answers {response.status_code}" if response is not None else f"failed ({type(error).__name__})"
    asked = retry_after(response.headers) if response is not None else None
    return UpstreamUnavailable(f"The hub at {endpoint} {reason}.", hint=BY_ITSELF, retry_after=asked)
