"""The tree of errors, and all that grew on it."""

import pytest

from steelyard.app import build  # noqa: F401 - brings in the errors of every room
from steelyard.core.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    SteelyardError,
    TooManyRequests,
    Unavailable,
)

ROOTS = {
    BadRequest: 400, Forbidden: 403, NotFound: 404, Conflict: 409, Invalid: 422, TooManyRequests: 429, Unavailable: 503,
}  # fmt: skip


def every_error(root: type[SteelyardError] = SteelyardError) -> list[type[SteelyardError]]:
    """All classes below, and the root itself."""
    return [root, *(error for child in root.__subclasses__() for error in every_error(child))]


def the_products_errors() -> list[type[SteelyardError]]:
    """Those that may leave the server: no fakes, nothing of the tests."""
    return [
        error
        for error in every_error()
        if error.__module__.startswith("steelyard.") and "testing" not in error.__module__
    ]


@pytest.mark.parametrize(("error", "status"), ROOTS.items())
def test_the_branches_have_their_status(error: type[SteelyardError], status: int) -> None:
    assert error.status == status


def test_every_slug_stands_for_one_error() -> None:
    slugs: dict[str, str] = {}
    for error in the_products_errors():
        assert slugs.setdefault(error.slug, error.__name__) == error.__name__
        assert error.slug == error.slug.lower().strip().replace(" ", "-")


def test_every_error_has_a_title_and_a_word_of_its_own() -> None:
    for error in the_products_errors():
        assert error.title
        assert error.__doc__
        assert not error.title.endswith(".")


def test_an_error_carries_what_its_reader_needs() -> None:
    error = NotFound("No such thing.", hint="Look elsewhere.", retry_after=3)
    assert (error.detail, error.hint, error.retry_after, str(error)) == (
        "No such thing.", "Look elsewhere.", 3, "No such thing.",
    )  # fmt: skip
    assert NotFound("x").hint is None
