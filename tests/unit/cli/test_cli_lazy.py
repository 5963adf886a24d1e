import pytest
import typer

from steelyard.cli.lazy import LazyCommands, load


def test_load() -> None:
    assert load("steelyard.cli.lazy:load") is load


def test_names_import_nothing() -> None:
    commands = LazyCommands({"broken": "steelyard.no_such_room:command"})

    assert list(commands) == ["broken"]
    assert "broken" in commands
    with pytest.raises(ModuleNotFoundError):
        commands["broken"]


def test_a_function_becomes_a_command_by_the_name_of_the_table() -> None:
    command = LazyCommands({"list": "steelyard.cli.ls:ls"})["list"]

    assert command.name == "list"
    assert command.help == "List the models on the shelf."


def test_an_app_becomes_a_group() -> None:
    group = LazyCommands({"jobs": "steelyard.cli.jobs:app"})["jobs"]

    assert isinstance(group, typer.core.TyperGroup)
    assert "watch" in group.commands
