"""Which quota counts, and what it is called."""

from steelyard.downloads.quotas.models import (
    EVERYBODY,
    Limit,
    Limits,
    Payer,
    Period,
    Quota,
    Subject,
    SubjectKind,
    merged,
)
from steelyard.downloads.settings import DownloadSettings
from steelyard.identity.roles import Role

OWN = Quota(held_bytes=1, period=Period.DAY)
ROLES = Quota(held_bytes=2, period_bytes=0, period=Period.WEEK)
ALL = Quota(held_bytes=3, period_bytes=4, period_requests=5)


def test_the_first_that_says_something_wins_with_its_period() -> None:
    assert merged([OWN, ROLES, ALL]) == Limits(1, Limit(0, Period.WEEK), Limit(5, Period.MONTH))
    assert merged([]) == Limits()


def test_the_subjects_of_a_person_are_the_most_specific_first() -> None:
    subjects = Payer(frozenset({1}), "Bob", Role.MEMBER).subjects
    assert [str(subject) for subject in subjects] == ["user Bob", "role member", "everybody"]
    assert Payer(frozenset({1}), "Bob", None).subjects == (Subject(SubjectKind.USER, "Bob"), EVERYBODY)


def test_names_that_count_as_the_same_have_one_key() -> None:
    assert Subject(SubjectKind.USER, "BOB").key == Subject(SubjectKind.USER, "bob").key


def test_sizes_in_the_settings_may_have_units() -> None:
    assert DownloadSettings.model_validate({"approve_above_bytes": "500GB"}).approve_above_bytes == 500 * 10**9
    assert DownloadSettings().approve_above_bytes is None
