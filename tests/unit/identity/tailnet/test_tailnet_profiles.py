"""Users as people."""

import pytest

from steelyard.identity.tailnet.models import TailnetPerson
from steelyard.identity.tailnet.profiles import as_person, is_tagged_user


def test_the_first_name_that_can_be_one_counts() -> None:
    assert as_person("7", ("", "  ", None, " a@example.org "), "Alice") == TailnetPerson("7", "a@example.org", "Alice")


def test_a_rename_keeps_the_subject_and_the_old_name_leads_to_nobody_else() -> None:
    assert as_person("7", ["alice"], None) == TailnetPerson("7", "alice")
    assert as_person("7", ["alice2"], None) == TailnetPerson("7", "alice2")
    assert as_person("8", ["alice"], None) == TailnetPerson("8", "alice")


def test_a_number_is_one_however_it_is_written() -> None:
    assert as_person(7, ["alice"], None) == as_person("7", ["alice"], None) == as_person("07", ["alice"], None)


@pytest.mark.parametrize("user_id", ["", "0", "-1", "7 ", "seven", "\u0667", "9" * 5000])
def test_without_a_number_the_name_is_the_subject_and_never_meets_one(user_id: str) -> None:
    person = as_person(user_id, ["7"], None)
    assert person is not None
    assert person.subject == "name:7"


@pytest.mark.parametrize("name", ["", "\n", "a\x00b", "a\u202eb", "x" * 129])
def test_who_has_no_name_is_nobody(name: str) -> None:
    assert as_person("7", [name], name) is None


def test_an_odd_display_name_is_left_out() -> None:
    assert as_person("7", ["alice"], "A\nB") == TailnetPerson("7", "alice", None)


def test_machines_share_one_user() -> None:
    assert is_tagged_user("2147455555", "")
    assert is_tagged_user(2147455555, "anything")
    assert is_tagged_user("", "tagged-devices")
    assert not is_tagged_user("7", "alice")
