"""What the routes of both origins share."""

from dataclasses import dataclass, field

from aiohttp import web

from steelyard.testing.hub.faults import Call, Faults
from steelyard.testing.hub.ledger import Ledger, Origin
from steelyard.testing.hub.repos import Repos


@dataclass
class HubState:
    """``page_size`` is the length of a page of the tree, ``commits_page_size`` of the history; ``tokens`` are the
    accepted ones; the addresses have no trailing slash and are empty until the hub listens."""

    repos: Repos = field(default_factory=Repos)
    faults: Faults = field(default_factory=Faults)
    ledger: Ledger = field(default_factory=Ledger)
    tokens: set[str] = field(default_factory=set)
    page_size: int = 1000
    commits_page_size: int = 50
    announce_xet: bool = False
    url: str = ""
    cdn_url: str = ""


STATE = web.AppKey("state", HubState)
ORIGIN: web.AppKey[Origin] = web.AppKey("origin")
CALL = web.RequestKey("call", Call)
NUMBER = web.RequestKey("number", int)
