"""The library's errors as ours, each with the step that helps."""

import httpx2
from huggingface_hub import errors as hub

from steelyard.core.errors import SteelyardError
from steelyard.sources.errors import (
    AccessRefused,
    RepositoryMissing,
    RevisionMissing,
    UpstreamBusy,
    UpstreamUnavailable,
)
from steelyard.sources.http import retry_after
from steelyard.sources.protocol import Repository

Raised = (hub.HfHubHTTPError, hub.OfflineModeIsEnabled, hub.HFValidationError, httpx2.HTTPError, OSError)


def translate(error: Exception, endpoint: str, repository: Repository, revision: str | None) -> SteelyardError:
    """Our error for one of the library's."""
    page = f"{endpoint}/{repository.name}"
    if isinstance(error, hub.GatedRepoError):
        return AccessRefused(
            f"{repository.name} is gated.",
            hint=f"Accept the licence at {page}, then set HF_TOKEN for the depot to a token of that account.",
        )
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
    return _by_status(error, endpoint, repository)


def _by_status(error: Exception, endpoint: str, repository: Repository) -> SteelyardError:
    response = error.response if isinstance(error, hub.HfHubHTTPError) else None
    if response is not None and response.status_code == 429:
        wait = retry_after(response.headers)
        return UpstreamBusy(f"{endpoint} asks for a pause of {wait:.0f} s.", retry_after=wait)
    if response is not None and response.status_code in {401, 403}:
        return AccessRefused(f"{endpoint} refuses {repository.name}.", hint="Check HF_TOKEN of the depot.")
    reason = f"answers {response.status_code}" if response is not None else f"failed ({type(error).__name__})"
    return UpstreamUnavailable(f"The hub at {endpoint} {reason}.", hint="The depot tries again by itself.")
