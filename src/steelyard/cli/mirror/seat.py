"""The client's seat: what a Hugging Face client on this machine would bring along."""

from collections.abc import Mapping
from dataclasses import dataclass

from steelyard.core.version import __version__

OURS, THEIRS = "sy_", "hf_"  # how tokens of a depot and of the hub begin
_TRUE = frozenset({"1", "ON", "YES", "TRUE"})  # what huggingface_hub takes for yes, in capitals


@dataclass(frozen=True, slots=True)
class Seat:
    """``environ`` is the environment of this machine, ``token`` what goes into ``Authorization``."""

    environ: Mapping[str, str]
    token: str | None = None

    @property
    def origin(self) -> str | None:
        """The name that clients say in their user agent (``HF_HUB_USER_AGENT_ORIGIN``)."""
        return self.environ.get("HF_HUB_USER_AGENT_ORIGIN") or None

    @property
    def headers(self) -> dict[str, str]:
        """What goes along with each question to the mirror."""
        return self._headers(self.token)

    @property
    def depot_headers(self) -> dict[str, str]:
        """What goes along to the depot's own routes: no token of the hub."""
        return self._headers(None if self.token and self.token.startswith(THEIRS) else self.token)

    def says_yes(self, variable: str) -> bool:
        """Whether clients take the variable for set."""
        return self.environ.get(variable, "").upper() in _TRUE

    def _headers(self, token: str | None) -> dict[str, str]:
        agent = f"steelyard-doctor/{__version__}" + (f"; origin/{self.origin}" if self.origin else "")
        return {"User-Agent": agent, **({"Authorization": f"Bearer {token}"} if token else {})}


def seat_of(environ: Mapping[str, str], token: str | None) -> Seat:
    """The seat with the token given, else that of the environment, under its newer and its older name."""
    named = environ.get("HF_TOKEN") or environ.get("HUGGING_FACE_HUB_TOKEN")
    return Seat(environ, (token or named or "").strip() or None)
