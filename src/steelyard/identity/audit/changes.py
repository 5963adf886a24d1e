"""What differs between before and after, as the audit log keeps it: without secrets, and no longer than it is read."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

MASK = "********"
_SECRET = frozenset({
    "authorization", "code", "codes", "cookie", "credential", "credentials", "passphrase", "password", "passwords",
    "salt", "secret", "secrets", "token", "tokens",
})  # fmt: skip
_LONGEST = 2000  # letters of one text: enough to know it again; the log is no archive of descriptions
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
Facts = Mapping[str, Any] | None


def changes(before: Facts, after: Facts) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Both sides with only the keys whose values differ; a side that there is not stays None.

    Whatever stands under a key with a word like ``password``, ``token``, ``secret`` or ``code`` in its name is masked,
    at any depth: that it changed is seen, not into what.
    """
    if before is None or after is None:
        return _kept(before), _kept(after)
    keys = [key for key in {**before, **after} if key not in before or key not in after or before[key] != after[key]]
    return (
        _kept({key: before[key] for key in keys if key in before}),
        _kept({key: after[key] for key in keys if key in after}),
    )


def is_secret(key: str) -> bool:
    """Whether the name of a field says that its value is for nobody's eyes."""
    return not _SECRET.isdisjoint(word.lower() for word in _WORDS.findall(key))


def _kept(facts: Facts) -> dict[str, Any] | None:
    return None if facts is None else {key: _shown(key, value) for key, value in facts.items()}


def _shown(key: str, value: Any) -> Any:
    if is_secret(key) and value is not None and not isinstance(value, bool):
        return MASK
    if isinstance(value, Mapping):
        return {name: _shown(str(name), inner) for name, inner in value.items()}
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    if isinstance(value, Sequence):
        return [_shown("", one) for one in value]
    return value
