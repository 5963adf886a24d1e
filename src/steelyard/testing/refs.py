"""Branches and tags in the words of the hub's API, for the source in memory and for the stand-in hub."""

from collections.abc import Mapping

Ref = dict[str, str]
_GROUPS = {"refs/pr/": "pullRequests", "refs/convert/": "converts"}


def grouped(branches: Mapping[str, str], tags: Mapping[str, str]) -> dict[str, list[Ref]]:
    """What ``/refs`` lists, from commits by name. A branch called ``refs/pr/1`` is a pull request, one called
    ``refs/convert/parquet`` a conversion."""
    groups: dict[str, list[Ref]] = {"branches": [], "tags": [], "converts": [], "pullRequests": []}
    for branch, commit in branches.items():
        prefix = next((one for one in _GROUPS if branch.startswith(one)), "")
        listed = groups[_GROUPS.get(prefix, "branches")]
        listed.append(_ref(branch.removeprefix(prefix), branch if prefix else f"refs/heads/{branch}", commit))
    groups["tags"] = [_ref(tag, f"refs/tags/{tag}", commit) for tag, commit in tags.items()]
    return groups


def _ref(name: str, ref: str, commit: str) -> Ref:
    return {"name": name, "ref": ref, "targetCommit": commit}
