"""The form of a model as the change that the API takes."""

import pytest

from steelyard.pages.model import BadChange, change_of
from steelyard.web.forms import EditForm


def test_every_field_of_the_form_is_given() -> None:
    change = change_of(EditForm("Pet", "Text", "a, b, a", "pet", pinned=True, active=True))
    assert change.model_dump() == {
        "name": "Pet",
        "description": "Text",
        "tags": ["a", "b"],
        "status": "active",
        "pinned": True,
        "private": False,
        "aliases": ["pet"],
    }
    assert change.model_fields_set == set(change.model_dump())


def test_an_empty_description_is_none() -> None:
    assert change_of(EditForm("Pet")).description is None


@pytest.mark.parametrize(
    ("form", "field"),
    [(EditForm(""), "name"), (EditForm("x" * 301), "name"), (EditForm("x", tags="<b>"), "tags")],
)
def test_what_cannot_be_saved_names_its_field(form: EditForm, field: str) -> None:
    with pytest.raises(BadChange, match=f"^{field}: ") as caught:
        change_of(form)
    assert caught.value.hint
