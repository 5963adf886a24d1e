"""Values as people read them; a dash stands for what is not known."""

from datetime import datetime, tzinfo

from steelyard.core.units import format_duration, format_size

NOTHING = "–"
_STEERING: dict[int, str] = {**dict.fromkeys([*range(9), *range(11, 32), *range(127, 160)], "?"), 13: ""}
_STEPS = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (86_400 * 60, 86_400, "days"))


def plain(value: object) -> str:
    """Text on one line. Control characters become ``?``: names come from others and could steer the terminal."""
    if value is None or value == "":
        return NOTHING
    return "".join(letter if letter.isprintable() else "?" for letter in str(value))


def visible(text: str) -> str:
    """Text of several lines: line feeds and tabs are meant, any other control character could steer the terminal."""
    return text.translate(_STEERING)


def short(value: object, letters: int = 60) -> str:
    """The same, cut after so many letters: a reason in a list, where the whole of it would hide the rest."""
    text = plain(value)
    return text if len(text) <= letters else f"{text[: letters - 1].rstrip()}…"


def joined(values: list[str]) -> str:
    """A list in a line."""
    return plain(", ".join(values))


def size(value: float | None) -> str:
    """Bytes in decimal units."""
    return NOTHING if value is None else format_size(value)


def speed(value: float | None) -> str:
    """Bytes per second."""
    return NOTHING if value is None else f"{format_size(value)}/s"


def duration(value: float | None) -> str:
    """Seconds."""
    return NOTHING if value is None else format_duration(value)


def percent(value: float | None) -> str:
    """A ratio from 0.0 to 1.0. Only the whole is 100 %."""
    if value is None:
        return NOTHING
    return f"{min(round(value * 100), 99) if value < 1 else 100} %"


def ago(moment: str | None, now: datetime, never: str = NOTHING) -> str:
    """``3 min ago``, from an ISO time; the date when it is more than two months ago."""
    if moment is None:
        return never
    seconds = int((now - datetime.fromisoformat(moment)).total_seconds())
    if seconds < 5:
        return "just now"
    for limit, unit, word in _STEPS:
        if seconds < limit:
            return f"{_counted(seconds // unit, word)} ago"
    return local(moment)[:10]


def local(moment: str | None, zone: tzinfo | None = None) -> str:
    """An ISO time to the second in a time zone, the computer's own unless given."""
    if moment is None:
        return NOTHING
    return datetime.fromisoformat(moment).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def since(moment: str | None, now: datetime, never: str = NOTHING) -> str:
    """Both: ``2025-11-20 10:16:00 (3 min ago)``."""
    return never if moment is None else f"{local(moment)} ({ago(moment, now)})"


def _counted(number: int, word: str) -> str:
    return "1 day" if (number, word) == (1, "days") else f"{number} {word}"
