"""All settings of the depot: the rooms' own models, composed; where each value came from; secrets masked.

Command-line options win over ``STEELYARD_*`` variables, these over the usual names of other tools, these over
``steelyard.toml`` in the home folder, that over the defaults.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from steelyard.catalog.care.settings import CareSettings
from steelyard.catalog.settings import CatalogSettings
from steelyard.core.errors import BadRequest
from steelyard.downloads.imports.settings import ImportSettings
from steelyard.downloads.mirror.settings import MirrorSettings
from steelyard.downloads.settings import DownloadSettings
from steelyard.engines.settings import EngineSettings
from steelyard.http.limit_settings import LimitSettings
from steelyard.http.settings import ServerSettings
from steelyard.identity.privacy_settings import PrivacySettings
from steelyard.identity.settings import IdentitySettings
from steelyard.identity.tailnet.settings import TailnetSettings
from steelyard.jobs.settings import JobSettings
from steelyard.serving.settings import ServingSettings
from steelyard.sources.huggingface.settings import HuggingFaceSettings
from steelyard.sources.settings import SourceSettings
from steelyard.storage.settings import StorageSettings
from steelyard.usage.settings import CostSettings, UsageSettings

PREFIX = "STEELYARD_"
FILE_NAME = "steelyard.toml"
# The variables that other tools have made usual, and the setting each stands for.
USUAL = {
    "DATABASE_URL": "database_url", "HF_ENDPOINT": "huggingface.endpoint", "HF_TOKEN": "huggingface.token",
    "HF_HUB_DISABLE_SYMLINKS": "storage.symlinks", "HEADSCALE_URL": "tailnet.headscale_url",
    "HEADSCALE_API_KEY": "tailnet.headscale_api_key",
}  # fmt: skip
_CLIENT_ONLY = frozenset({"STEELYARD_URL", "STEELYARD_TOKEN", "STEELYARD_USER"})
_TRUE = frozenset({"1", "on", "yes", "true"})
Flat = dict[str, Any]
Role = Literal["api", "worker"]
_LATER_ROLES = frozenset({"engines"})
_POSTGRESQL = ("postgresql", "postgres")


class BadSettings(BadRequest):
    """The settings cannot be used."""

    slug = "bad-settings"
    title = "The settings cannot be used"


class Settings(BaseModel):
    """Every setting, one nested model per area."""

    model_config = ConfigDict(extra="forbid")

    home: Path = Field(
        default_factory=lambda: user_data_path("steelyard", appauthor=False), description="the depot's own folder"
    )
    store: Path | None = Field(None, description="the folder with the bytes; unset: 'store' in the home folder")
    database_url: SecretStr | None = Field(
        None,
        description="postgresql://user:password@host/name or sqlite:////path/depot.db; unset: in the home folder",
    )
    database_silence_seconds: float = Field(
        0.2, ge=0.02, le=60, description="PostgreSQL: how long it may be silent before requests are told to come back"
    )
    roles: list[Role] = Field(
        ["api", "worker"], min_length=1, description="what this process does: api answers requests, worker downloads"
    )
    demo: bool = Field(False, description="all of it is made up: pages and /health say so; set by steelyard demo")
    server: ServerSettings = Field(default_factory=ServerSettings)
    storage: StorageSettings = Field(default_factory=StorageSettings)
    huggingface: HuggingFaceSettings = Field(default_factory=HuggingFaceSettings)
    sources: SourceSettings = Field(default_factory=SourceSettings)
    jobs: JobSettings = Field(default_factory=JobSettings)
    downloads: DownloadSettings = Field(default_factory=DownloadSettings)
    mirror: MirrorSettings = Field(default_factory=MirrorSettings)
    imports: ImportSettings = Field(default_factory=ImportSettings)
    catalog: CatalogSettings = Field(default_factory=CatalogSettings)
    care: CareSettings = Field(default_factory=CareSettings)
    engines: EngineSettings = Field(default_factory=EngineSettings)
    serving: ServingSettings = Field(default_factory=ServingSettings)
    usage: UsageSettings = Field(default_factory=UsageSettings)
    costs: CostSettings = Field(default_factory=CostSettings)
    identity: IdentitySettings = Field(default_factory=IdentitySettings)
    tailnet: TailnetSettings = Field(default_factory=TailnetSettings)
    privacy: PrivacySettings = Field(default_factory=PrivacySettings)
    limits: LimitSettings = Field(default_factory=LimitSettings)

    @field_validator("roles", mode="before")
    @classmethod
    def _are_roles(cls, value: Any) -> Any:
        """``api,worker`` as well as a list."""
        roles = [role.strip() for role in value.split(",") if role.strip()] if isinstance(value, str) else value
        if isinstance(roles, list) and (later := [role for role in roles if role in _LATER_ROLES]):
            raise ValueError(f"the role {later[0]!r} comes with a later version; take api, worker or both")
        return roles

    @property
    def database_kind(self) -> Literal["sqlite", "postgresql"]:
        """Where the records are kept. An address that is neither counts as SQLite, whose path says what is wrong."""
        scheme = self.database_url.get_secret_value().partition(":")[0] if self.database_url else ""
        return "postgresql" if scheme.partition("+")[0] in _POSTGRESQL else "sqlite"

    @property
    def store_path(self) -> Path:
        """Where the bytes are."""
        return (self.store or self.home / "store").expanduser().resolve()

    @property
    def database_path(self) -> Path:
        """The depot's SQLite file. Raises BadSettings for an address that is no SQLite file."""
        if self.database_url is None:
            return (self.home / "steelyard.db").expanduser().resolve()
        address = self.database_url.get_secret_value()
        if not address.startswith("sqlite:///") or address == "sqlite:///":
            raise BadSettings(
                "DATABASE_URL names neither a PostgreSQL database nor a SQLite file.",
                hint="Write it like postgresql://user:password@host/steelyard or "
                "sqlite:////var/lib/steelyard/depot.db, or leave it unset.",
            )
        return Path(address.removeprefix("sqlite:///")).expanduser().resolve()

    @property
    def usage_path(self) -> Path:
        """The usage log's file, beside the depot's."""
        depot = self.database_path
        return depot.with_name(f"{depot.stem}-usage.db")


@dataclass(frozen=True, slots=True)
class Origin:
    """One setting as ``steelyard config`` shows it; secrets are masked already."""

    name: str
    value: Any
    source: str
    description: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and where each value that is no default came from."""

    settings: Settings
    sources: Mapping[str, str]

    def origins(self) -> list[Origin]:
        """Every setting in order."""
        return list(_walk(self.settings, "", self.sources))


def load(environ: Mapping[str, str], options: Mapping[str, Any] | None = None) -> Loaded:
    """Gather the settings. ``options`` are dotted names; None values count as not given. Raises BadSettings."""
    given = {name: value for name, value in (options or {}).items() if value is not None}
    ours = _from_environment(environ)
    home = Path(given.get("home") or ours.get("home", ("", ""))[0] or Settings.model_fields["home"].get_default(
        call_default_factory=True, validated_data={}
    ))  # fmt: skip
    merged: dict[str, tuple[Any, str]] = {
        **_from_file(home.expanduser() / FILE_NAME),
        **_from_usual(environ),
        **ours,
        **{name: (value, "command line") for name, value in given.items()},
    }
    sources = {name: source for name, (_, source) in merged.items()}
    return Loaded(_validated({name: value for name, (value, _) in merged.items()}, sources), sources)


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """``STEELYARD_*`` variables that name no setting: probably misspelt."""
    known = {f"{PREFIX}{name.replace('.', '__').upper()}" for name in _names(Settings, "")} | _CLIENT_ONLY
    return sorted(name for name in environ if name.startswith(PREFIX) and name.upper() not in known)


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    found = {}
    for name in _names(Settings, ""):
        variable = f"{PREFIX}{name.replace('.', '__').upper()}"
        if environ.get(variable, "") != "":
            found[name] = (_decoded(environ[variable]), f"environment {variable}")
    return found


def _from_usual(environ: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    found: dict[str, tuple[Any, str]] = {
        setting: (environ[variable], f"environment {variable}")
        for variable, setting in USUAL.items()
        if environ.get(variable, "") != ""
    }
    if "storage.symlinks" in found:
        value, source = found["storage.symlinks"]
        found["storage.symlinks"] = (value.lower() not in _TRUE, source)
    return found


def _from_file(path: Path) -> dict[str, tuple[Any, str]]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path.name} is not valid TOML: {error}.", hint="Mend the file or move it away.") from error
    if "home" in content:
        raise BadSettings(f"{path.name} cannot say where its own folder is.", hint="Set STEELYARD_HOME, or use --home.")
    return {name: (value, path.name) for name, value in _flatten(content, "")}


def _decoded(text: str) -> Any:
    """Lists are written as JSON; everything else is taken as it is and read by its field."""
    if text.lstrip().startswith(("[", "{")):
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return text
    return text


def _flatten(content: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _validated(flat: Flat, sources: Mapping[str, str]) -> Settings:
    nested: dict[str, Any] = {}
    for name, value in flat.items():
        area, _, field = name.rpartition(".")
        place = nested.setdefault(area, {}) if area else nested
        if not isinstance(place, dict):
            raise BadSettings(f"{area} is a group of settings, not one.", hint=f"Set {name} and its like.")
        place[field] = value
    try:
        return Settings.model_validate(nested)
    except ValidationError as error:
        faults = [_fault(item, sources) for item in error.errors(include_input=False, include_url=False)]
        hint = "Correct it where it stands; the settings and what they take are in docs/reference/settings.md."
        raise BadSettings(" ".join(faults), hint=hint) from error


def _fault(item: Mapping[str, Any], sources: Mapping[str, str]) -> str:
    """One setting that does not fit, and where it stands."""
    name = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        name = next((given for given in sources if given.startswith(f"{name}.")), name)
        return f"{name} ({_source(name, sources)}): there is no such setting."
    return f"{name} ({_source(name, sources)}): {item['msg']}."


def _source(name: str, sources: Mapping[str, str]) -> str:
    """Where a setting was given; for an item of a list, where its list was."""
    while name not in sources and "." in name:
        name = name.rpartition(".")[0]
    return sources.get(name, "default")


def _names(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, info in model.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            yield from _names(info.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _walk(model: BaseModel, prefix: str, sources: Mapping[str, str]) -> Iterator[Origin]:
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _walk(value, f"{prefix}{name}.", sources)
        else:
            shown = "********" if isinstance(value, SecretStr) else value
            if name == "store" and isinstance(model, Settings):
                shown = model.store_path
            source = sources.get(f"{prefix}{name}", "default")
            yield Origin(
                f"{prefix}{name}", str(shown) if isinstance(shown, Path) else shown, source, info.description or ""
            )
