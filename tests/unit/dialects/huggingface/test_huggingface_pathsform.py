"""Bodies of paths-info."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.dialects.huggingface.pathsform import MAX_PATHS, BadPathsForm, PathsForm, read_paths

FORM, JSON = "application/x-www-form-urlencoded", "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("body", "kind", "form"),
    [
        (b"paths=a.json&paths=b%20c%2Fd&expand=False", FORM, PathsForm(("a.json", "b c/d"))),
        (b"paths=%C3%A9&expand=true", FORM, PathsForm(("\u00e9",), expand=True)),
        (b"", FORM, PathsForm(())),
        (b'{"paths": ["a", "b"], "expand": true}', JSON, PathsForm(("a", "b"), expand=True)),
        (b'{"paths": "a"}', JSON, PathsForm(("a",))),
    ],
)
def test_what_clients_send(body: bytes, kind: str, form: PathsForm) -> None:
    assert read_paths(body, kind) == form


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff", FORM),
        (b"paths=%ff", FORM),
        (b"&".join([b"paths=a"] * (MAX_PATHS + 1)), FORM),
        (b"[]", JSON),
        (b"{", JSON),
        (b'{"paths": [1]}', JSON),
        (b'{"paths": {}}', JSON),
        (b"[" * 100_000, JSON),
    ],
)
def test_what_cannot_be_read(body: bytes, kind: str) -> None:
    with pytest.raises(BadPathsForm):
        read_paths(body, kind)


@given(st.binary(max_size=200), st.sampled_from([FORM, JSON, ""]))
def test_anything_is_read_or_refused(body: bytes, kind: str) -> None:
    try:
        form = read_paths(body, kind)
    except BadPathsForm:
        return
    assert all(isinstance(path, str) for path in form.paths)
