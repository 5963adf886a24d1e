"""Our errors on the hub's wire: huggingface_hub itself says what it makes of them."""

import httpx2
import pytest
from huggingface_hub import errors as theirs
from huggingface_hub.utils._http import hf_raise_for_status, parse_ratelimit_headers

from steelyard.catalog import errors as shelf
from steelyard.core.errors import SteelyardError, TooManyRequests, Unavailable
from steelyard.core.ref import InvalidReference
from steelyard.dialects.huggingface.errors import HubAnswer, answer, unexpected
from steelyard.dialects.huggingface.missing import CallUnknown, RepositoryUnknown, RevisionUnknown, no_entry
from steelyard.downloads.errors import CoolingDown, VerificationFailed
from steelyard.identity.gate import NotAllowed
from steelyard.identity.holder import NotSignedIn
from steelyard.sources import errors as sources
from tests.unit.dialects.huggingface.files_made import COMMIT

WORDS = "What happened."
HINT = "What to do next."
URL = "http://127.0.0.1:8420/hf/api/models/org/name/revision/main"


def raised(found: HubAnswer, url: str = URL) -> Exception:
    request = httpx2.Request("GET", url)
    response = httpx2.Response(found.status, json=found.body, headers=found.headers, request=request)
    with pytest.raises(theirs.HfHubHTTPError) as caught:
        hf_raise_for_status(response)
    return caught.value


@pytest.mark.parametrize("url", [URL, URL.replace("http:", "https:")])
@pytest.mark.parametrize(
    ("error", "status", "expected"),
    [
        (sources.RepositoryMissing(WORDS, hint=HINT), 404, theirs.RepositoryNotFoundError),
        (sources.RevisionMissing(WORDS, hint=HINT), 404, theirs.RevisionNotFoundError),
        (sources.FileMissing(WORDS, hint=HINT), 404, theirs.RemoteEntryNotFoundError),
        (sources.AccessRefused(WORDS, hint=HINT), 403, theirs.GatedRepoError),
        (sources.UpstreamUnavailable(WORDS, hint=HINT), 503, theirs.HfHubHTTPError),
        (sources.UpstreamNonsense(WORDS, hint=HINT), 502, theirs.HfHubHTTPError),
        (shelf.ModelMissing(WORDS, hint=HINT), 404, theirs.RepositoryNotFoundError),
        (shelf.ModelDeleted(WORDS, hint=HINT), 404, theirs.RepositoryNotFoundError),
        (shelf.ModelInactive(WORDS, hint=HINT), 403, theirs.GatedRepoError),
        (NotAllowed(WORDS, hint=HINT), 403, theirs.GatedRepoError),
        (NotSignedIn(WORDS, hint=HINT), 401, theirs.HfHubHTTPError),
        (RepositoryUnknown(WORDS, hint=HINT), 404, theirs.RepositoryNotFoundError),
        (RevisionUnknown(WORDS, hint=HINT), 404, theirs.RevisionNotFoundError),
        (CallUnknown(WORDS, hint=HINT), 404, theirs.HfHubHTTPError),
        (InvalidReference(WORDS, hint=HINT), 400, theirs.BadRequestError),
        (VerificationFailed(WORDS, hint=HINT), 502, theirs.HfHubHTTPError),
        (CoolingDown(WORDS, hint=HINT, retry_after=3), 429, theirs.HfHubHTTPError),
    ],
)
def test_what_a_client_raises(error: SteelyardError, status: int, expected: type[Exception], url: str) -> None:
    found = answer(error)
    assert found.status == status
    client_error = raised(found, url)
    assert type(client_error) is expected
    assert WORDS in str(client_error)
    assert HINT in str(client_error)


def test_an_absent_file_names_the_commit_it_was_looked_for_in() -> None:
    found = answer(no_entry("x.json", COMMIT), COMMIT)
    assert found.headers["X-Error-Code"] == "EntryNotFound"
    assert found.headers["X-Repo-Commit"] == COMMIT
    assert "X-Repo-Commit" not in answer(no_entry("x.json")).headers
    assert "X-Repo-Commit" not in answer(NotAllowed(WORDS), COMMIT).headers


@pytest.mark.parametrize(("given", "told"), [(54.2, "55"), (0.0, "1"), (None, "30")])
def test_a_limit_says_how_long(given: float | None, told: str) -> None:
    found = answer(TooManyRequests(WORDS, retry_after=given))
    assert found.headers["Retry-After"] == told
    read = parse_ratelimit_headers(found.headers)
    assert read is not None
    assert (read.remaining, read.reset_in_seconds) == (0, int(told))


def test_away_for_a_while() -> None:
    assert answer(Unavailable(WORDS, retry_after=5)).headers["Retry-After"] == "5"
    assert "ratelimit" not in answer(Unavailable(WORDS, retry_after=5)).headers
    assert "Retry-After" not in answer(Unavailable(WORDS)).headers


def test_who_must_sign_in_is_told_how() -> None:
    found = answer(NotSignedIn(WORDS, hint=HINT))
    assert found.headers["WWW-Authenticate"] == 'Bearer realm="steelyard"'
    assert "Repository Not Found" not in str(raised(found, URL.replace("http:", "https:")))


def test_a_refused_push_does_not_speak_of_a_gate() -> None:
    found = answer(NotAllowed(WORDS, hint=HINT), is_push=True)
    assert "X-Error-Code" not in found.headers
    assert type(raised(found)) is theirs.HfHubHTTPError
    assert answer(shelf.ModelMissing(WORDS), is_push=True).headers["X-Error-Code"] == "RepoNotFound"


@pytest.mark.parametrize("error", [shelf.ModelInactive(WORDS, hint=HINT), shelf.ModelMissing(WORDS, hint=HINT)])
def test_where_the_command_has_words_of_its_own_ours_go_as_a_notice(error: SteelyardError) -> None:
    assert answer(error).headers["X-HF-Warning"] == f"{error.slug}; {WORDS} {HINT}"


def test_absent_files_are_no_news() -> None:
    assert "X-HF-Warning" not in answer(no_entry("tokenizer.model", COMMIT), COMMIT).headers


def test_the_message_fits_in_a_header() -> None:
    found = answer(NotAllowed("Nön –\r\nX-Evil: 1 " + "x" * 3000, hint=HINT))
    message = found.headers["X-Error-Message"]
    assert message.isascii()
    assert message.isprintable()
    assert len(message) <= 1000
    assert "X-Evil" not in found.headers
    assert found.body["error"].endswith(HINT)


def test_nothing_of_an_unforeseen_error_leaves() -> None:
    found = unexpected()
    assert found.status == 500
    assert "request id" in str(raised(found))
