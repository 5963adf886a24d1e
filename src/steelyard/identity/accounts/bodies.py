"""What the routes of accounts take. Unknown fields are refused; secrets never show up in an error."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator

from steelyard.identity.accounts.names import MAX_LENGTH as LONGEST_NAME
from steelyard.identity.accounts.passwords import MAX_LENGTH, MIN_LENGTH
from steelyard.identity.roles import Role, Scope

_DAYS = 3650
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, examples=["alice"])]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=MAX_LENGTH, examples=["four words or so"])]
Label = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]
Subject = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
# Only what somebody else vouches for: a self-declared name or an address proves nothing.
Linkable = Literal["tailnet", "proxy"]


class Body(BaseModel):
    """Strict: nothing is read as something else."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*")
    @classmethod
    def _can_be_kept(cls, value: Any) -> Any:
        if isinstance(value, SecretStr) and not _is_text(value.get_secret_value()):
            raise ValueError("it holds half a character")
        if isinstance(value, str) and not value.isprintable():
            raise ValueError("it must be words that can be printed, on one line")
        return value


class NewUser(Body):
    """An account to be."""

    username: Name
    role: Role = Field(Role.MEMBER, description="viewer, member, admin; service for programs, which have no password")
    password: Secret | None = Field(
        None, description=f"{MIN_LENGTH} to {MAX_LENGTH} characters; administrators need one, services have none"
    )


class UserChange(Body):
    """What shall be different; what is left out stays as it is."""

    role: Role = Field(default_factory=lambda: Role.MEMBER)
    disabled: bool = Field(default_factory=bool, strict=True)


class NewPassword(Body):
    """A password to be."""

    password: Secret = Field(description=f"{MIN_LENGTH} to {MAX_LENGTH} characters")
    current: Secret | None = Field(None, description="the present one; needed for one's own account")


class LinkBody(Body):
    """A principal to link; it need not have been seen yet."""

    kind: Linkable = Field(description="tailnet or proxy: those that somebody else vouches for")
    subject: Subject = Field(examples=["alice@example.org"])


class NewTokenBody(Body):
    """A token to be."""

    label: Label = Field(description="what it is for", examples=["laptop"])
    user: Name | None = Field(None, description="whose it shall be; your own unless given")
    scopes: list[Scope] | None = Field(
        None, min_length=1, description="what it may be used for; unless given, everything but 'admin'"
    )
    expires_in_days: int | None = Field(
        default_factory=lambda: None, ge=1, le=_DAYS, description="null is for ever, for service accounts only"
    )
    cidrs: list[Annotated[str, Field(max_length=50)]] | None = Field(
        None, min_length=1, max_length=32, description="networks it may be used from", examples=[["10.1.0.0/16"]]
    )


class NewKeyBody(Body):
    """A public key to register."""

    public_key: Line = Field(
        description="the line of a .pub file, Ed25519 only",
        examples=["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f alice@laptop"],
    )
    label: Label | None = Field(None, description="what it is called; the line's own comment unless given")
    user: Name | None = Field(None, description="whose it shall be; your own unless given")
    scopes: list[Scope] | None = Field(
        None,
        min_length=1,
        description="what it may be used for, never 'admin'; unless given, as far as your token goes",
    )


class Login(Body):
    """A sign-in."""

    username: Annotated[str, Field(max_length=LONGEST_NAME, examples=["alice"])]
    password: Annotated[SecretStr, Field(max_length=MAX_LENGTH)]


class SetupBody(Body):
    """The first administrator."""

    code: Annotated[SecretStr, Field(min_length=1, max_length=200, description="from the link in the depot's log")]
    username: Name
    password: Secret


def _is_text(secret: str) -> bool:
    try:
        secret.encode()
    except UnicodeEncodeError:  # a lone surrogate: pydantic finds it in plain text only
        return False
    return True
