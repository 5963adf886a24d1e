"""Any address at all: something asked, or a 404 of the dialect; and nothing asked leads out of a repository."""

from urllib.parse import quote

from hypothesis import example, given
from hypothesis import strategies as st

from steelyard.core.errors import NotFound
from steelyard.core.ref import Kind
from steelyard.dialects.huggingface.asked import FileAt, Tree
from steelyard.dialects.huggingface.locate import locate
from steelyard.sources.protocol import Repository

PIECES = st.sampled_from(
    ["/", "//", "api", "models", "datasets", "gpt2", "org", "resolve", "raw", "tree", "revision", "refs", "pr", "1",
     "..", ".", "%2e", "%2F", "%00", "%ff", "%5c", "main", "commits", "x.git", "info/lfs/objects/batch", "auth-check"]
)  # fmt: skip
SEGMENT = st.text(st.characters(codec="utf-8", exclude_characters="/\\", exclude_categories=["C"]), min_size=1)
PATHS = st.lists(SEGMENT.filter(lambda part: part not in {".", ".."}), min_size=1, max_size=5).map("/".join)


@given(st.text(max_size=200) | st.lists(PIECES, max_size=12).map("/".join) | st.lists(PIECES, max_size=12).map("".join))
@example("/gpt2/resolve/main/%2e%2e%2f%2e%2e%2fetc")
def test_any_address_is_read_or_not_found(rest: str) -> None:
    try:
        asked = locate(rest)
    except NotFound:
        return
    path = asked.path if isinstance(asked, FileAt) else asked.folder if isinstance(asked, Tree) else ""
    assert not path or not {"", ".", ".."} & set(path.split("/"))
    assert "\0" not in path


@given(PATHS, st.sampled_from(["main", "refs/pr/1", "feature/x", "v1.0"]), st.sampled_from(list(Kind)))
def test_what_clients_quote_comes_back(path: str, revision: str, kind: Kind) -> None:
    prefix = "" if kind is Kind.MODEL else f"/{kind.plural}"
    asked = locate(f"{prefix}/org/name/resolve/{quote(revision, safe='')}/{quote(path)}")
    assert asked == FileAt(Repository(kind, "org/name"), revision, path)
