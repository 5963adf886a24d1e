"""What the routes of accounts answer, for the OpenAPI document."""

from typing import Literal

from pydantic import Field

from steelyard.http.shapes import Count, Moment, Shape
from steelyard.identity.principal import PrincipalKind
from steelyard.identity.roles import Role, Scope


class LinkShape(Shape):
    """One way in which the depot knows somebody."""

    kind: PrincipalKind = Field(examples=["tailnet"])
    subject: str = Field(examples=["alice@example.org"])


class UserShape(Shape):
    """An account."""

    username: str = Field(examples=["alice"])
    role: Role = Field(examples=["member"])
    disabled: bool = Field(description="its tokens and its password are good for nothing until it is enabled again")
    has_password: bool
    created_at: Moment
    created_by: str = Field(examples=["admin"])
    disabled_at: Moment | None
    password_changed_at: Moment | None
    principals: list[LinkShape] = Field(description="other ways of coming in that count as this account")


class UserPage(Shape):
    """One page of accounts by name, with the true total."""

    count: Count
    users: list[UserShape]


class SessionsEnded(Shape):
    """How many sessions ended."""

    username: str = Field(examples=["alice"])
    ended: Count


class PrincipalShape(LinkShape):
    """Somebody who was seen."""

    name: str = Field(examples=["alice"])
    first_seen_at: Moment
    account: str | None = Field(description="the account that they belong to", examples=["alice"])


class PrincipalPage(Shape):
    """One page of everybody who was seen, newest first, with the true total."""

    count: Count
    principals: list[PrincipalShape]


class TokenShape(Shape):
    """A token, without its secret."""

    id: str = Field(examples=["3k9f2m7q1x"])
    username: str = Field(description="whose it is", examples=["alice"])
    label: str = Field(examples=["laptop"])
    status: Literal["active", "expired", "revoked", "disabled"]
    scopes: list[Scope] | None = Field(description="what it may be used for at most; null: all that the role may")
    cidrs: list[str] | None = Field(description="the networks it may be used from; null: from everywhere")
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None = Field(description="to the minute")
    revoked_at: Moment | None


class NewTokenShape(TokenShape):
    """A token with its text, which is told this once."""

    token: str = Field(description="keep it now: the depot does not", examples=["sy_3k9f2m7q1x_…"])


class TokenPage(Shape):
    """One page of tokens, newest first, with the true total."""

    count: Count
    tokens: list[TokenShape]


class PublicKeyShape(Shape):
    """A public key; whatever is signed with its private half is its owner's."""

    id: str = Field(examples=["3k9f2m7q1x"])
    username: str = Field(description="whose it is", examples=["alice"])
    label: str = Field(examples=["alice@laptop"])
    fingerprint: str = Field(
        description="as ssh-keygen -l shows it", examples=["SHA256:dGhlIGZpbmdlcnByaW50IG9mIGEgcHVibGljIGtleS4"]
    )
    public_key: str = Field(
        examples=["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"]
    )
    status: Literal["active", "disabled"] = Field(description="disabled: its owner's account is")
    scopes: list[Scope] = Field(description="what it may be used for")
    created_at: Moment
    last_used_at: Moment | None = Field(description="to the minute")


class PublicKeyPage(Shape):
    """One page of public keys, newest first, with the true total."""

    count: Count
    keys: list[PublicKeyShape]


class MeShape(Shape):
    """Who asks, how the depot knows, and what they may do."""

    username: str = Field(examples=["alice"])
    account: str | None = Field(description="the account that gives the role; null where none is needed")
    role: Role | None = Field(description="null for somebody whom nobody knows")
    identified_by: PrincipalKind
    scopes: list[Scope] | None = Field(description="what bounds the token that was shown; null: nothing does")
    credential: str | None = Field(description="the token or session that was shown", examples=["token:3k9f2m7q1x"])
    mode: Literal["open", "required"] = Field(description="in an open depot everybody is an administrator")
