"""One model in words."""

from datetime import UTC, datetime

from steelyard.testing.pages import fake_model
from steelyard.web.forms import EditForm
from steelyard.web.shelf import ModelState, Weight
from steelyard.web.view.model import form_of, frees, model

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


def test_a_variant_says_how_to_ask_for_it() -> None:
    variants = [{"name": "Q4_K_M", "size_bytes": 4_000_000_000, "default": True}]
    shown = model(ModelState(fake_model(variants=variants)), NOW).variants[0]
    assert (shown.reference, shown.size, shown.default) == ("org/name:Q4_K_M", "4.0 GB", True)


def test_a_deletion_says_what_it_frees() -> None:
    assert frees(Weight(1000, 0)) == "1.0 kB"
    assert frees(Weight(60_000_000_000, 4_200_000_000)) == "60.0 GB; 4.2 GB more is shared with others and stays"
    assert frees(None) is None


def test_the_trash_says_since_when_and_until_when() -> None:
    times = {"deleted_at": "2026-03-12T09:00:00Z", "deleted_by": "leo", "purge_after": None}
    trash = model(ModelState(fake_model(**times)), NOW).trash
    assert trash is not None
    assert (trash.at.text, trash.by, trash.until) == ("1 h ago", "leo", None)
    assert model(ModelState(fake_model()), NOW).trash is None


def test_the_form_holds_what_is() -> None:
    found = fake_model(name="Pet", description="One\ntwo", tags=["a", "b"], aliases=["pet"], pinned=True)
    assert form_of(found) == EditForm("Pet", "One\ntwo", "a, b", "pet", pinned=True, active=True)


def test_what_waits_in_quarantine_says_how_to_let_it_out() -> None:
    held = [{"path": "a.bin", "size": 1, "state": "quarantined"}, {"path": "b", "size": 1, "state": "stored"}]
    assert model(ModelState(fake_model(files=held)), NOW).allow == "steelyard allow org/name --reason '…'"
    assert model(ModelState(fake_model(files=held[1:])), NOW).allow is None
    assert model(ModelState(fake_model(files=held, deleted_at="2026-03-12T09:00:00Z")), NOW).allow is None
