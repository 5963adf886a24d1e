"""What the log of events keeps."""

from pydantic import BaseModel, ConfigDict, Field


class UsageSettings(BaseModel):
    """Events."""

    model_config = ConfigDict(extra="forbid")

    store_prompts: bool = Field(
        False,
        description="keep with each request what the model was last asked, cut at 2000 characters; else no word of it",
    )
