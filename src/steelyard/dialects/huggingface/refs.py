"""Branches and tags (``/refs``) and the history (``/commits/{revision}``).

Shapes as ``GitRefs`` and ``GitCommitInfo`` of huggingface_hub read them (``hf_api.py``), which has no defaults for
them: what is incomplete is left out.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from steelyard.core.clock import iso
from steelyard.core.ref import is_commit

Json = dict[str, Any]
_LISTS = ("branches", "tags", "converts", "pullRequests")
_SPACES = {"heads": "branches", "tags": "tags", "convert": "converts", "pr": "pullRequests"}


def refs(document: Mapping[str, Any]) -> Json:
    """The hub's own answer with every list in place and only what clients read."""
    return {name: [one for item in _items(document.get(name)) if (one := _ref(item))] for name in _LISTS}


def known_refs(commits: Mapping[str, str]) -> Json:
    """The same from what the depot knows: the commit of each revision by its name, ``main`` or ``refs/pr/1``."""
    found: dict[str, list[Json]] = {name: [] for name in _LISTS}
    for revision, commit in sorted(commits.items()):
        space, name = _space(revision)
        if space in _SPACES and not is_commit(revision):
            found[_SPACES[space]].append({"name": name, "ref": f"refs/{space}/{name}", "targetCommit": commit})
    return found


def commits(items: Iterable[Any]) -> list[Json]:
    """The hub's own history, only what clients read."""
    return [one for item in items if isinstance(item, Mapping) and (one := _commit(item))]


def known_commits(moments: Iterable[tuple[str, datetime]]) -> list[Json]:
    """The same from the commits that the depot has and when each came, newest first. Who wrote them nobody knows."""
    newest = sorted(moments, key=lambda item: item[1], reverse=True)
    return [_entry(commit, f"Commit {commit[:8]}", "", [], moment) for commit, moment in newest]


def _items(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _ref(item: Mapping[str, Any]) -> Json | None:
    name, ref, target = item.get("name"), item.get("ref"), item.get("targetCommit")
    if not (isinstance(name, str) and isinstance(ref, str) and isinstance(target, str) and is_commit(target)):
        return None
    return {"name": name, "ref": ref, "targetCommit": target}


def _space(revision: str) -> tuple[str, str]:
    """``refs/pr/1`` is ``pr`` and ``1``; a bare name is a branch."""
    if not revision.startswith("refs/"):
        return "heads", revision
    space, _, name = revision.removeprefix("refs/").partition("/")
    return space, name


def _commit(item: Mapping[str, Any]) -> Json | None:
    commit, moment = item.get("id"), _moment(item.get("date"))
    if not isinstance(commit, str) or not is_commit(commit) or moment is None:
        return None
    title, message = _text(item.get("title")), _text(item.get("message"))
    users = [_text(author.get("user")) for author in _items(item.get("authors"))]
    return _entry(commit, title, message, users, moment)


def _entry(commit: str, title: str, message: str, users: list[str], moment: datetime) -> Json:
    authors = [{"user": user} for user in users]
    return {"id": commit, "title": title, "message": message, "authors": authors, "date": iso(moment)}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(_text(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
