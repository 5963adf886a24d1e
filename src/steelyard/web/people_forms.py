"""The forms about people. Secrets never appear in a log; what was typed into a password field is never shown again."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from steelyard.core.errors import Invalid

_SCOPE = "scope-"
_LONGEST_CODE = 200


class PasswordsDiffer(Invalid):
    """The same password is asked for twice, because nobody sees what they type."""

    slug = "passwords-differ"
    title = "The two passwords are not the same"


@dataclass(frozen=True, slots=True)
class SignInForm:
    """Name and password; ``next`` is the path that somebody wanted."""

    username: str = ""
    password: str = field(default="", repr=False)
    next: str = "/"


@dataclass(frozen=True, slots=True)
class SetupForm:
    """The first administrator."""

    code: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PasswordForm:
    """A new password, with the present one where there is one."""

    current: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TokenForm:
    """A token to be. ``user`` is empty for one's own; ``days`` is empty for one that is good for ever."""

    label: str = ""
    user: str = ""
    scopes: tuple[str, ...] = ()
    days: str = ""


@dataclass(frozen=True, slots=True)
class KeyForm:
    """A public key to register; without a label it is called as its line says."""

    line: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class UserForm:
    """An account to be; without a password for programs, and for people who come in another way."""

    username: str = ""
    role: str = "member"
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class LinkForm:
    """A principal, and the account that it belongs to or shall belong to."""

    kind: str = ""
    subject: str = ""
    username: str = ""


def sign_in_form(fields: Mapping[str, str]) -> SignInForm:
    """The sign-in in some fields."""
    return SignInForm(_text(fields, "username"), fields.get("password", ""), _text(fields, "next") or "/")


def setup_form(fields: Mapping[str, str]) -> SetupForm:
    """The first administrator in some fields."""
    code = _text(fields, "code")[:_LONGEST_CODE]
    return SetupForm(code, _text(fields, "username"), fields.get("password", ""))


def password_form(fields: Mapping[str, str]) -> PasswordForm:
    """A new password in some fields."""
    return PasswordForm(fields.get("current", ""), fields.get("password", ""))


def require_same(fields: Mapping[str, str]) -> None:
    """Raises PasswordsDiffer."""
    if fields.get("password", "") != fields.get("again", ""):
        raise PasswordsDiffer("They must be the same.", hint="Type the new password twice.")


def token_form(fields: Mapping[str, str]) -> TokenForm:
    """A token in some fields; each scope is a box of its own, and an unticked one is not sent at all."""
    scopes = tuple(name.removeprefix(_SCOPE) for name in fields if name.startswith(_SCOPE))
    return TokenForm(_text(fields, "label"), _text(fields, "user"), scopes, _text(fields, "days"))


def key_form(fields: Mapping[str, str]) -> KeyForm:
    """A public key in some fields."""
    return KeyForm(_text(fields, "public_key"), _text(fields, "label"))


def user_form(fields: Mapping[str, str]) -> UserForm:
    """An account in some fields."""
    return UserForm(_text(fields, "username"), _text(fields, "role"), fields.get("password", ""))


def link_form(fields: Mapping[str, str]) -> LinkForm:
    """A principal in some fields."""
    return LinkForm(_text(fields, "kind"), _text(fields, "subject"), _text(fields, "username"))


def _text(fields: Mapping[str, str], name: str) -> str:
    return fields.get(name, "").strip()
