"""The grammar of references: what everybody may write, and what nobody gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.ids import catalog_id
from steelyard.core.ref import InvalidReference, Kind, Reference, is_commit, parse, parse_revision

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_LETTERS = st.sampled_from("abzABZ019_")
segments = st.builds(
    "".join, st.lists(st.one_of(_LETTERS, st.builds("{}.{}".format, _LETTERS, _LETTERS)), min_size=1, max_size=30)
).filter(lambda text: not text.endswith(".git"))
names = st.one_of(
    segments.filter(lambda text: text != "m"),
    st.builds("{}/{}".format, st.one_of(segments, st.sampled_from(["models", "space", "dataset"])), segments),
)
references = st.builds(
    Reference,
    name=names,
    kind=st.sampled_from(Kind),
    revision=st.one_of(st.none(), st.sampled_from(["main", "v1.0", "refs/pr/3", "feature/x+y", COMMIT])),
    variant=st.one_of(st.none(), st.sampled_from(["Q4_K_M", "fp16", "8bit.v2"])),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gpt2", Reference("gpt2")),
        ("acme/anvil", Reference("acme/anvil")),
        ("model/acme/anvil", Reference("acme/anvil")),
        ("models/gpt2", Reference("gpt2")),
        ("datasets/acme/anvil", Reference("acme/anvil", Kind.DATASET)),
        ("dataset/squad", Reference("squad", Kind.DATASET)),
        ("spaces/acme/shop", Reference("acme/shop", Kind.SPACE)),
        ("model", Reference("model")),
        ("models/spaces/shop", Reference("spaces/shop")),
        ("acme/anvil@v1.0", Reference("acme/anvil", revision="v1.0")),
        ("acme/anvil@refs/pr/1", Reference("acme/anvil", revision="refs/pr/1")),
        (f"acme/anvil@{COMMIT}", Reference("acme/anvil", revision=COMMIT)),
        ("acme/anvil:Q4_K_M", Reference("acme/anvil", variant="Q4_K_M")),
        ("acme/anvil:latest", Reference("acme/anvil", variant="latest")),
        ("acme/anvil:Latest", Reference("acme/anvil", variant="latest")),
        ("acme/anvil@main:Q8_0", Reference("acme/anvil", revision="main", variant="Q8_0")),
        ("m~abc", Reference("m~abc", entry_key=10 * 1024 + 11 * 32 + 12)),
    ],
)
def test_what_people_write(text: str, expected: Reference) -> None:
    assert parse(text) == expected


@given(references)
def test_writing_and_reading_again_gives_the_same(reference: Reference) -> None:
    assert parse(str(reference)) == reference


@given(st.integers(0, 2**63 - 1))
def test_catalog_ids_are_references(key: int) -> None:
    reference = parse(catalog_id(key))
    assert reference.entry_key == key
    assert parse(str(reference)) == reference


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "a b", "/", "/etc/passwd", "acme/", "/anvil", "a/b/c", "a//b", ".", "..", "../x", "acme/..",
        "a/..b", "acme/an..vil", "acme/an--vil", "acme/anvil.git", ".hidden", "anvil.", "-x", "x-",
        "acme\\anvil", "acme%2Fanvil", "acme/anvil\n", "acme/an\0vil", "ａcme/anvil", "acme/änvil",
        "https://hub.example/acme/anvil", "a" * 97, "acme/anvil@", "@main", "@", ":", ":Q4", "@main:Q4",
        "acme/anvil:", "acme/anvil@main@v1", "acme/anvil:a:b", "acme/anvil:Q4@main", "acme/anvil@../x",
        "acme/anvil@a..b", "acme/anvil@a//b", "acme/anvil@/a", "acme/anvil@a/", "acme/anvil@x.lock",
        "acme/anvil@-x", "acme/anvil@ma in", "acme/anvil:../x", "acme/anvil:a/b", "datasets/a/b/c", "m~",
        "m~!", "m~" + "z" * 13, "m~" + "0" * 14, "m~abc@main", "m~ABC", "a" * 513, "a/" * 300, "\ud800",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_names_no_model(text: str) -> None:
    with pytest.raises(InvalidReference) as caught:
        parse(text)
    assert caught.value.hint
    assert len(caught.value.detail) < 300


@given(st.text(max_size=600))
def test_any_text_is_a_reference_or_is_refused(text: str) -> None:
    try:
        reference = parse(text)
    except InvalidReference:
        return
    assert ".." not in str(reference)
    assert parse(str(reference)) == reference


def test_a_revision_given_beside_the_name_wins() -> None:
    assert parse("acme/anvil@v1").with_revision("v2").revision == "v2"
    assert parse("acme/anvil@v1").with_revision(None).revision == "v1"
    with pytest.raises(InvalidReference):
        parse("acme/anvil").with_revision("../x")


@pytest.mark.parametrize("revision", ["main", "v1.0", "refs/pr/12", "a/b/c", "x+y", COMMIT, "a" * 255])
def test_revisions(revision: str) -> None:
    assert parse_revision(revision) == revision


@pytest.mark.parametrize("revision", ["", "a" * 256, "a\n", "~", "^", "a:b", "HEAD^", "a@{1}", "é"])
def test_no_revisions(revision: str) -> None:
    with pytest.raises(InvalidReference):
        parse_revision(revision)


def test_only_forty_hex_digits_are_a_commit() -> None:
    assert is_commit(COMMIT)
    assert parse(f"acme/anvil@{COMMIT}").commit == COMMIT
    for revision in ("main", COMMIT[:-1], COMMIT + "0", COMMIT.upper(), COMMIT + "\n"):
        assert not is_commit(revision)
    assert parse("acme/anvil@main").commit is None


def test_kinds_know_their_plural() -> None:
    assert [kind.plural for kind in Kind] == ["models", "datasets", "spaces"]
