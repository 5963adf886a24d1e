"""How long sessions and tokens are good for."""

from pydantic import BaseModel, ConfigDict, Field


class IdentitySettings(BaseModel):
    """Sessions of browsers and tokens of programs."""

    model_config = ConfigDict(extra="forbid")

    session_days: float = Field(30.0, gt=0, le=365, description="days until somebody has to sign in again in any case")
    session_idle_days: float = Field(7.0, gt=0, le=365, description="days without a request after which a session ends")
    token_days: int = Field(
        90, ge=1, le=3650, description="days that a new token is good for, unless it says otherwise"
    )
