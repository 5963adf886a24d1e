"""What answering people's questions may take."""

from pydantic import BaseModel, ConfigDict, Field


class ServingSettings(BaseModel):
    """Models that are not here, and conversations that the depot keeps."""

    model_config = ConfigDict(extra="forbid")

    auto_pull: bool = Field(False, description="bring a model that is not here when somebody who may pull asks it")
    sessions: int = Field(100, ge=1, description="conversations kept for each person; the one unused longest goes")
    session_characters: int = Field(
        200_000, ge=1000, description="characters of one conversation that are kept; its oldest messages go first"
    )
