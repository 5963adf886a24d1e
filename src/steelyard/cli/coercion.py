"""Options of the plain types are read without pydantic, which Typer 0.29 imports for every value it converts.

Measured: 77 ms of the 261 ms that ``steelyard ls`` took. A parameter of any other type keeps Typer's own conversion,
and so does every parameter should Typer stop looking at the attribute that is set here; a test tells us then.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import typer


@dataclass(frozen=True, slots=True)
class Plain:
    """Stands in for Typer's runtime parameter: text, numbers, flags and choices, single or repeated."""

    convert: Callable[[Any], Any]
    least: float | None = None
    most: float | None = None

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value of the parameter. Raises typer.BadParameter, with the name of the option in its message."""
        if value is None:
            return () if param.multiple else None
        if param.multiple or param.nargs == -1:
            return [self._one(item, param, ctx) for item in value]
        return self._one(value, param, ctx)

    def _one(self, value: Any, param: Any, ctx: Any) -> Any:
        try:
            read = self.convert(value)
        except ValueError as error:
            raise typer.BadParameter(str(error), ctx=ctx, param=param) from error
        if (self.least is not None and read < self.least) or (self.most is not None and read > self.most):
            raise typer.BadParameter(f"{read} is not within {self.least} to {self.most}.", ctx=ctx, param=param)
        return read


def whole_number(value: Any) -> int:
    """An int from text. Raises ValueError with words for people."""
    try:
        return int(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not a whole number.") from error


def number(value: Any) -> float:
    """A finite float from text. Raises ValueError with words for people."""
    try:
        read = float(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not a number.") from error
    if not math.isfinite(read):
        raise ValueError(f"{value!r} is not a number.")
    return read


def one_of(words: Sequence[str]) -> Callable[[Any], str]:
    """A reader that takes only these words. It raises ValueError with words for people."""

    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"{value!r} is not one of {', '.join(words)}.")
        return str(value)

    return read


_CONVERTERS: dict[Any, Callable[[Any], Any]] = {str: str, list[str]: str, int: whole_number, float: number, bool: bool}


def read_plainly(command: Any) -> None:
    """Give every parameter of a plain type its converter, ``--help`` and those of subcommands included."""
    for parameter in command.get_params(typer.Context(command)):
        convert = _converter(parameter)
        if convert is not None:
            info = parameter.type_descriptor.parameter_info
            parameter._runtime_param = Plain(convert, info.min, info.max)  # noqa: SLF001 - see the module
    for subcommand in getattr(command, "commands", {}).values():
        read_plainly(subcommand)


def _converter(parameter: Any) -> Callable[[Any], Any] | None:
    annotation, info = parameter.type_descriptor.annotation, parameter.type_descriptor.parameter_info
    if parameter.envvar or info.parser or info.clamp:  # a text such as "false" for a flag is Typer's to read
        return None
    if get_origin(annotation) is Literal and info.case_sensitive:
        return one_of(get_args(annotation))
    return _CONVERTERS.get(annotation)
