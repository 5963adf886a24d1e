"""How the mirror answers Hugging Face clients."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

from steelyard.core.ref import InvalidReference, parse


class MirrorSettings(BaseModel):
    """Freshness, reserved names, and who sends the bytes."""

    model_config = ConfigDict(extra="forbid")

    fresh_seconds: float = Field(
        300.0, ge=0, description="how long an answer of the hub about a branch or tag is good before it is asked again"
    )
    offline: bool = Field(False, description="never ask the hub for the mirror: answer from the store alone")
    window_hours: float = Field(
        24.0, gt=0, description="pulls of one revision by one person within this time are one download"
    )
    namespaces: list[str] = Field(
        [], description="names before the slash that belong to the team: people push there, and the hub is never asked"
    )
    accel_redirect: str | None = Field(
        None, description="address of nginx's internal location for the store, as in docs/how-to/proxy: it sends files"
    )

    @field_validator("namespaces")
    @classmethod
    def _are_names(cls, value: list[str]) -> list[str]:
        for name in value:
            _require_namespace(name)
        return value

    @field_validator("accel_redirect")
    @classmethod
    def _is_location(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("/"):
            raise ValueError("must begin with a slash, like /steelyard-files/")
        return value if value is None else value.rstrip("/") + "/"


def _require_namespace(name: str) -> None:
    try:
        is_name = parse(f"{name}/x").name == f"{name}/x" and "/" not in name
    except InvalidReference:
        is_name = False
    if not is_name:
        raise ValueError(f"{name!r} cannot stand before the slash of a name")
