"""The licence of a model."""

import pytest

from steelyard.catalog.inspect.card import license_of_names, read_license


@pytest.mark.parametrize(
    ("head", "license_id"),
    [
        ("license: mit", "mit"), ("license:   apache-2.0  ", "apache-2.0"), ("license: 'cc-by-4.0'", "cc-by-4.0"),
        ('license: "mit"  # really', "mit"), ("tags:\n- x\nlicense: mit\nlanguage: en", "mit"),
        ("license:\n- mit\n- apache-2.0", "mit"), ("license:\n\n  - mit", "mit"), ("license: [mit, gpl-3.0]", "mit"),
        ("license: other\nlicense_name: llama3\nlicense_link: LICENSE", "llama3"), ("license: other", "other"),
        ("license_name: llama3", None), ("license:\ntags:\n- mit", None), ("license: null", None),
        ("license: []", None), ("license: |\n  long text", None), ("license: *alias", None), ("license: ''", None),
        ("license: !!python/x y", None),
        ("model:\n  license: mit", None), ("x: license: mit", None), ("license: " + "x" * 121, None),
        ("license: a\0b", None), ("license: mit\nlicense: gpl", "mit"), ("", None),
    ],
    ids=ascii,
)  # fmt: skip
def test_what_the_head_of_a_card_says(head: str, license_id: str | None) -> None:
    assert read_license(f"---\n{head}\n---\n# Title\nlicense: no\n".encode()) == license_id


@pytest.mark.parametrize("card", ["", "# Title\nlicense: mit", "---\nlicense: mit", "--- \nlicense: mit\n", "-\n-"])
def test_a_card_without_a_head(card: str) -> None:
    assert read_license(card.encode()) is None


def test_line_ends_of_windows_and_a_byte_order_mark() -> None:
    assert read_license(b"\xef\xbb\xbf---\r\nlicense: mit\r\n---\r\n") == "mit"
    assert read_license(b"---\nlicense: m\xffit\n---\n") == "m\ufffdit"


@pytest.mark.parametrize(
    "filling",
    [
        "a: &a [" + "*a," * 300_000,
        "license" + " " * 900_000,
        "[" * 900_000,
        "\n" * 900_000,
        "license: " + "[" * 900_000,
    ],
    ids=["aliases", "spaces", "nesting", "lines", "brackets"],
)
def test_a_hostile_head_says_nothing(filling: str) -> None:
    """Each of them takes a parser of the whole language minutes, gigabytes or its stack."""
    assert read_license(f"---\n{filling}\n---\n".encode()) is None


@pytest.mark.parametrize(
    ("paths", "license_id"),
    [
        (["LICENSE"], "LICENSE"), (["LICENSE.txt", "README.md"], "LICENSE.txt"), (["LICENSE-MIT"], "mit"),
        (["LICENSE.apache-2.0.txt"], "apache-2.0"), (["licence.md"], "licence.md"), (["COPYING"], "COPYING"),
        (["docs/LICENSE-MIT"], None), (["LICENSES"], None), (["license_plates.json"], None), ([], None),
        (["LICENSE-llama2"], "LICENSE-llama2"),
    ],
    ids=str,
)  # fmt: skip
def test_the_name_of_a_licence_file(paths: list[str], license_id: str | None) -> None:
    assert license_of_names(paths) == license_id
