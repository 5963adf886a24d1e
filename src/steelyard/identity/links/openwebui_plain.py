"""The person behind an Open WebUI that signs nothing: plain headers, which anybody can write."""

from urllib.parse import unquote

from steelyard.identity.asking import Asking
from steelyard.identity.links import openwebui
from steelyard.identity.links.protocol import Known
from steelyard.identity.networks import Networks, is_within

_ID, _EMAIL, _NAME = "x-openwebui-user-id", "x-openwebui-user-email", "x-openwebui-user-name"


class OpenWebUiPlainLink:
    """Believes the headers from the networks of the settings only; never beside a signed token, good or bad."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks

    async def identify(self, asking: Asking) -> Known | None:
        """Whom it asks for, the same person as by a signed token. A header that is there twice says nothing."""
        if openwebui.HEADER in asking.headers or not comes_from(asking, self._networks):
            return None
        return openwebui.person(*(_said(asking, header) for header in (_ID, _EMAIL, _NAME)))


def comes_from(asking: Asking, networks: Networks) -> bool:
    """Whether a request comes from one of the networks. A proxy that tells of no client comes from nowhere."""
    return not asking.is_lost and is_within(asking.address, networks)


def _said(asking: Asking, header: str) -> str | None:
    """Percent-encoded there where it is not ASCII."""
    values = asking.headers.getlist(header)
    return unquote(values[0]) if len(values) == 1 else None
