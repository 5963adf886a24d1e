"""Parts of addresses that several rooms take, with what the OpenAPI document says of them."""

from typing import Annotated

from fastapi import Path

ModelPath = Annotated[str, Path(description="a model by any name: org/name, an alias, or its catalog id")]
JobPath = Annotated[str, Path(max_length=100, description="the job's id")]
