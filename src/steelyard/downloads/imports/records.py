"""What a mount point's own records say: ``models_db.json`` and ``access_log.json``. Read tolerantly: no two versions of
the program that wrote them agree, and people edited them. Pure.

Both files are a list of objects, an object of objects by their ids, or an object that holds one of these under
``models`` or ``requests``. Of fields with several names the first that is there counts; unknown ones are ignored.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from steelyard.catalog.provenance import Origin

Entry = Mapping[str, Any]
_WRAPPERS = ("models", "requests", "entries", "log", "logs", "access_log", "data")
_HUB_NAME = ("model_id", "hf_model_id", "huggingface_id", "hf_id", "repo_id", "hub_id", "repo", "model")
_TITLE = ("name", "title", "display_name", "model_name")
_PATH = ("path", "local_path", "model_path", "directory", "dir", "folder", "location")
_BY = ("downloaded_by", "first_downloaded_by", "requested_by", "username", "user")
_AT = ("first_downloaded_at", "downloaded_at", "download_date", "completed_at", "created_at", "added_at", "timestamp")
_FROM = ("first_downloaded_from", "downloaded_from", "ip_address", "ip", "vpn_ip", "remote_addr")
_DOWNLOADS = frozenset({"download", "downloads", "downloaded", "model_download", "download_model", "pull"})
_LONGEST = {"title": 300, "name": 200, "address": 64, "text": 10_000, "tag": 100}
_MOST_TAGS = 100


class Unreadable(Exception):
    """A file of records is no JSON, or not of a shape that is known."""


@dataclass(frozen=True, slots=True)
class Line:
    """One model in ``models_db.json``: ``key`` is its id there, ``hub_name`` its name on the hub."""

    key: str
    hub_name: str | None
    path: str | None
    status: str | None
    told: Origin


@dataclass(frozen=True, slots=True)
class Access:
    """One download in ``access_log.json``."""

    model: str
    by: str | None
    at: datetime | None
    address: str | None


def read_models(text: str) -> tuple[list[Line], list[str]]:
    """The models, and the keys of entries that are none. Raises Unreadable."""
    lines, broken = [], []
    for key, entry in _entries(_parsed(text)):
        if isinstance(entry, Mapping):
            lines.append(_line(key, entry))
        else:
            broken.append(key)
    return lines, broken


def read_downloads(text: str) -> list[Access]:
    """The downloads that name a model, the earliest first. Raises Unreadable."""
    found = [_access(entry) for _, entry in _entries(_parsed(text)) if isinstance(entry, Mapping)]
    named = [access for access in found if access is not None]
    return sorted(named, key=lambda access: access.at or datetime.max.replace(tzinfo=UTC))


def with_downloads(line: Line, downloads: Sequence[Access]) -> Origin:
    """A model's records with what the access log adds: gaps filled, downloads counted, the first one's time."""
    names = {name for name in (line.key, line.hub_name, line.told.title) if name}
    own = [access for access in downloads if access.model in names]
    told = line.told
    first = own[0] if own else None
    by = told.downloaded_by or (first.by if first else None)
    like = next((access for access in own if access.by == by), first)
    return Origin(
        title=told.title, description=told.description, tags=told.tags, downloaded_by=by,
        downloaded_at=(like.at if like and like.at else None) or told.downloaded_at,
        downloaded_from=told.downloaded_from or (like.address if like else None),
        downloads=max(told.downloads, len(own)),
    )  # fmt: skip


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is no JSON") from error


def _entries(content: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(content, Mapping):
        inner = next((content[name] for name in _WRAPPERS if isinstance(content.get(name), list | dict)), content)
        if isinstance(inner, Mapping):
            yield from ((str(key), entry) for key, entry in inner.items())
            return
        content = inner
    if not isinstance(content, list):
        raise Unreadable("it is neither a list nor an object")
    yield from ((_text(entry, ("id",)) or f"#{n}", entry) for n, entry in enumerate(content, 1))


def _line(key: str, entry: Entry) -> Line:
    stats = entry.get("stats")
    both: Entry = {**(stats if isinstance(stats, Mapping) else {}), **entry}
    told = Origin(
        title=_cut(_text(both, _TITLE), "title"), description=_cut(_text(both, ("description",)), "text"),
        tags=_tags(both.get("tags")), downloaded_by=_cut(_text(both, _BY), "name"), downloaded_at=_moment(both),
        downloaded_from=_cut(_text(both, _FROM), "address"), downloads=_count(both.get("download_count")),
    )  # fmt: skip
    return Line(key, _text(both, _HUB_NAME), _text(both, _PATH), _text(both, ("status",)), told)


def _access(entry: Entry) -> Access | None:
    action, model = _text(entry, ("action", "type", "event")), _text(entry, (*_HUB_NAME, *_TITLE))
    if model is None or (action or "").lower() not in _DOWNLOADS:
        return None
    by, address = _cut(_text(entry, ("username", "user", *_BY)), "name"), _cut(_text(entry, _FROM), "address")
    return Access(model, by, _moment(entry), address)


def _text(entry: Any, names: Sequence[str]) -> str | None:
    found = (entry.get(name) for name in names) if isinstance(entry, Mapping) else iter(())
    texts = (str(value).strip() for value in found if isinstance(value, str | int) and not isinstance(value, bool))
    return next((_clean(text) for text in texts if text), None)


def _clean(text: str) -> str:
    """No control characters, and no halves of letters: databases take neither."""
    return "".join(letter for letter in text if letter in "\n\t" or letter.isprintable())


def _cut(text: str | None, what: str) -> str | None:
    return text[: _LONGEST[what]] if text else None


def _tags(value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    tags = [_clean(str(part)).strip()[: _LONGEST["tag"]] for part in parts if isinstance(part, str | int)]
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:_MOST_TAGS]


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else 0


def _moment(entry: Entry) -> datetime | None:
    """The first time that can be read: ISO 8601 or seconds since 1970; without an offset it is UTC."""
    moments = (_read_moment(entry.get(name)) for name in _AT)
    return next((moment for moment in moments if moment is not None), None)


def _read_moment(value: Any) -> datetime | None:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            moment = datetime.fromisoformat(value.strip())
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):  # no time after all
        return None
    return None
