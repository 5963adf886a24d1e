"""A stand-in for the Hugging Face hub: a real HTTP server that speaks its read wire format, with faults on demand.

Start with ``StandInHub`` (in a test's event loop), ``HubThread`` (in a thread of its own) or, as another process,
``python -m steelyard.testing.hub --root DIR``.
"""

from steelyard.testing.hub.content import Blob, Content
from steelyard.testing.hub.faults import Faults
from steelyard.testing.hub.ledger import Ledger, Request
from steelyard.testing.hub.server import StandInHub
from steelyard.testing.hub.thread import HubThread

__all__ = ["Blob", "Content", "Faults", "HubThread", "Ledger", "Request", "StandInHub"]
