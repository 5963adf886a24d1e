"""Fields of forms as values."""

from steelyard.web.forms import EditForm, PullForm, edit_form, items, pull_form


def test_a_pull_form_is_trimmed() -> None:
    assert pull_form({"model": " gpt2 ", "include": " *.json "}) == PullForm("gpt2", include="*.json")
    assert not PullForm("gpt2", username="ada").is_special
    assert PullForm("gpt2", exclude="*.bin").is_special


def test_a_box_that_is_not_ticked_is_not_sent() -> None:
    assert edit_form({}) == EditForm()
    ticked = edit_form({"name": " A ", "pinned": "on", "private": "on", "active": "on"})
    assert ticked == EditForm("A", pinned=True, private=True, active=True)


def test_line_ends_of_forms_become_those_of_texts() -> None:
    assert edit_form({"description": "one\r\ntwo\n"}).description == "one\ntwo"


def test_items_stand_between_commas_and_line_ends() -> None:
    assert items(" a b, c,,\r\nd , a b") == ("a b", "c", "d")
    assert items("") == ()
