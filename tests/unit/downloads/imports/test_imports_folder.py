"""Which folders are models, and the revision that files make."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.digest import Digest
from steelyard.core.ref import is_commit
from steelyard.downloads.imports.folder import commit_of, models_in

ROWS = st.lists(
    st.tuples(st.text(min_size=1, max_size=8), st.integers(0, 9), st.sampled_from("ab")), unique_by=lambda row: row[0]
)


def rows(drawn: list[tuple[str, int, str]]) -> list[tuple[str, int, Digest]]:
    return [(path, size, Digest("sha256", letter * 64)) for path, size, letter in drawn]


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter(drawn: list[tuple[str, int, str]], chance: object) -> None:
    mixed = list(drawn)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert is_commit(commit_of(rows(drawn)))
    assert commit_of(rows(drawn)) == commit_of(rows(mixed))


@given(ROWS, ROWS)
def test_other_files_are_another_revision(one: list[tuple[str, int, str]], two: list[tuple[str, int, str]]) -> None:
    assert (commit_of(rows(one)) == commit_of(rows(two))) == (sorted(one) == sorted(two))


def test_the_same_forever() -> None:
    assert commit_of([("a", 1, Digest("sha256", "a" * 64))]) == "3d1949a482993b99e7e55f4e0906399e7ea56e5e"


def make(folder: Path, *paths: str) -> Path:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"x")
    return folder


def names(folder: Path) -> set[str]:
    return set(models_in(folder))


def test_a_folder_with_weights_is_one_model(tmp_path: Path) -> None:
    assert names(make(tmp_path, "a.gguf", "sub/b.gguf", "other/config.json")) == {""}


def test_a_pipeline_is_one_model(tmp_path: Path) -> None:
    assert names(make(tmp_path, "model_index.json", "unet/a.safetensors", "vae/b.safetensors")) == {""}


def test_parents_of_models(tmp_path: Path) -> None:
    make(tmp_path, "README.md", "one/a.gguf", "team/two/config.json", "docs/how.md", "a/b/c/d.gguf", ".hid/x.gguf")
    make(tmp_path, "models--org--name/snapshots/x.gguf")
    assert names(tmp_path) == {"one", "team/two"}


def test_files_that_are_no_weights_make_one_model_of_the_whole(tmp_path: Path) -> None:
    assert names(make(tmp_path, "data.csv", "sub/more.csv")) == {""}
