from typing import Annotated, Literal

import pytest
import typer
from typer.main import get_command

from steelyard.cli.coercion import Plain, read_plainly


def plainly_read(*argv: str) -> dict[str, object]:
    seen: dict[str, object] = {}

    def command(
        name: str,
        words: Annotated[list[str] | None, typer.Argument()] = None,
        tags: Annotated[list[str] | None, typer.Option()] = None,
        limit: Annotated[int, typer.Option(min=1, max=9)] = 5,
        flag: bool = False,
        ratio: Annotated[float, typer.Option(max=1)] = 0.5,
        pace: Literal["slow", "fast"] | None = None,
        from_environment: Annotated[bool, typer.Option(envvar="NOT_SET_ANYWHERE")] = False,
    ) -> None:
        seen.update(words=words)
        seen.update(name=name, tags=tags, limit=limit, flag=flag, ratio=ratio, pace=pace, rest=from_environment)

    app = typer.Typer(add_completion=False)
    app.command()(command)
    built = get_command(app)
    read_plainly(built)
    built.main(list(argv), standalone_mode=False)
    return seen


def test_defaults() -> None:
    seen = plainly_read("x")

    assert (seen["name"], seen["tags"], seen["limit"], seen["flag"]) == ("x", None, 5, False)
    assert (seen["ratio"], seen["pace"], seen["rest"]) == (0.5, None, False)


def test_given() -> None:
    seen = plainly_read(
        "x", "--tags", "a", "--tags", "b", "--limit", "9", "--flag", "--ratio", "0.25", "--pace", "slow"
    )

    assert (seen["tags"], seen["limit"], seen["flag"], seen["ratio"], seen["pace"]) == (
        ["a", "b"],
        9,
        True,
        0.25,
        "slow",
    )


@pytest.mark.parametrize("limit", ["0", "10", "many", "1.5"])
def test_numbers_out_of_range_or_none_at_all(limit: str) -> None:
    with pytest.raises(typer.BadParameter):
        plainly_read("x", "--limit", limit)


def test_a_choice_names_the_others() -> None:
    with pytest.raises(typer.BadParameter, match="one of slow, fast"):
        plainly_read("x", "--pace", "sideways")


def test_a_repeated_option_that_is_absent() -> None:
    class Repeated:
        multiple = True
        nargs = 1

    assert Plain(str).coerce(None, Repeated(), None) == ()


def test_arguments_that_are_repeated() -> None:
    assert plainly_read("x", "a", "b")["words"] == ["a", "b"]
    assert not plainly_read("x")["words"]


@pytest.mark.parametrize("ratio", ["much", "nan", "inf", "1.1"])
def test_fractions_out_of_range_or_none_at_all(ratio: str) -> None:
    with pytest.raises(typer.BadParameter):
        plainly_read("x", "--ratio", ratio)
