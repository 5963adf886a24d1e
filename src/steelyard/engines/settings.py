"""Which engines run models here, and within which bounds."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from steelyard.core.units import parse_size
from steelyard.engines.hardware import Hardware

_SHARE = 0.8  # of the machine's memory, where nobody says how much


class RemoteSettings(BaseModel):
    """A server elsewhere that speaks OpenAI's protocol."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(description="its address, without /v1", pattern=r"^https?://[^/\s]+")
    key: SecretStr | None = Field(None, description="its API key, if it wants one")
    models: dict[str, str] = Field(
        {}, description="names of models here, and there, for those of this depot; what only it has is found by itself"
    )
    weight: float = Field(1.0, gt=0, le=1000, description="its share of the requests against the other servers'")
    max_in_flight: int | None = Field(None, ge=1, description="requests at the same time at most; unset: any")

    @field_validator("url")
    @classmethod
    def _ends_before_v1(cls, value: str) -> str:
        return value.rstrip("/").removesuffix("/v1").rstrip("/")


class EngineSettings(BaseModel):
    """Running models."""

    model_config = ConfigDict(extra="forbid")

    order: list[str] = Field(
        ["remote", "llamacpp", "vllm", "transformers"],
        min_length=1,
        description="engines that may be used, the first that can run a model runs it",
    )
    budget_bytes: int | None = Field(
        None, ge=0, description="memory for all models together, like 24GB; unset: 80 % of the machine's"
    )
    max_loaded: int | None = Field(None, ge=1, description="models in memory at the same time; unset: what fits")
    keep_alive_seconds: float = Field(300.0, ge=0, description="how long an unused model stays in memory")
    parallel: int = Field(4, ge=1, le=64, description="requests that one model answers at the same time")
    queue: int = Field(64, ge=1, description="requests that may wait for one model")
    queue_all: int = Field(512, ge=1, description="requests that may wait in all")
    context: int = Field(4096, ge=128, le=1_048_576, description="tokens of prompt and answer together, each request")
    threads: int | None = Field(
        None, ge=1, le=1024, description="threads that calculate, for each model; unset: one less than physical cores"
    )
    cooldown_seconds: float = Field(15.0, ge=0, description="pause before a model that failed to load is tried again")
    start_seconds: float = Field(300.0, ge=1, description="longest time that vLLM or transformers may take to start")
    quantize_above: int = Field(
        14_000_000_000,
        ge=0,
        description="weights larger than this are loaded in 4 bits, where CUDA and bitsandbytes are",
    )
    transformers: str | None = Field(
        None, description="the transformers program of another environment; unset: the one beside Steelyard"
    )
    vllm: str | None = Field(None, description="the vllm program, usually in an environment of its own")
    remotes: list[RemoteSettings] = Field([], description="servers elsewhere that speak OpenAI's protocol")

    @field_validator("budget_bytes", "quantize_above", mode="before")
    @classmethod
    def _reads_sizes(cls, value: str | int | None) -> int | None:
        return None if value is None or value == "" else parse_size(value)

    @field_validator("order", mode="before")
    @classmethod
    def _reads_lists(cls, value: object) -> object:
        """``llamacpp,vllm`` as well as a list."""
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _queues_fit(self) -> Self:
        if self.queue_all < self.queue:
            raise ValueError("queue_all must not be smaller than queue")
        return self

    def budget(self, hardware: Hardware) -> int:
        """Bytes for all models together."""
        return int(hardware.memory * _SHARE) if self.budget_bytes is None else self.budget_bytes
